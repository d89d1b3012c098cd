/// An enum of the `.proto` files, without its zero: `…_UNSPECIFIED` says nothing, and stands for nothing that could be done.
///
/// A number of a newer build has no case here, so that nobody can take it for another value: a message that holds one in a field
/// cannot be read (see ``MessageError/unknownValue(field:number:)``).
public protocol WireEnum: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == UInt32 {}

extension WireEnum {
    /// - Parameter field: `Message.field`, for the error.
    /// - Throws: `MessageError.unknownValue`.
    public init(number: UInt32, in field: StaticString) throws(MessageError) {
        guard let value = Self(rawValue: number) else { throw .unknownValue(field: "\(field)", number: number) }
        self = value
    }
}

/// A value of an enum, or the number that came in its place: the type of a field whose reader has to go on with a number that it
/// does not know, and must say how.
public enum OpenEnum<Value: WireEnum>: Hashable, Sendable {
    case known(Value)
    /// 0 where nothing was said.
    case unknown(UInt32)

    public init(number: UInt32) { self = Value(rawValue: number).map(OpenEnum.known) ?? .unknown(number) }

    /// As on the wire.
    public var number: UInt32 {
        switch self {
        case .known(let value): value.rawValue
        case .unknown(let number): number
        }
    }
}
