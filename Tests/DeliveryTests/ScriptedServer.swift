import Foundation
import Synchronization

/// A real HTTP/1.1 server on loopback whose answers a test writes byte by byte.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String, path: String
        /// By lower-case name.
        let headers: [String: String]
        let body: String
        /// Which connection it came over, from 0.
        let connection: Int
        /// Which request of its connection it is, from 0.
        let number: Int
    }

    enum Action: Sendable {
        /// A whole answer with these headers.
        case answer(Int, headers: [String] = [], body: String = "")
        /// These bytes, then the connection is closed.
        case raw(String)
        /// These bytes, and the connection stays open.
        case then(String)
        /// The first bytes, then the second over and over until the other side hangs up.
        case endless(String, String)
        /// The bytes at once, then one byte of nothing in particular after the other until the other side hangs up.
        case dripping(String, everyMilliseconds: Int)
        /// Closes the connection without a word.
        case drop
        /// Says nothing for so long, then answers 200.
        case stall(milliseconds: Int)
    }

    let port: Int
    private let listener: Int32
    private let script: @Sendable (Request) -> Action
    private let seen = Mutex<[Request]>([])
    private let connections = Atomic<Int>(0)

    /// - Parameter port: 0 for one that is free.
    init(port: Int = 0, _ script: @escaping @Sendable (Request) -> Action) {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var isReused: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = listen(listener, 1_024)
                _ = getsockname(listener, $0, &length)
            }
        }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { seen.withLock { $0 } }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let number = connections.add(1, ordering: .relaxed).oldValue
            Thread.detachNewThread { [self] in serve(client, number) }
        }
        close(listener)
    }

    private func serve(_ client: Int32, _ number: Int) {
        defer { close(client) }
        var buffer = Data(), count = 0
        while let request = read(client, &buffer, number, count) {
            count += 1
            seen.withLock { $0.append(request) }
            switch script(request) {
            case .answer(let status, let headers, let body):
                let lines = ["HTTP/1.1 \(status) x", "Content-Length: \(body.utf8.count)"] + headers
                guard write(client, lines.joined(separator: "\r\n") + "\r\n\r\n" + body) else { return }
            case .raw(let text):
                _ = write(client, text)
                return
            case .then(let text): guard write(client, text) else { return }
            case .endless(let head, let piece):
                guard write(client, head) else { return }
                while write(client, piece) {}
                return
            case .dripping(let head, let milliseconds):
                guard write(client, head) else { return }
                while write(client, "H") { Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000) }
                return
            case .drop: return
            case .stall(let milliseconds):
                Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
                guard write(client, "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n") else { return }
            }
        }
    }

    private func read(_ client: Int32, _ buffer: inout Data, _ connection: Int, _ number: Int) -> Request? {
        func more() -> Bool {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(client, &bytes, bytes.count, 0)
            guard count > 0 else { return false }
            buffer.append(contentsOf: bytes[..<count])
            return true
        }
        while buffer.firstRange(of: Data("\r\n\r\n".utf8)) == nil { guard more() else { return nil } }
        guard let end = buffer.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: buffer[buffer.startIndex..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        buffer = Data(buffer[end.upperBound...])
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length = Int(headers["content-length"] ?? "") ?? 0
        while buffer.count < length { guard more() else { return nil } }
        let body = String(decoding: buffer.prefix(length), as: UTF8.self)
        buffer = Data(buffer.dropFirst(length))
        let first = lines[0].split(separator: " ")
        return Request(method: String(first[0]), path: String(first[1]), headers: headers, body: body, connection: connection, number: number)
    }

    private func write(_ client: Int32, _ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
