import HTTPTypes

/// A path with places for values: `/reminders/{id}/attempts`.
struct PathTemplate: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal(String)
        case value(name: String)

        var isValue: Bool { if case .value = self { true } else { false } }
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

    /// Whether it has no place for a value.
    var isLiteral: Bool { segments.allSatisfy { if case .literal = $0 { true } else { false } } }

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
    private let literalPaths: Set<String>
    /// Those that take more than the usual.
    private let large: [Operation]

    /// The longest body that a request to that path may have, whatever its method; for connections, which read it.
    func maxBodyBytes(_ path: String) -> Int {
        let parts = (path.split(separator: "?", maxSplits: 1).first ?? "").dropFirst().split(
            separator: "/", omittingEmptySubsequences: false)
        return large.filter { $0.path.match(parts) != nil }.map(\.maxBodyBytes).max() ?? Bounds.bodyBytes
    }

    init(_ operations: [Operation]) {
        precondition(Set(operations.map(\.name)).count == operations.count, "two operations with one name")
        self.operations = operations
        literalPaths = Set(operations.map(\.path).filter(\.isLiteral).map { String($0.description.dropFirst()) })
        large = operations.filter { $0.maxBodyBytes > Bounds.bodyBytes }
    }

    /// - Parameter path: of the request line, without the query, still encoded.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        guard path.hasPrefix("/") else { return .nothing }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var others: [HTTPRequest.Method] = []
        // A path that is there in so many words is not taken for a value: `/reminders/batch` is no reminder.
        let isLiteral = literalPaths.contains(String(path.dropFirst()))
        for operation in operations {
            guard let values = operation.path.match(parts), !isLiteral || values.isEmpty else { continue }
            // What can be read can be asked for without its body (RFC 9110 section 9.3.2).
            if operation.method == method || operation.method == .get && method == .head {
                return .operation(operation, pathValues: values)
            }
            others += operation.method == .get ? [.get, .head] : [operation.method]
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }
}
