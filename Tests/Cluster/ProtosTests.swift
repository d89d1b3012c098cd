import Foundation
import Testing

extension ClusterSuite {
    @Suite("the wire's specification", .serialized)
    struct Protos {
        static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        static let python = ProcessInfo.processInfo.environment["TASK_SCHEDULER_PYTHON"] ?? "python3"

        /// Runs a command to its end; its output and exit code.
        static func run(_ command: [String], _ environment: [String: String] = [:]) throws -> (output: String, status: Int32) {
            let process = Process(), pipe = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = command
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (String(decoding: data, as: UTF8.self), process.terminationStatus)
        }

        /// The path of a file that holds what protoc makes of the .proto files.
        static func descriptors(in folder: URL) throws -> String {
            let descriptors = folder.appending(path: "protos.bin").path, protos = repository.appending(path: "Shared/Protos").path
            let protoc = try run(
                ["protoc", "-I\(protos)", "--descriptor_set_out=\(descriptors)"]
                    + ["wire.proto", "outcome.proto", "scheduler.proto", "notifier.proto"])
            try #require(protoc.status == 0, "\(protoc.output)")
            return descriptors
        }

        @Test("the generated C and Swift are what protoc-c and the generator make of the .proto files")
        func generated() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "protos-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let shared = Self.repository.appending(path: "Shared")
            let made = try Self.run(
                [shared.appending(path: "Protos/generate").path, folder.path], ["TASK_SCHEDULER_PYTHON": Self.python])
            #expect(made.status == 0, "\(made.output)")
            var compared = 0
            for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init() {
                guard let fresh = try? Data(contentsOf: file) else { continue }
                let path = String(file.path.dropFirst(folder.path.count + 1))
                #expect(try Data(contentsOf: shared.appending(path: path)) == fresh, "\(path) is not up to date: run Shared/Protos/generate")
                compared += 1
            }
            // None is left of a message that is no longer there.
            let messages = FileManager.default.enumerator(at: shared.appending(path: "TaskMessages"), includingPropertiesForKeys: nil)
            let kept = (messages?.allObjects as? [URL] ?? []).filter { $0.lastPathComponent.hasSuffix(".generated.swift") }
            #expect(kept.count > 40 && compared == kept.count + 8)
        }

        @Test("a worker in Python, written from the specification, takes occurrences and reports them")
        func pythonWorker() throws {
            let secret = "a secret of the whole cluster"
            let cluster = try Cluster(environment: ["CLUSTER_SECRET": secret])
            let descriptors = try Self.descriptors(in: cluster.folder)
            let due = Cluster.now + 2
            let id = try #require(
                try cluster.create(
                    Cluster.reminder(at: due, title: "for Python", rule: "\"FREQ=SECONDLY;COUNT=3\"", more: #","queue":"python""#)
                ).json["id"] as? String)
            let worker = try Self.run(
                [
                    "timeout", "30", Self.python, "-B", Self.repository.appending(path: "Tests/Cluster/worker.py").path,
                    try cluster.scheduler.address(saidWith: "wire listening"), "python", descriptors, "3",
                ], ["CLUSTER_SECRET": secret])
            #expect(worker.status == 0, "\(worker.output)")
            #expect(worker.output.split(separator: "\n").count == 3, "\(worker.output)")
            #expect(worker.output.contains("\"title\": \"for Python\", \"scheduled_at\": \(due + 2)"))
            try cluster.waitUntilCompleted(id)
            #expect(try cluster.reminder(id)["state"] as? String == "completed")
            #expect(try cluster.summary().requests == 0)
        }
    }
}
