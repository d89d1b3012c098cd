import Glibc

/// The answer to `--check-health`: asks the service of the same settings on this machine whether it is ready. For
/// containers, whose images have no other program that could.
enum HealthCheck {
    /// How long connecting, and each wait for a part of the answer, may take.
    static let timeoutSeconds = 2
    /// How much of an answer is read, in bytes.
    static let maxBytes = 8 << 10

    /// What came of it: an ``ExitCode``, and one line for whoever looks at the check's record.
    struct Result: Sendable, Hashable {
        let code: Int32
        let line: String
    }

    /// - Parameter ops: the ops listener's address. A listener on all addresses is reached by that same address.
    static func run(_ ops: Endpoint) -> Result {
        guard let connection = connect(to: ops) else {
            return Result(code: ExitCode.failure, line: "\(ops): cannot connect: \(String(cString: strerror(errno)))")
        }
        defer { close(connection) }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: \(ops)\r\nConnection: close\r\n\r\n".utf8)
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return Result(code: ExitCode.failure, line: "\(ops): cannot ask: \(String(cString: strerror(errno)))")
        }
        return judge(answer(from: connection))
    }

    /// 200 is ready; anything else is not, and its body says why.
    static func judge(_ answer: [UInt8]) -> Result {
        let text = String(decoding: answer, as: UTF8.self)
        let head = text.split(separator: "\r\n", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        let words = head.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1.") else {
            return Result(code: ExitCode.failure, line: "no answer to GET /readyz within \(timeoutSeconds) s")
        }
        if words[1] == "200" { return Result(code: ExitCode.success, line: "ready") }
        let body = text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...] } ?? ""
        let reasons = body.split(separator: "\n").joined(separator: "; ")
        return Result(code: ExitCode.failure, line: OneLine.escaping("not ready: \(reasons)", limit: ConfigurationError.maxBytes))
    }

    private static func answer(from connection: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maxBytes), count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { recv(connection, $0.baseAddress.map { $0 + count }, $0.count - count, 0) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            count += got
        }
        return Array(bytes[..<count])
    }

    /// - Returns: `nil` with `errno` set.
    private static func connect(to endpoint: Endpoint) -> Int32? {
        var hints = addrinfo(), list: UnsafeMutablePointer<addrinfo>?
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        guard getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list) == 0 else {
            errno = EADDRNOTAVAIL
            return nil
        }
        defer { freeaddrinfo(list) }
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            let connection = socket(entry.ai_family, entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), entry.ai_protocol)
            guard connection >= 0 else { continue }
            var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
            // On Linux the limit for sending is also that for connecting.
            for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                setsockopt(connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
            if Glibc.connect(connection, entry.ai_addr, entry.ai_addrlen) == 0 { return connection }
            let problem = errno
            close(connection)
            errno = problem
        }
        return nil
    }
}
