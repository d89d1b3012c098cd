public import CProtobufC

/// The namespace of the values generated from the `.proto` files.
public enum Proto {}

/// A Swift value that protobuf-c packs and unpacks. Conformances are generated (`Shared/Protos/generate`).
public protocol WireMessage: Sendable {
    /// protobuf-c's struct of this message.
    associatedtype CStruct
    /// Copies out of a C struct; nothing of it is kept.
    /// - Throws: `MessageError.unknownValue` for an enum's field that is not given, or that this build does not know.
    init(reading c: UnsafePointer<CStruct>) throws(MessageError)
    /// Fills a C struct; its pointers lead into the arena or to static memory.
    func fill(_ c: UnsafeMutablePointer<CStruct>, from arena: Arena) throws(MessageError)
    static func packedSize(_ c: UnsafePointer<CStruct>) -> Int
    static func pack(_ c: UnsafePointer<CStruct>, to bytes: UnsafeMutablePointer<UInt8>)
    static func unpack(
        _ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>
    ) -> UnsafeMutablePointer<CStruct>?
}

/// A note that a message came with fields which only a newer build knows. No part of the message's value: with them or without, it is
/// equal to another that says the same.
public struct UnknownFields: Hashable, Sendable {
    public let areAny: Bool

    init(areAny: Bool = false) { self.areAny = areAny }

    public static func == (a: UnknownFields, b: UnknownFields) -> Bool { true }
    public func hash(into hasher: inout Hasher) {}
}

/// Why a message could not be packed or unpacked.
public enum MessageError: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed(String)
    /// A field, named `Message.field`, of an enum that must be given and is not (0), or whose value has no meaning to this build.
    case unknownValue(field: String, number: UInt32)
    case nulInString
    case outOfMemory

    public var description: String {
        switch self {
        case .malformed(let type): "these bytes are not a \(type) message"
        case .unknownValue(let field, 0): "\(field) is not given"
        case .unknownValue(let field, let number): "\(field) is \(number), which this build does not know"
        case .nulInString: "a text holds the character U+0000, which the wire cannot carry"
        case .outOfMemory: "no memory left for a message"
        }
    }
}

extension WireMessage {
    /// Unpacks from memory that outlives the call only.
    public init(unpacking bytes: UnsafeRawBufferPointer, arena: Arena) throws(MessageError) {
        guard let c = Self.unpack(bytes, with: arena.allocator) else { throw .malformed("\(Self.self)") }
        try self.init(reading: c)
    }

    /// Unpacks bytes kept from before. For what is not on a hot path: it makes an arena of its own.
    public init(unpacking bytes: [UInt8]) throws(MessageError) {
        let arena = try Arena()
        let result: Result<Self, MessageError> = bytes.withUnsafeBytes { raw in
            do throws(MessageError) {
                return .success(try Self(unpacking: raw, arena: arena))
            } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// Packs into arena memory, valid until the arena is reset.
    public func packed(in arena: Arena) throws(MessageError) -> UnsafeMutableBufferPointer<UInt8> {
        let c = try arena.put(self)
        let size = Self.packedSize(c)
        let bytes = try arena.take(UInt8.self, count: size)
        Self.pack(c, to: bytes)
        return UnsafeMutableBufferPointer(start: bytes, count: size)
    }

    /// Packs into bytes of their own.
    public func packed() throws(MessageError) -> [UInt8] {
        let arena = try Arena()
        // The bytes are the arena's: it must outlive the copy, not only the packing.
        defer { withExtendedLifetime(arena) {} }
        return Array(try packed(in: arena))
    }
}
