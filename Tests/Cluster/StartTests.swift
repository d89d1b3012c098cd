import Foundation
import Testing

/// A setting that shows only in use that it is of no use, and what its operator is told.
///
/// `FOLDER` stands for the test's own folder, `PORT` for a port that is taken.
struct StartFault: Sendable, CustomTestStringConvertible {
    let service: String
    let settings: [String: String]
    /// The line after the service's name; for a fault of one setting, what follows its value.
    let line: String
    let code: Int32
    /// Run without the right to overlook what files' modes forbid, which root has.
    var isWithoutRights = false

    var testDescription: String { "\(service) \(settings.map { "\($0)=\($1)" }.sorted().joined(separator: " "))" }

    static func of(
        _ service: String, _ name: String, _ value: String, _ fault: String, code: Int32 = 64, with others: [String: String] = [:],
        isWithoutRights: Bool = false
    ) -> StartFault {
        StartFault(
            service: service, settings: others.merging([name: value]) { $1 },
            line: "\(name) was \"\(value)\" (from the environment), \(fault)", code: code, isWithoutRights: isWithoutRights)
    }
}

@Suite("What a service cannot start with", .timeLimit(.minutes(5)))
struct StartTests {
    private static let taken =
        "where something listens already (Address already in use); it must be host:port with a port that is free, or end what has it"

    static let listeners: [StartFault] = [
        ("gateway", "GATEWAY_LISTEN"), ("gateway", "GATEWAY_OPS_LISTEN"), ("scheduler", "SCHEDULER_LISTEN"),
        ("scheduler", "SCHEDULER_OPS_LISTEN"), ("worker", "WORKER_OPS_LISTEN"), ("notifier", "NOTIFIER_LISTEN"),
        ("notifier", "NOTIFIER_OPS_LISTEN"),
    ].map { service, name in .of(service, name, "127.0.0.1:PORT", taken, code: 1) }

    static let addresses: [StartFault] = [
        ("gateway", "GATEWAY_LISTEN"), ("gateway", "GATEWAY_OPS_LISTEN"), ("scheduler", "SCHEDULER_LISTEN"), ("notifier", "NOTIFIER_LISTEN"),
    ].map { service, name in
        .of(
            service, name, "192.0.2.1:0",
            "which is no address of this machine (Cannot assign requested address); it must be host:port with an address of this machine",
            code: 1, with: ["GATEWAY_ALLOW_ANONYMOUS": "true", "OPS_PUBLIC": "true", "CLUSTER_INSECURE": "true"])
    }

    private static let store = "the store cannot be used now"

