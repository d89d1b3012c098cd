import Logging
import TaskWire
import Testing

@testable import TaskOperations

@Suite("The keys of one role")
struct ClusterKeyTests {
    private static let secret = "0123456789abcdef"

    private func start(_ environment: [String: String]) throws -> ServiceStart<SampleSettings> {
        guard case .run(let sample, let common) = try Sample.start([], Sample.required.merging(environment) { $1 }) else {
            throw StartError("it printed instead")
        }
        return ServiceStart(
            name: "sample", version: "1", settings: sample, common: common, logger: LogPipe().logger(), metrics: MetricsRegistry(),
            readiness: Readiness())
    }

    private func derived(_ role: Role) throws -> String { try start(["CLUSTER_SECRET": Self.secret]).common.derivedSecret(for: role).value }

    @Test("are made of the secret, as it is set or as its file holds it, and stand in its place", arguments: Role.allCases)
    func deriving(role: Role) throws {
        let text = try derived(role)
        #expect(text.hasPrefix("task-scheduler-key:\(role):") && !text.contains(Self.secret))
        try withFile(Self.secret + "\n") { (path: String) throws in
            #expect(try start(["CLUSTER_SECRET_FILE": path]).common.derivedSecret(for: role).value == text)
        }
        #expect(try start(["CLUSTER_SECRET": text]).clusterCredential(of: role)?.role == role)
        try withFile(text + "\n") { (path: String) throws in
            #expect(try start(["CLUSTER_SECRET_FILE": path]).clusterCredential(of: role)?.role == role)
        }
        #expect(try start(["CLUSTER_SECRET": Self.secret]).clusterCredential(of: role)?.role == nil)
    }

    @Test("of another role, and what is cut short, are refused without showing any of them")
    func refusals() throws {
        let worker = try derived(.worker)
        #expect(
            throws: ConfigurationError(
                "CLUSTER_SECRET holds the keys of a worker, and this is a gateway; it must be the line that scheduler --derive-secret gateway "
                    + "prints, or the cluster's secret")
        ) { try start(["CLUSTER_SECRET": worker]).clusterCredential(of: .gateway) }
        try withFile(String(worker.dropLast())) { (path: String) throws in
            _ = #expect(
                throws: ConfigurationError(
                    "CLUSTER_SECRET_FILE begins with task-scheduler-key: and is not whole; it must be a line that scheduler --derive-secret prints")
            ) { try start(["CLUSTER_SECRET_FILE": path]).clusterCredential(of: .worker) }
        }
    }

    @Test("are made of the whole secret only")
    func source() throws {
        let what = "it must be the cluster's secret, of which the keys are made"
        #expect(throws: ConfigurationError("CLUSTER_SECRET is not set; \(what)")) { try start([:]).common.derivedSecret(for: .worker) }
        let worker = try derived(.worker)
        #expect(throws: ConfigurationError("CLUSTER_SECRET holds the keys of one role; \(what)")) {
            try start(["CLUSTER_SECRET": worker]).common.derivedSecret(for: .gateway)
        }
    }
}
