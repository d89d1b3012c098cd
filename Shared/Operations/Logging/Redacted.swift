/// A credential that prints as `<redacted>`, whichever way it gets into a message, a log line or a dump.
public struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The credential itself: for use, never for showing.
    public let value: Value

    public init(_ value: Value) { self.value = value }

    static var placeholder: String { "<redacted>" }

    public var description: String { Self.placeholder }
    public var debugDescription: String { Self.placeholder }
    /// Without children, so that `dump` and reflection show nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}
