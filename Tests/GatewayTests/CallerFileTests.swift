import Foundation
import Testing

@testable import gateway
@testable import TaskOperations

@Suite("The file of API keys")
struct CallerFileTests {
    private static let digest = String(repeating: "0f", count: 32)
    private static let other = String(repeating: "a1", count: 32)

    private func parse(_ text: String) -> [APIKey] { APIKeyLines(Array(text.utf8)).keys }

    /// What is wrong with the one line of that text that is left out, without how to mend it.
    private func fault(_ text: String) -> String? {
        let lines = APIKeyLines(Array(text.utf8))
        #expect(lines.leftOut == 1)
        guard let fault = lines.faults.first else { return nil }
        #expect(fault.contains("A line is NAME SHA256 [viewer|operator|admin] [rate=N] [pending=M] [queues=A,B]"))
        #expect(fault.hasSuffix(APIKeyFile.howToMake))
        let end = fault.firstRange(of: ". A line is")?.lowerBound
        return String(fault[..<(end ?? fault.endIndex)])
    }

    @Test("lines are a name, a digest, and perhaps a role and a rate in either order")
    func lines() {
        let text = """
            # who may call

            alpha \(Self.digest)
            \t b.e_t-A9 \t \(Self.other.uppercased())   rate=1000000 pending=1000000 admin \r
               # the end
            gamma \(String(repeating: "0", count: 64)) viewer rate=0
            delta \(String(repeating: "1", count: 64)) rate=2 operator
            """
        let keys = parse(text)
        #expect(
            keys.map(\.caller) == [
                Caller(name: "alpha", role: .caller), Caller(name: "b.e_t-A9", role: .admin, pending: 1_000_000),
                Caller(name: "gamma", role: .viewer), Caller(name: "delta", role: .operator),
            ])
        #expect(keys.map(\.rate) == [nil, 1_000_000, 0, 2])
        #expect(keys[1].digest == APIKeyDigest(hexadecimal: Array(Self.other.utf8)[...]))
    }

    @Test("a name has 1 to 64 letters, digits, '.', '_' or '-'")
    func names() throws {
        let longest = String(repeating: "n", count: 64)
        #expect(parse("\(longest) \(Self.digest)").first?.caller.name == longest)
        for name in [longest + "n", "ä", "a/b", "a@b", "a:b", "\"a\"", "a\u{0}b", "\u{FEFF}a"] {
            #expect(
                fault("\n\(name) \(Self.digest)")
                    == "line 2 must begin with a name of 1 to 64 letters, digits, '.', '_' or '-'")
        }
    }

    @Test(
        "a digest is 64 hexadecimal digits",
        arguments: [
            "", String(digest.dropLast()), digest + "0", String(digest.dropLast()) + "g", "sha256:" + digest,
            "0x" + digest, String(digest.dropLast(2)) + "é",
        ])
    func digests(text: String) {
        #expect(
            fault("alpha \(Self.digest)\nbeta \(text)")
                == "line 2 must have the SHA-256 of the key after the name, as 64 hexadecimal digits")
    }

    @Test(
        "after the digest stand a role, rate=N from 0 to 1000000, pending=M from 1 to 1000000 and queues=A,B, each once, and nothing else",
        arguments: [
            "Admin", "admin admin", "viewer admin", "operator viewer", "caller", "Viewer", "rate", "rate=", "rate=-1", "rate=+1", "rate=1.5", "rate=1000001",
            "rate=99999999999999999999", "rate=1 rate=2", "rate= 1", "RATE=1", "pending=0", "pending=1000001", "pending=", "pending=1 pending=2", "root", "# comment", "queues=", "queues=a,", "queues=a,,b", "queues=a b", "queues=a queues=b",
            "queues=ä", "queues=a/b", "queues=" + String(repeating: "q", count: 65),
            "queues=" + (0...100).map { "q\($0)" }.joined(separator: ","),
        ])
    func extras(text: String) {
        #expect(
            fault("alpha \(Self.digest) \(text)")
                == "line 1 may have only one of viewer, operator and admin, and rate=N, pending=M and queues=A,B after the SHA-256, each once, "
                + "N a whole number from 0 to 1000000, M one from 1 to 1000000, A and B names of queues, at most 100")
    }

    @Test("queues=A,B names the queues that the key may name; without it there is no bound, and 100 is the most")
    func queues() throws {
        let keys = parse(
            "alpha \(Self.digest) queues=mail,b.e_t-A9,mail rate=2\nbeta \(Self.other) queues=\((1...100).map { "q\($0)" }.joined(separator: ","))")
        #expect(keys[0].caller.queues == ["mail", "b.e_t-A9"] && keys[0].rate == 2)
        #expect(keys[1].caller.queues?.count == 100)
        let caller = keys[0].caller
        #expect(caller.mayName("mail") && !caller.mayName("default"))
        #expect(caller.visibleQueues == ["b.e_t-A9", "mail"])
        #expect(parse("alpha \(Self.digest)")[0].caller.mayName("any"))
        #expect(parse("alpha \(Self.digest)")[0].caller.visibleQueues == ["default"])
        #expect(parse("alpha \(Self.digest) admin")[0].caller.visibleQueues == nil)
    }

    @Test("one key in two lines is a fault, whoever's they are and however it is written")
    func duplicates() {
        #expect(
            fault("alpha \(Self.other)\n\nbeta \(Self.other.uppercased()) admin")
                == "line 3 has the key that line 1 has already; keep one")
    }

    @Test("what is not UTF-8 is a fault, in comments as well")
    func encoding() throws {
        let bytes = Array("alpha \(Self.digest)\n# caf".utf8) + [0xE9, 0x0A]
        let lines = APIKeyLines(bytes)
        #expect(lines.keys.count == 1 && lines.leftOut == 1)
        #expect(lines.faults.first?.hasPrefix("line 2 is not UTF-8 text. ") == true)
        #expect(parse("# café ☕️\nalpha \(Self.digest)").count == 1)
    }

    @Test("a file without a key has none", arguments: ["", "\n", "# none yet\n\n"])
    func empty(text: String) {
        let lines = APIKeyLines(Array(text.utf8))
        #expect(lines.keys.isEmpty && lines.leftOut == 0)
    }

    @Test("a line that cannot be read is left out, and those around it count; of many the first ten are said")
    func leftOut() {
        let bad = (1...12).map { "caller-\($0)" }
        let lines = APIKeyLines(Array((["alpha \(Self.digest)"] + bad + ["beta \(Self.other) admin"]).joined(separator: "\n").utf8))
        #expect(lines.keys.map(\.caller) == [Caller(name: "alpha", role: .caller), Caller(name: "beta", role: .admin)])
        #expect(lines.leftOut == 12 && lines.faults.count == 10)
        #expect(lines.faults.last?.hasPrefix("line 11 must have the SHA-256") == true)
    }

    @Test("ten thousand keys are read and one more is a fault")
    func bound() throws {
        func lines(_ count: Int) -> String {
            (1...count).map { "c \(String(repeating: "0", count: 58))\(String(format: "%06x", $0))\n" }.joined()
        }
        #expect(parse(lines(10_000)).count == 10_000)
        #expect(fault(lines(10_001)) == "line 10001 is one key too many, at most 10000 are read")
    }

    @Test("a file has at most 1 MiB")
    func size() throws {
        let line = Data("alpha \(Self.digest)\n".utf8)
        func file(_ bytes: Int) -> Data { line + Data(repeating: UInt8(ascii: "#"), count: bytes - line.count) }
        let folder = try KeysFolder()
        try folder.put(file(1 << 20))
        #expect(try folder.file.read().keys.count == 1)
        try folder.put(file((1 << 20) + 1))
        let failure = #expect(throws: APIKeyFile.Failure.self) { try folder.file.read() }
        #expect(failure?.description == "has more than 1048576 bytes; make it smaller")
    }

    @Test("a file without a good line ends the start with one line: setting, file, line, what is expected, and how to make one")
    func start() throws {
        let folder = try KeysFolder("# who may call", "my-secret-that-has-no-name")
        let error = #expect(throws: ConfigurationError.self) { try Callers(keysFile: folder.file, allowsAnonymous: true) }
        #expect(
            error?.description
                == "GATEWAY_API_KEYS_FILE: \(folder.url.path) line 2 must have the SHA-256 of the key after the name, "
                + "as 64 hexadecimal digits. A line is NAME SHA256 [viewer|operator|admin] [rate=N] [pending=M] [queues=A,B]; to make a key and its line: "
                + #"key=$(openssl rand -hex 32); printf 'NAME %s\n' "$(printf %s "$key" | sha256sum | cut -d' ' -f1)" >> keys"#)
        try folder.put("# none yet\n")
        let empty = #expect(throws: ConfigurationError.self) { try Callers(keysFile: folder.file, allowsAnonymous: true) }
        #expect(empty?.description.contains("has no key in it, so that nobody can call. A line is") == true)
        try folder.put("alpha\n" + line("beta", "b"))
        #expect(try Callers(keysFile: folder.file, allowsAnonymous: true).admit("b").name == "beta")
    }

    @Test("what cannot be read ends the start")
    func unreadable() throws {
        let folder = try KeysFolder()
        func failure() -> String? {
            let error = #expect(throws: ConfigurationError.self) {
                try Callers(keysFile: folder.file, allowsAnonymous: false)
            }
            return error?.description
        }
        let path = folder.url.path
        #expect(
            failure() == "GATEWAY_API_KEYS_FILE: \(path) cannot be read: No such file or directory; "
                + "it must be a file of keys that this process's user may read")
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: false)
        #expect(failure() == "GATEWAY_API_KEYS_FILE: \(path) is not a file; name a file of keys")
        try folder.remove()
        // Reading a pipe that nobody writes would wait without end.
        #expect(mkfifo(path, 0o600) == 0)
        #expect(failure() == "GATEWAY_API_KEYS_FILE: \(path) is not a file; name a file of keys")
    }

    @Test("a file that others may read or change is read, and what that means is said")
    func exposure() throws {
        let folder = try KeysFolder("alpha \(Self.digest)")
        func exposure(_ mode: Int) throws -> String? {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.url.path)
            return try folder.file.read().exposure
        }
        for mode in [0o600, 0o400, 0o700] { #expect(try exposure(mode) == nil) }
        for mode in [0o640, 0o604, 0o444] { #expect(try exposure(mode)?.contains("may read it") == true) }
        for mode in [0o620, 0o602, 0o666] { #expect(try exposure(mode)?.contains("may change it") == true) }
    }

    @Test("the commands that messages name make a key and its line", .enabled(if: Shell.has("openssl", "sha256sum")))
    func commands() throws {
        let folder = try KeysFolder()
        let output = try Shell.run(APIKeyFile.howToMake + "; printf %s \"$key\"", in: folder.folder)
        #expect(output.utf8.count == 64)
        let callers = try Callers(keysFile: folder.file, allowsAnonymous: false)
        #expect(try callers.admit(output) == Caller(name: "NAME", role: .caller))
    }
}

private enum Shell {
    static func has(_ programs: String...) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return programs.allSatisfy { program in
            folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
        }
    }

    /// What it prints.
    static func run(_ commands: String, in folder: URL) throws -> String {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", commands]
        process.currentDirectoryURL = folder
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
