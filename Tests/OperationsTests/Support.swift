import Foundation
import Logging
import Synchronization
import TaskDomain

@testable import TaskOperations

/// A pipe whose reading end tells what was logged.
struct LogPipe: Sendable {
    let reading: Int32
    let output: LogOutput

    init() {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0)
        reading = ends[0]
        output = LogOutput(descriptor: ends[1])
    }

    /// What one `write` brought.
    func readOnce() -> String {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(reading, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    func readJSON() throws -> [String: Any] { try json(readOnce()) }

    /// Reads lines until one has that message.
    func awaitLine(_ message: String) async throws -> [String: String] {
        try await offPool {
            while true {
                for line in readOnce().split(separator: "\n") {
                    let fields = try json(String(line)).compactMapValues { $0 as? String }
                    if fields["message"] == message { return fields }
                }
            }
        }
    }

    func logger(_ format: LogFormat = .json, level: Logger.Level = .info) -> Logger {
        Logger(label: "test") { label in
            ServiceLogHandler(service: "gateway", label: label, level: level, format: format, output: output, now: { UnixMilliseconds(1_795_457_202_042) })
        }
    }
}

func json(_ text: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
}

/// Runs what blocks on a thread of its own.
func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// One HTTP exchange on a connection of its own.
func http(_ method: String = "GET", port: Int, path: String, accept: String = "*/*", host: String = "test", headers: [String] = []) async throws -> (status: Int, head: String, body: String) {
    try await offPool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
        let lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Accept: \(accept)", "Connection: close"] + headers
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        _ = send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        let end = text.range(of: "\r\n\r\n")
        let head = end.map { String(text[..<$0.lowerBound]) } ?? text
        return (Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0, head, end.map { String(text[$0.upperBound...]) } ?? "")
    }
}

/// A file that is gone after the test.
func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("operations-\(UUID().uuidString).env").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// A service with one setting of each kind of presence.
struct SampleSettings: ServiceSettings {
    let listen: Endpoint
    let opsListen: Setting<Endpoint>
    let edvora: BaseURL
    let queue: String?
    let verbose: Bool

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        let listen = settings.setting("SAMPLE_LISTEN", .listen, default: "127.0.0.1:7000", help: "where callers connect to")
        edvora = settings.required("EDVORA_BASE_URL", .url, help: "where notifications are delivered")
        queue = settings.optional("SAMPLE_QUEUE", .text(bytes: 1...4), help: "the queue")
        verbose = settings.value("SAMPLE_VERBOSE", .boolean, default: "false", help: "says more")
        opsListen = settings.setting("SAMPLE_OPS_LISTEN", .listen, default: "127.0.0.1:7001", help: "where health is served")
        self.listen = listen.value
        settings.check { () throws(ConfigurationError) in
            try requireAuthentication(listen: listen, hasAuthentication: common.isClusterProtected, howTo: CommonSettings.howToProtect)
        }
    }
}

enum Sample {
    static let required = ["EDVORA_BASE_URL": "https://edvora.example"]

    static func read(_ arguments: [String] = [], _ environment: [String: String] = required) throws -> SampleSettings {
        guard case .run(let settings, _) = try start(arguments, environment) else { throw StartError("it printed instead") }
        return settings
    }

    static func start(_ arguments: [String] = [], _ environment: [String: String] = required) throws -> CommandLineStart<SampleSettings> {
        try .read(service: "sample", version: "1.2.3", arguments: arguments, environment: environment)
    }

    /// The line that an operator gets to see.
    static func fault(_ arguments: [String] = [], _ environment: [String: String] = required) -> String {
        do {
            _ = try start(arguments, environment)
            return "no fault"
        } catch {
            return "\(error)"
        }
    }
}
