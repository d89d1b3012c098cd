public import CProtobufC
import CProtos

#if canImport(Glibc)
import Glibc
#endif

/// The memory of the C structs of one frame, given back at once by `reset`.
///
/// Not thread-safe: each connection has its own, used on its event loop.
public final class Arena {
    private let arena: OpaquePointer

    /// - Parameter maxBytes: what it gives from one reset to the next. Bytes from others need a bound: two of them can stand for a
    ///   message of hundreds.
    /// - Throws: `MessageError.outOfMemory`.
    public init(maxBytes: Int = .max) throws(MessageError) {
        guard let arena = ts_arena_new(max(0, maxBytes)) else { throw .outOfMemory }
        self.arena = arena
    }

    deinit { ts_arena_free(arena) }

    /// The arena as the allocator of protobuf-c's unpack functions.
    public var allocator: UnsafeMutablePointer<ProtobufCAllocator> { ts_arena_allocator(arena) }

    /// Invalidates every pointer handed out before.
    public func reset() { ts_arena_reset(arena) }

    /// Uninitialised memory for `count` values.
    public func take<T>(_ type: T.Type, count: Int = 1) throws(MessageError) -> UnsafeMutablePointer<T> {
        guard let memory = ts_arena_take(arena, MemoryLayout<T>.stride * count) else { throw .outOfMemory }
        return memory.bindMemory(to: T.self, capacity: count)
    }

    // MARK: Swift values to C

    /// - Throws: `MessageError.nulInString`: protobuf-c's strings end at the first NUL.
    public func put(_ string: String) throws(MessageError) -> UnsafeMutablePointer<CChar> {
        var string = string
        let count = string.utf8.count
        let memory = try take(UInt8.self, count: count + 1)
        let hasNul = string.withUTF8 { utf8 in
            if let base = utf8.baseAddress { memcpy(memory, base, count) }
            return utf8.contains(0)
        }
        if hasNul { throw .nulInString }
        memory[count] = 0
        return UnsafeMutableRawPointer(memory).assumingMemoryBound(to: CChar.self)
    }

    public func put(_ bytes: [UInt8]) throws(MessageError) -> ProtobufCBinaryData {
        let memory = try take(UInt8.self, count: bytes.count)
        bytes.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memcpy(memory, base, source.count) }
        }
        return ProtobufCBinaryData(len: bytes.count, data: memory)
    }

    public func put<M: WireMessage>(_ message: M) throws(MessageError) -> UnsafeMutablePointer<M.CStruct> {
        let memory = try take(M.CStruct.self)
        try message.fill(memory, from: self)
        return memory
    }

    public func put<M: WireMessage>(
        messages: [M]
    ) throws(MessageError) -> (UnsafeMutablePointer<UnsafeMutablePointer<M.CStruct>?>?, Int) {
        if messages.isEmpty { return (nil, 0) }
        let list = try take(UnsafeMutablePointer<M.CStruct>?.self, count: messages.count)
        for (position, message) in messages.enumerated() { list[position] = try put(message) }
        return (list, messages.count)
    }

    public func put(
        strings: [String]
    ) throws(MessageError) -> (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, Int) {
        if strings.isEmpty { return (nil, 0) }
        let list = try take(UnsafeMutablePointer<CChar>?.self, count: strings.count)
        for (position, string) in strings.enumerated() { list[position] = try put(string) }
        return (list, strings.count)
    }

    public func put<T: BitwiseCopyable>(values: [T]) throws(MessageError) -> (UnsafeMutablePointer<T>?, Int) {
        if values.isEmpty { return (nil, 0) }
        let list = try take(T.self, count: values.count)
        for (position, value) in values.enumerated() { list[position] = value }
        return (list, values.count)
    }

    // MARK: C to Swift values

    public static func string(_ c: UnsafePointer<CChar>?) -> String {
        guard let c, c.pointee != 0 else { return "" }
        return String(cString: c)
    }

    public static func bytes(_ c: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: c.data, count: c.len))
    }

    public static func strings(
        _ c: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
    ) -> [String] {
        UnsafeBufferPointer(start: c, count: count).map { string($0) }
    }

    public static func messages<C, M>(
        _ c: UnsafeMutablePointer<UnsafeMutablePointer<C>?>?, _ count: Int,
        _ read: (UnsafePointer<C>) throws(MessageError) -> M
    ) throws(MessageError) -> [M] {
        var result: [M] = []
        // Exact: growing by doubling would hold up to three times as much for a moment.
        result.reserveCapacity(count)
        for case let message? in UnsafeBufferPointer(start: c, count: count) { result.append(try read(message)) }
        return result
    }

    /// What protobuf-c reads for an empty message: never dereferenced, but it must not be null.
    nonisolated(unsafe) static let noBytes: UnsafePointer<UInt8> = {
        // Safe: written once here, only read afterwards, never freed.
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        memory.initialize(to: 0)
        return UnsafePointer(memory)
    }()
}
