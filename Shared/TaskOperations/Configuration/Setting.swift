/// A setting's value together with what its operator knows it by, for a fault that shows only in use: a port that is taken, a file
/// that is not there.
public struct Setting<Value: Sendable>: Sendable, CustomStringConvertible {
    /// The environment variable's name, which a line of the configuration file has too.
    public let name: String
    public let value: Value
    /// The value as it was given, fit to be shown; and where, such as "from the environment".
    private let text: String, origin: String?

    /// A value that no reader has read.
    public init(_ name: String, _ value: Value) { self.init(name, value, text: "\(value)", origin: nil) }

    init(_ name: String, _ value: Value, text: String, origin: String?) {
        self.name = name
        self.value = value
        self.text = text
        self.origin = origin
    }

    public var description: String { text }

    /// The line for the operator: `NAME was "value" (from the environment), ` and the fault.
    /// - Parameter fault: completes the sentence, and says what the value may be: "which is a folder; it must be a file".
    public func fault(_ fault: String) -> String { "\(name) was \"\(text)\"\(origin.map { " (\($0))" } ?? ""), \(fault)" }
}
