// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// What became of a WorkerControl.
    public struct Controlled: WireMessage, Hashable {
        public var id: UInt64 = 0
        /// empty: it has been done, or begun
        public var refusal: String = ""

        public init(id: UInt64 = 0, refusal: String = "") {
            self.id = id
            self.refusal = refusal
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Controlled>) throws(MessageError) {
            id = c.pointee.id
            refusal = Arena.string(c.pointee.refusal)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Controlled>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__controlled__init(c)
            c.pointee.id = id
            if !refusal.isEmpty { c.pointee.refusal = try arena.put(refusal) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Controlled>) -> Int { task_scheduler__v1__controlled__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Controlled>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__controlled__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Controlled>? {
            task_scheduler__v1__controlled__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
