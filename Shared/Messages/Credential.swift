/// A caller's credential on its way between services and to a task. Printing it, or any message that holds it, shows nothing of it.
public struct Credential: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The whole value of an `Authorization` header; empty where there is none.
    public let value: String

    public init(value: String) { self.value = value }

    public init(stringLiteral value: String) { self.value = value }

    public var isEmpty: Bool { value.isEmpty }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    /// `dump` and reflection go by the mirror: it has no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
