import Foundation
import Logging
import Testing

@testable import TaskOperations

@Suite("The file of the cluster's secret")
struct ClusterSecretFileTests {
    /// A folder that is gone after the test.
    private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("cluster-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    /// What a service with these settings proves to others.
    private func secret(_ environment: [String: String]) throws -> String? {
        let settings = Sample.required.merging(environment) { $1 }
        guard case .run(let sample, let common) = try Sample.start([], settings) else { throw StartError("it printed instead") }
        let service = ServiceStart(
            name: "sample", version: "1", settings: sample, common: common, logger: LogPipe().logger(), metrics: MetricsRegistry(),
            readiness: Readiness())
        return try service.clusterSecret()?.value
    }

    @Test("its only line is the secret, without the line end and blanks around it", arguments: [
        "0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n", "  0123456789abcdef \n",
    ])
    func reading(text: String) throws {
        try withFile(text) { (path: String) throws in #expect(try secret(["CLUSTER_SECRET_FILE": path]) == "0123456789abcdef") }
    }

    @Test("what is no secret is refused, by its file's name alone", arguments: [
        "", "\n", "too-short\n", "0123456789abcdef\nand a second line\n", String(repeating: "x", count: 1_025),
    ])
    func refusals(text: String) throws {
        try withFile(text) { (path: String) throws in
            let line = "CLUSTER_SECRET_FILE was \"\(path)\"; it must hold one line of 16 to 1024 bytes without control characters"
            #expect(throws: ConfigurationError(line)) { try secret(["CLUSTER_SECRET_FILE": path]) }
        }
    }

    @Test("a missing file ends the start")
    func missing() {
        let line = "CLUSTER_SECRET_FILE was \"/nowhere/secret\", which cannot be read: No such file or directory; "
            + "it must be a file that this process's user may read"
        #expect(throws: ConfigurationError(line)) { try secret(["CLUSTER_SECRET_FILE": "/nowhere/secret"]) }
    }

    @Test("a missing file is made where that is asked for, for its owner only, and once")
    func making() throws {
        try withFolder { (folder: String) throws in
            let settings = ["CLUSTER_SECRET_FILE": folder + "/secret", "CLUSTER_SECRET_CREATE": "true"]
            let made = try #require(try secret(settings))
            #expect(made.utf8.count == 64)
            #expect(try secret(settings) == made)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["secret"])
            let mode = try FileManager.default.attributesOfItem(atPath: folder + "/secret")[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("of many that make it at once, all read the same")
    func racing() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let read = try await withThrowingTaskGroup(of: (Bool, String).self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let file = ClusterSecretFile(path: path)
                    return (try file.makeIfMissing(), try file.read().value)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(read.map(\.1)).count == 1)
        #expect(read.filter(\.0).count == 1)
    }

    @Test("a folder in which it cannot be made ends the start")
    func cannotMake() {
        let line = "CLUSTER_SECRET_FILE was \"/nowhere/secret\", which cannot be made: No such file or directory; "
            + "this process's user must be able to write in its folder, or the file must be there"
        #expect(throws: ConfigurationError(line)) {
            try secret(["CLUSTER_SECRET_FILE": "/nowhere/secret", "CLUSTER_SECRET_CREATE": "true"])
        }
    }

    @Test("the secret stands in one place only")
    func twice() {
        let both = Sample.required.merging(["CLUSTER_SECRET": "0123456789abcdef", "CLUSTER_SECRET_FILE": "/run/secret"]) { $1 }
        #expect(Sample.fault([], both) == "CLUSTER_SECRET and CLUSTER_SECRET_FILE are both set; keep one")
    }

    @Test("it protects a listener as the secret itself does")
    func protects() throws {
        #expect(try Sample.read(["--sample-listen", "0.0.0.0:80", "--cluster-secret-file", "/run/secret"]).listen.port == 80)
    }
}
