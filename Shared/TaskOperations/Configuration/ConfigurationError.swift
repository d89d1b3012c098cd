/// Why a service does not start: one line for its operator, which says what was wrong and what to set instead.
///
/// It never holds a secret's value.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line, without the service's name and without a line end.
    public let description: String

    /// - Parameter description: put on one line: control characters in it are escaped.
    public init(_ description: String) {
        self.description = OneLine.escaping(description, limit: Self.maxBytes)
    }

    /// The longest message, in bytes.
    static let maxBytes = 2_048
}
