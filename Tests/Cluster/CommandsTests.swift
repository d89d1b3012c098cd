import Foundation
import Testing

extension ClusterSuite {
    @Suite("the commands", .serialized)
    struct Commands {
        /// The commands of `deploy` that a person types.
        static let names = ["bench", "faults", "fuzz", "sanitize", "simulate", "test", "test-examples", "test-images", "up"]

        @Test("say what they do and take when they are asked, and do nothing else", arguments: names, ["-h", "--help"])
        func usage(name: String, flag: String) throws {
            let command = Protos.repository.appending(path: "deploy").appending(path: name)
            let summary = try #require(try String(contentsOf: command, encoding: .utf8).split(separator: "\n").dropFirst().first?.dropFirst(2))
            let answer = try Protos.run([command.path, flag])
            #expect(answer.status == 0)
            #expect(answer.output.hasPrefix(summary))
            #expect(!answer.output.contains("Building") && !answer.output.contains("set -euo"))
        }

        @Test("are all that a person may run there")
        func complete() throws {
            let folder = Protos.repository.appending(path: "deploy")
            let runnable = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
                var isFolder: ObjCBool = false
                let path = folder.appending(path: $0).path
                return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
                    && FileManager.default.isExecutableFile(atPath: path)
            }
            // These two are run by the others.
            #expect(Set(runnable).subtracting(["packages", "python"]) == Set(Self.names))
        }
    }
}
