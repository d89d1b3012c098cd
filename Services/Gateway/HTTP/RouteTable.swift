import HTTPTypes

/// A path with places for values: `/reminders/{id}/attempts`.
struct PathTemplate: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal(String)
        case value(name: String)
    }

    let description: String
    let segments: [Segment]

    init(stringLiteral text: String) {
        precondition(text.hasPrefix("/"), "a path begins with a slash")
        description = text
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .value(name: String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    /// The values in their places; `nil` if the path is another one. A value is never empty.
    func match(_ parts: [Substring]) -> [String]? {
        guard parts.count == segments.count else { return nil }
        var values: [String] = []
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text): guard part == text else { return nil }
            case .value:
                guard !part.isEmpty, let value = PercentEncoding.decode(part) else { return nil }
                values.append(value)
            }
        }
        return values
    }
}

/// Finds the operation that a request asks for.
struct RouteTable: Sendable {
    enum Match {
        case operation(Operation, pathValues: [String])
        /// The path exists, for these methods.
        case otherMethods([HTTPRequest.Method])
        case nothing
    }

    let operations: [Operation]

    init(_ operations: [Operation]) {
        precondition(Set(operations.map(\.name)).count == operations.count, "two operations with one name")
        self.operations = operations
    }

    /// - Parameter path: of the request line, without the query, still encoded.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        guard path.hasPrefix("/") else { return .nothing }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var others: [HTTPRequest.Method] = []
        for operation in operations {
            guard let values = operation.path.match(parts) else { continue }
            // What can be read can be asked for without its body (RFC 9110 section 9.3.2).
            if operation.method == method || operation.method == .get && method == .head {
                return .operation(operation, pathValues: values)
            }
            others += operation.method == .get ? [.get, .head] : [operation.method]
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }
}
