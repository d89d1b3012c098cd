/// A caller's credential on its way to a task. Printing it, or anything that holds it, shows nothing of it.
public struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The whole value of an `Authorization` header; empty where there is none.
    public let value: String

    public init(value: String) { self.value = value }

    public var isEmpty: Bool { value.isEmpty }

    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
