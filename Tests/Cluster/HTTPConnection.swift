import Foundation

/// An HTTP/1.1 client of a test: one blocking connection, made again when it is lost.
final class HTTPConnection {
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: String

        /// The body as a JSON object.
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let port: UInt16
    private var socket: Int32 = -1
    private var received: [UInt8] = []

    /// - Parameter address: `127.0.0.1:port`.
    init(_ address: String) throws {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failure(description: "\(address) is not an address")
        }
        self.port = port
    }

    deinit { close() }

    func get(_ path: String) throws -> Answer { try send("GET", path, body: nil) }

    func post(_ path: String, _ body: String, headers: [String: String] = [:]) throws -> Answer {
        try send("POST", path, body: body, headers: headers)
    }

    func send(_ method: String, _ path: String, body: String?, headers: [String: String] = [:]) throws -> Answer {
        if socket < 0 { try connect() }
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        do {
            try write(Array((head + "\r\n" + (body ?? "")).utf8))
            return try readAnswer(hasBody: method != "HEAD")
        } catch {
            close()
            throw error
        }
    }

    /// Sends that, and waits for no answer.
    func send(_ bytes: [UInt8]) throws {
        if socket < 0 { try connect() }
        try write(bytes)
    }

    func close() {
        if socket >= 0 { Glibc.close(socket) }
        socket = -1
        received = []
    }

    private func connect() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close()
            throw Failure(description: "nobody listens on \(port)")
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(description: "the connection to \(port) was lost") }
            sent += count
        }
    }

    private func readAnswer(hasBody: Bool) throws -> Answer {
        let separator = Array("\r\n\r\n".utf8)
        var end = received.firstRange(of: separator)
        while end == nil {
            try readMore()
            end = received.firstRange(of: separator)
        }
        guard let end else { throw Failure(description: "unreachable") }
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        received.removeSubrange(..<end.upperBound)
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        var body: [UInt8] = []
        if hasBody {
            if headers["transfer-encoding"] == "chunked" {
                body = try readChunks()
            } else {
                body = try read(Int(headers["content-length"] ?? "0") ?? 0)
            }
        }
        if headers["connection"]?.lowercased() == "close" { close() }
        return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            var end = received.firstRange(of: Array("\r\n".utf8))
            while end == nil {
                try readMore()
                end = received.firstRange(of: Array("\r\n".utf8))
            }
            guard let end else { return body }
            let size = Int(String(decoding: received[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
            received.removeSubrange(..<end.upperBound)
            body += try read(size)
            _ = try read(2)
            if size == 0 { return body }
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while received.count < count { try readMore() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func readMore() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure(description: "the connection to \(port) was lost") }
        received += buffer[..<count]
    }
}
