/// A text that is nobody's to see: a caller's credential, or what the services know each other by. Whichever way it, or a value that
/// holds it, gets into a message, a log line or a dump, it prints as `<redacted>`.
public struct Secret: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The text itself: for use, never for showing. Of a caller's credential, the whole value of an `Authorization` header; empty
    /// where there is none.
    public let value: String

    public init(_ value: String) { self.value = value }

    public init(stringLiteral value: String) { self.value = value }

    public var isEmpty: Bool { value.isEmpty }

    /// What is shown in its place.
    public static let placeholder = "<redacted>"
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { Self.placeholder }
    public var debugDescription: String { Self.placeholder }
    /// `dump` and reflection go by the mirror: it has no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