    static let files: [StartFault] = [
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/text/a.db",
            "and \(store): FOLDER/text/a.db.lock: cannot be opened (Not a directory). Let this process's user write in that directory", code: 1),
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/text/new/a.db",
            "and \(store): FOLDER/text/new: the directory cannot be created (Not a directory). Create it, or let this process's user do so", code: 1),
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/folder",
            "and \(store): FOLDER/folder: cannot be opened (Is a directory). Let this process's user read and write the file and its directory",
            code: 1),
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/folder/",
            "and the store cannot be used: \"FOLDER/folder/\" is not the name of a file. Name the database's file", code: 1),
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/text",
            "and the store cannot be used: FOLDER/text: not an SQLite database. Name another file, or move this one away", code: 1),
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/closed/a.db",
            "and \(store): FOLDER/closed/a.db.lock: cannot be opened (Permission denied). Let this process's user write in that directory",
            code: 1, isWithoutRights: true),
        .of("scheduler", "SCHEDULER_STORE", "sqlite:FOLDER/closed/new/a.db",
            "and \(store): FOLDER/closed/new: the directory cannot be created (Permission denied). Create it, or let this process's user do so",
            code: 1, isWithoutRights: true),
        .of("scheduler", "SEAL_KEY_FILE", "FOLDER/none",
            "which cannot be used: FOLDER/none: the key file cannot be opened (No such file or directory). Name one this process may read"),
        .of("scheduler", "SEAL_KEY_FILE", "FOLDER/pipe", "which cannot be used: FOLDER/pipe: not a file. Name a file of keys"),
        StartFault(
            service: "notifier", settings: ["CLUSTER_SECRET_FILE": "FOLDER/pipe"],
            line: "CLUSTER_SECRET_FILE was \"FOLDER/pipe\", which cannot be read: it is not a file; it must be a file that this process's user may read",
            code: 64),
        .of("notifier", "EDVORA_CA", "FOLDER/none",
            "which cannot be read: No such file or directory; it must be a PEM file that this process's user may read"),
        .of("notifier", "EDVORA_CA", "FOLDER/folder",
            "which cannot be read: it is not a file; it must be a PEM file that this process's user may read"),
        .of("notifier", "EDVORA_CA", "FOLDER/text",
            "which holds no certificate; it must be a PEM file with BEGIN CERTIFICATE in it"),
        .of("worker", "TLS_CERT", "FOLDER/none",
            "which cannot be read: No such file or directory; it must be a PEM file that this process's user may read",
            with: ["TLS_KEY": "FOLDER/one.key", "TLS_CA": "FOLDER/one.pem"]),
        .of("worker", "TLS_KEY", "FOLDER/text",
            "which holds no private key that can be read; it must be a PEM file with an unencrypted BEGIN PRIVATE KEY in it",
            with: ["TLS_CERT": "FOLDER/one.pem", "TLS_CA": "FOLDER/one.pem"]),
        .of("worker", "TLS_CA", "FOLDER/one.key", "which holds no certificate; it must be a PEM file with BEGIN CERTIFICATE in it",
            with: ["TLS_CERT": "FOLDER/one.pem", "TLS_KEY": "FOLDER/one.key"]),
        .of("gateway", "TLS_KEY", "FOLDER/closed/secret",
            "which cannot be read: Permission denied; it must be a PEM file that this process's user may read",
            with: ["TLS_CERT": "FOLDER/one.pem", "TLS_CA": "FOLDER/one.pem"], isWithoutRights: true),
        StartFault(
            service: "gateway", settings: ["GATEWAY_API_KEYS_FILE": "FOLDER/none"],
            line: "GATEWAY_API_KEYS_FILE: FOLDER/none cannot be read: No such file or directory; it must be a file of keys that this process's user may read",
            code: 64),
        StartFault(
            service: "scheduler", settings: ["SCHEDULER_STORE": "sqlite:FOLDER/keyless.db"],
            line: "SEAL_KEY_FILE is not set, and the key file beside SCHEDULER_STORE cannot be used: FOLDER/keyless.db.key: not a file. Name a file of keys",
            code: 1),
    ]

    private static let url = "it must be a URL such as https://edvora.example: http or https, a host, no user, no query, no fragment"

    static let values: [StartFault] = [
        "edvora.example", "ftp://edvora.example", "http://", "http://edvora.example?a=1", "http://edvora.example/#a", "http://edvora.example:99999",
        "http://edvora example", "http://[::1", "http://edvora.example/%zz", "http://edvora.example/%4",
    ].map { value in
        StartFault(
            service: "notifier", settings: ["EDVORA_BASE_URL": value],
            line: "EDVORA_BASE_URL was \"\(value)\" (from the environment); \(url)", code: 64)
    }

    @Test("is said in one line that names the setting, with nothing of parts that only stop", arguments: listeners + addresses + files + values)
    func fault(_ fault: StartFault) throws {
        let ground = try StartGround()
        let end = try ground.run(fault)
        let lines = end.errors.split(separator: "\n")
        #expect(lines.last.map(String.init) == "\(fault.service): \(ground.filled(fault.line))")
        // Before it: what is logged of any start, and of one that has the time to look for others, which are not there.
        let usual = ["\"level\":\"notice\"", "\"level\":\"info\"", "\"message\":\"not connected\""]
        for line in lines.dropLast() { #expect(usual.contains { line.contains($0) }, "\(line)") }
        #expect(end.code == fault.code)
        #expect(end.output == "")
    }

    @Test("a configuration file that is a pipe nobody writes to does not hold up the start")
    func configurationPipe() throws {
        let ground = try StartGround()
        let end = try ground.run(StartFault(service: "gateway", settings: [:], line: "", code: 64), arguments: ["--config", ground.filled("FOLDER/pipe")])
        #expect(end.code == 64)
        #expect(end.errors == ground.filled("gateway: --config was \"FOLDER/pipe\", which cannot be read: it is not a file\n"))
    }

    @Test("a database that another scheduler uses is named, and so is what uses it")
    func storeInUse() throws {
        let ground = try StartGround()
        let first = ServiceProcess("first", executable: "scheduler", environment: ground.settings(of: "scheduler"), folder: ground.folder)
        try first.start()
        _ = try first.address(saidWith: "wire listening")
        let end = try ground.run(StartFault(service: "scheduler", settings: [:], line: "", code: 1))
        #expect(end.code == 1)
        let line = try #require(end.errors.split(separator: "\n").last)
        #expect(line.hasPrefix("scheduler: SCHEDULER_STORE was \"sqlite:\(ground.folder.path)/store.db\" (from the environment), and the store cannot be used now: "))
        #expect(line.contains("in use by another scheduler (process "))
        // A second scheduler makes no key of its own either.
        #expect(!end.errors.contains("a key was made"))
        #expect(try first.stop() == 0)
    }

    @Test("the folder of a database is made, and the key beside it")
    func newFolder() throws {
        let ground = try StartGround()
        var settings = ground.settings(of: "scheduler")
        settings["SCHEDULER_STORE"] = "sqlite:\(ground.folder.path)/new/deeper/store.db"
        let scheduler = ServiceProcess("scheduler", executable: "scheduler", environment: settings, folder: ground.folder)
        try scheduler.start()
        _ = try scheduler.address(saidWith: "wire listening")
        #expect(FileManager.default.fileExists(atPath: ground.folder.path + "/new/deeper/store.db.key"))
        #expect(try scheduler.stop() == 0)
    }
}

