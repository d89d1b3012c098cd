import Foundation
import Testing

/// A process of the cluster under test: started, watched through its log, ended by its pid.
final class ServiceProcess {
    let name: String
    let log: URL
    private let executable: URL
    private(set) var environment: [String: String]
    private var process: Process?
    /// Where in the log the last start began.
    private var logStart: UInt64 = 0

    convenience init(_ name: String, executable: String, environment: [String: String], folder: URL) {
        self.init(name, at: Self.products.appending(path: executable), environment: environment, folder: folder)
    }

    /// - Parameter executable: any program.
    init(_ name: String, at executable: URL, environment: [String: String] = [:], folder: URL) {
        self.name = name
        self.executable = executable
        self.environment = environment
        log = folder.appending(path: "\(name).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    }

    deinit { kill() }

    /// Where the test's own bundle lies, and with it everything that was built.
    static let products: URL = {
        let path = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: path).deletingLastPathComponent()
    }()

    /// What every service is started with: what `deploy/sanitize` sets is for them too.
    static let inherited: [String: String] = {
        let names: Set = ["TSAN_OPTIONS", "ASAN_OPTIONS", "LD_PRELOAD", "SWIFT_BACKTRACE"]
        let sanitizer = ProcessInfo.processInfo.environment.filter { names.contains($0.key) && !$0.value.isEmpty }
        return sanitizer.merging(["LOG_FORMAT": "json", "PATH": "/usr/bin:/bin"]) { $1 }
    }()

    static var isSanitized: Bool { inherited["TSAN_OPTIONS"] != nil || inherited["ASAN_OPTIONS"] != nil }

    /// What of its memory is in use, in bytes.
    var residentBytes: Int {
        get throws {
            let pages = try String(contentsOfFile: "/proc/\(process?.processIdentifier ?? 0)/statm", encoding: .utf8).split(separator: " ")
            return try #require(Int(pages[1])) * Int(getpagesize())
        }
    }

    var isRunning: Bool { process?.isRunning ?? false }

    func set(_ name: String, _ value: String) { environment[name] = value }

    func start(arguments: [String] = []) throws {
        let handle = try FileHandle(forWritingTo: log)
        logStart = try handle.seekToEnd()
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment.merging(Self.inherited) { own, _ in own }
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        self.process = process
    }

    /// SIGKILL: no chance to tidy up.
    func kill() {
        guard let process, process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGSTOP: it stands still, and its connections stay.
    func suspend() { if let process { Glibc.kill(process.processIdentifier, SIGSTOP) } }

    /// SIGCONT.
    func goOn() { if let process { Glibc.kill(process.processIdentifier, SIGCONT) } }

    /// The exit code, once it has ended by itself.
    func end(within seconds: Double = 30) throws -> Int32 {
        try wait(for: "\(name) to end by itself", within: seconds) { !isRunning }
        return process?.terminationStatus ?? 0
    }

    /// SIGTERM, and the exit code.
    @discardableResult
    func stop(within seconds: Double = 15) throws -> Int32 {
        guard let process else { return 0 }
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGTERM) }
        try wait(for: "\(name) to end", within: seconds) { !process.isRunning }
        return process.terminationStatus
    }

    /// What it logged since its last start.
    var logged: String {
        guard let handle = try? FileHandle(forReadingFrom: log) else { return "" }
        try? handle.seek(toOffset: logStart)
        return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    }

    /// The field `address` of the log line with this message.
    func address(saidWith message: String, within seconds: Double = 20) throws -> String {
        var found: String?
        try wait(for: "\(name) to say \"\(message)\"", within: seconds) {
            for line in self.logged.split(separator: "\n") where line.contains("\"message\":\"\(message)\"") {
                guard let field = line.firstRange(of: "\"address\":\"") else { continue }
                found = String(line[field.upperBound...].prefix(while: { $0 != "\"" }))
            }
            if found == nil, !self.isRunning { throw Stopped(name: self.name, log: self.logged) }
            return found != nil
        }
        return try #require(found)
    }

    struct Stopped: Error, CustomStringConvertible {
        let name: String, log: String
        var description: String { "\(name) has ended: \(log.suffix(2_000))" }
    }
}

/// Nothing came of what was waited for.
struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Waits for a condition, looking often.
func wait(for what: String, within seconds: Double = 30, _ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try condition() { return }
        usleep(20_000)
    }
    throw TimedOut(description: "waited \(seconds) s for \(what)")
}
