import HTTPTypes
import HummingbirdCore
import NIOCore

extension Request {
    /// Its body, which must be JSON by its headers; not yet looked into.
    /// - Throws: 415 for another type, 413 for one that is too long.
    func json(maxBytes: Int) async throws(Problem) -> [UInt8] {
        try MediaType.requireJSON(headers)
        let length = headers.contentLength
        if let length, length > maxBytes { throw .tooLarge(maxBytes) }
        var bytes: [UInt8] = []
        // Nearly all bodies come in one piece, and then their length is that of the piece.
        bytes.reserveCapacity(length ?? 0)
        do {
            for try await piece in self.body {
                guard piece.readableBytes <= maxBytes - bytes.count else { throw Problem.tooLarge(maxBytes) }
                let needed = bytes.count + piece.readableBytes
                // By itself it would grow to twice what it holds, which is beyond the memory that was taken for it.
                if needed > bytes.capacity { bytes.reserveCapacity(min(max(2 * bytes.count, needed), maxBytes)) }
                bytes.append(contentsOf: piece.readableBytesView)
            }
        } catch let problem as Problem {
            throw problem
        } catch let refusal as BodyMemory.Refusal {
            throw refusal.problem
        } catch {
            // The connection broke, so nobody reads this.
            throw Problem(.badRequest, "the body did not arrive whole")
        }
        return bytes
    }
}

extension HTTPFields {
    /// The length that the body is said to have; of several the first, as what comes is counted beside it.
    var contentLength: Int? { first { $0.name == .contentLength }.flatMap { Int($0.value) } }

    /// Adds a field unless there is one of that name. One look at each, since each answer has several such.
    mutating func addIfAbsent(_ name: HTTPField.Name, _ value: String) {
        if !contains(where: { $0.name == name }) { append(HTTPField(name: name, value: value)) }
    }
}

extension Problem {
    /// The rest of the body is not read, so the connection cannot go on.
    static func tooLarge(_ maxBytes: Int) -> Problem {
        Problem(.contentTooLarge, "the body has more than \(maxBytes) bytes", headers: [.connection: "close"])
    }
}

/// `Content-Type` and `Content-Encoding` of requests.
enum MediaType {
    private static let known: Set<String> = ["application/json", "application/merge-patch+json"]

    static func requireJSON(_ headers: HTTPFields) throws(Problem) {
        if isPlainJSON(headers) { return }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "send the body without Content-Encoding", headers: [.acceptEncoding: "identity"])
        }
        guard let type = headers[.contentType] else {
            throw Problem(.unsupportedMediaType, "the request has no Content-Type; send JSON with application/json")
        }
        let parts = type.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        // JSON is UTF-8; the parameter has no meaning, but many clients send it.
        let isUTF8 = parts.dropFirst().allSatisfy {
            !$0.hasPrefix("charset=") || $0 == "charset=utf-8" || $0 == "charset=\"utf-8\""
        }
        guard let name = parts.first, known.contains(name), isUTF8 else {
            throw Problem(.unsupportedMediaType, "the Content-Type must be application/json, in UTF-8")
        }
    }

    /// Whether the headers say JSON in the way that nearly all clients do: one look at each is enough.
    private static func isPlainJSON(_ headers: HTTPFields) -> Bool {
        var types = 0
        for field in headers {
            if field.name == .contentEncoding { return false }
            if field.name == .contentType {
                guard field.value == "application/json" else { return false }
                types += 1
            }
        }
        return types == 1
    }
}