/// A folder with what settings may wrongly name, and a port that is taken.
private final class StartGround {
    let folder: URL
    private let port: Int
    private let listener: Int32

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "start-\(UUID().uuidString)")
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        port = Int(UInt16(bigEndian: address.sin_port))
        for name in ["folder", "closed", "keyless.db.key"] {
            try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        try Data("neither key nor certificate nor database, but some hundred bytes of text that say nothing of use\n".utf8)
            .write(to: folder.appending(path: "text"))
        try Data("x".utf8).write(to: folder.appending(path: "closed/secret"))
        try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
        try run(
            "/usr/bin/env",
            ["openssl"]
                + "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 2 -keyout one.key -out one.pem"
                .split(separator: " ").map(String.init), [:], output: "openssl")
        for (name, mode) in [("text", 0o600), ("closed/secret", 0), ("closed", 0o500)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path + "/" + name)
        }
    }

    deinit {
        close(listener)
        try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path + "/closed")
        try? FileManager.default.removeItem(at: folder)
    }

    func filled(_ text: String) -> String {
        text.replacingOccurrences(of: "FOLDER", with: folder.path).replacingOccurrences(of: "PORT", with: "\(port)")
    }

    /// Settings that the service starts with.
    func settings(of service: String) -> [String: String] {
        switch service {
        case "gateway": ["GATEWAY_LISTEN": "127.0.0.1:0", "GATEWAY_OPS_LISTEN": "127.0.0.1:0"]
        case "scheduler":
            [
                "SCHEDULER_LISTEN": "127.0.0.1:0", "SCHEDULER_OPS_LISTEN": "127.0.0.1:0",
                "SCHEDULER_STORE": "sqlite:\(folder.path)/store.db",
            ]
        case "worker": ["WORKER_OPS_LISTEN": "127.0.0.1:0"]
        default: ["NOTIFIER_LISTEN": "127.0.0.1:0", "NOTIFIER_OPS_LISTEN": "127.0.0.1:0", "EDVORA_BASE_URL": "http://127.0.0.1:1"]
        }
    }

    struct End {
        let code: Int32
        let output: String, errors: String
    }

    func run(_ fault: StartFault, arguments: [String] = []) throws -> End {
        let program = ServiceProcess.products.appending(path: fault.service).path
        let environment = settings(of: fault.service).merging(fault.settings.mapValues(filled)) { $1 }.merging(ServiceProcess.inherited) { own, _ in own }
        // Of no effect for another user than root, who has neither.
        let mayOverlook = geteuid() == 0 && fault.isWithoutRights
        let lessRights = ["--bounding-set", "-dac_override,-dac_read_search", "--", program]
        return try run(
            mayOverlook ? "/usr/bin/setpriv" : program, (mayOverlook ? lessRights : []) + arguments, environment, output: "service")
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String], _ environment: [String: String], output name: String) throws -> End {
        let process = Process(), output = folder.appending(path: name + ".out"), errors = folder.appending(path: name + ".err")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        process.currentDirectoryURL = folder
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        defer {
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
        }
        try wait(for: "\(program) to end") { !process.isRunning }
        return End(
            code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
