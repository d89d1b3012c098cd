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
    /// Operations by path, where the path has no place for a value. Such a path is not taken for a value either:
    /// `/reminders/batch` is no reminder.
    private let literal: [String: [Operation]]
    private let others: [Operation]
    /// Of the paths of `literal`.
    private let literalBodyBytes: [String: Int]

    init(_ operations: [Operation]) {
        precondition(Set(operations.map(\.name)).count == operations.count, "two operations with one name")
        self.operations = operations
        literal = Dictionary(grouping: operations.filter(\.path.isLiteral), by: \.path.description)
        others = operations.filter { !$0.path.isLiteral }
        literalBodyBytes = literal.mapValues(Self.maxBodyBytes)
    }

    /// The longest body that a request to that path may have, whatever its method; for connections, which read it.
    func maxBodyBytes(_ target: String) -> Int {
        if let bytes = literalBodyBytes[target] { return bytes }
        let path = String(target.prefix { $0 != "?" })
        return literalBodyBytes[path] ?? Self.maxBodyBytes(matches(path).map(\.operation))
    }

    private static func maxBodyBytes(_ operations: [Operation]) -> Int {
        operations.map(\.maxBodyBytes).max().map { max($0, Bounds.bodyBytes) } ?? Bounds.bodyBytes
    }

    /// - Parameter path: of the request line, without the query, still encoded.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        let operations = literal[path]
        if let operation = operations?.first(where: { $0.takes(method) }) { return .operation(operation, pathValues: []) }
        let found = operations.map { $0.map { ($0, []) } } ?? matches(path)
        for (operation, values) in found where operation.takes(method) { return .operation(operation, pathValues: values) }
        let methods = found.flatMap { $0.operation.method == .get ? [.get, .head] : [$0.operation.method] }
        return methods.isEmpty ? .nothing : .otherMethods(methods)
    }

    /// Operations whose paths have places for values, with the values.
    private func matches(_ path: String) -> [(operation: Operation, values: [String])] {
        guard path.hasPrefix("/") else { return [] }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return others.compactMap { operation in operation.path.match(parts).map { (operation, $0) } }
    }
}

extension Operation {
    /// What can be read can be asked for without its body (RFC 9110 section 9.3.2).
    fileprivate func takes(_ method: HTTPRequest.Method) -> Bool {
        self.method == method || self.method == .get && method == .head
    }
}
