import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import TaskDomain
import TaskJSON
import TaskMessages
import TaskOperations
import TaskWire
import Testing

@testable import gateway

// MARK: Bodies

/// Monday, 23 November 2026, 00:00:00 UTC: a time that the tests take for now.
let now: Int64 = 1_795_392_000

let credential = "Bearer test-credential-0123456789"

/// A good body; members of `changes` are set in it, at the top or, for those of `metadata`, in `notification_metadata`.
func body(_ changes: JSONObject = [:], metadata: JSONObject = [:]) -> JSONValue {
    var notification: JSONObject = [
        "auth_header": .string(credential), "title": "Title", "body": "Text", "item_id": "item-1",
        "created_at": .integer(now - 60),
        "created_by": "teacher", "classroom_id": "classroom", "kind": 1
    ]
    for member in metadata.members { notification[member.name] = member.value }
    var object: JSONObject = ["start_datetime": .integer(now + 3_600), "notification_metadata": .object(notification)]
    for member in changes.members { object[member.name] = member.value }
    return .object(object)
}

/// What a body is read as, or every fault of it as `pointer: detail`.
func read<Body>(_ type: FieldType<Body>, _ value: JSONValue) -> (body: Body?, faults: [String]) {
    let faults = JSONFaults()
    let body = type.read(value, at: JSONPlace(faults))
    return (body, faults.all.map(\.description))
}

func good(_ changes: JSONObject = [:], metadata: JSONObject = [:]) throws -> ReminderBody {
    let (result, faults) = read(ReminderBody.type, body(changes, metadata: metadata))
    return try #require(result, "\(faults)")
}

/// The faults of a body with these changes: of its fields, or of what does not go together.
func faults(_ changes: JSONObject = [:], metadata: JSONObject = [:]) -> [String] {
    let (body, faults) = read(ReminderBody.type, body(changes, metadata: metadata))
    guard let body else { return faults }
    do throws(Problem) { _ = try body.draft() } catch {
        return error.faults.map { fault in
            if case .pointer(let pointer) = fault.place { "\(pointer): \(fault.detail)" } else { fault.detail }
        }
    }
    return []
}

/// The pointers of those faults.
func pointers(_ changes: JSONObject = [:], metadata: JSONObject = [:]) -> [String] {
    faults(changes, metadata: metadata).map { String($0.prefix { $0 != ":" }) }
}

func json(_ bytes: [UInt8]) throws -> JSONValue { try JSONValue(parsing: bytes, maxBytes: 1 << 20) }

// MARK: Log

/// Keeps what is logged.
final class LogSink: Sendable {
    private let lines = NIOLockedValueBox<[(message: String, metadata: Logger.Metadata)]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(sink: self) } }
    var text: String { lines.withLockedValue { $0.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") } }

    func metadata(of message: String) -> Logger.Metadata? {
        lines.withLockedValue { $0.first { $0.message == message }?.metadata }
    }

    private struct Handler: LogHandler {
        let sink: LogSink
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            sink.lines.withLockedValue { $0.append(("\(event.message)", event.metadata ?? [:])) }
        }
    }
}

// MARK: HTTP

struct HTTPAnswer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var json: JSONValue? { try? JSONValue(parsing: body, maxBytes: 1 << 20) }
    var text: String { String(decoding: body, as: UTF8.self) }
}

struct NoAnswer: Error {}

/// One connection to the API, over a real socket; its calls block, so they run on threads of their own.
final class Connection: Sendable {
    private let descriptor: Int32
    private let received = NIOLockedValueBox<[UInt8]>([])

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// - Returns: whether the system took it all, which it does not once the other side has hung up, or reads no more.
    func trySend(_ bytes: [UInt8]) -> Bool {
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return count == bytes.count
    }

    /// Whether the other side ends the connection within half a minute although nothing is read from it.
    func endsUnread() async throws -> Bool {
        // POLLRDHUP, which Glibc's module leaves out: no more comes, but for what lies there unread.
        let hungUp: Int32 = 0x2000
        return try await offPool { [descriptor] in
            for _ in 0..<300 {
                var state = pollfd(fd: descriptor, events: Int16(hungUp), revents: 0)
                if poll(&state, 1, 100) > 0, Int32(state.revents) & (hungUp | POLLHUP | POLLERR) != 0 { return true }
            }
            return false
        }
    }

    /// The next answer. Throws when the connection ends before one.
    func answer(toHead: Bool = false) async throws -> HTTPAnswer {
        try await offPool { try self.readAnswer(toHead: toHead) }
    }

    /// Everything that has come, as soon as it holds that text.
    func text(with part: String) async throws -> String {
        try await offPool {
            while true {
                let all = self.received.withLockedValue { String(decoding: $0, as: UTF8.self) }
                if all.contains(part) { return all }
                guard self.readMore() else { throw NoAnswer() }
            }
        }
    }

    /// Whether the other side ends the connection, whatever it still sends.
    func ends() async throws -> Bool {
        try await offPool {
            while self.readMore() {}
            return errno != EAGAIN
        }
    }

    private func readAnswer(toHead: Bool) throws -> HTTPAnswer {
        while true {
            if let answer = received.withLockedValue({ Self.takeAnswer(from: &$0, toHead: toHead) }) { return answer }
            guard readMore() else { throw NoAnswer() }
        }
    }

    private func readMore() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        errno = 0
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 { received.withLockedValue { $0 += chunk[..<count] } }
        return count > 0
    }

    private static func takeAnswer(from bytes: inout [UInt8], toHead: Bool) -> HTTPAnswer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            headers[halves[0].lowercased()] = halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length = toHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        guard bytes.count >= end.upperBound + length else { return nil }
        let body = Array(bytes[end.upperBound..<end.upperBound + length])
        bytes.removeFirst(end.upperBound + length)
        return HTTPAnswer(status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
    }
}

/// Runs what blocks on a thread of its own.
func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// The bytes of a request.
func request(
    _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil, host: String = "test"
) -> [UInt8] {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n"
    if let body {
        head += "Content-Length: \(body.count)\r\n"
        if headers["Content-Type"] == nil { head += "Content-Type: application/json\r\n" }
    }
    for (name, value) in headers where !value.isEmpty { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8) + (body ?? [])
}
