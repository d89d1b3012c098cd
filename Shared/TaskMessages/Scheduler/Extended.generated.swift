// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// What became of an Extension.
    public struct Extended: WireMessage, Hashable {
        public var id: UInt64 = 0
        /// how long the task may go on, from the moment at which it was asked; 0: it was refused
        public var forMs: UInt32 = 0
        /// of one that was refused: why; the lease is as it was
        public var refusal: String = ""

        public init(id: UInt64 = 0, forMs: UInt32 = 0, refusal: String = "") {
            self.id = id
            self.forMs = forMs
            self.refusal = refusal
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Extended>) throws(MessageError) {
            id = c.pointee.id
            forMs = c.pointee.for_ms
            refusal = Arena.string(c.pointee.refusal)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Extended>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__extended__init(c)
            c.pointee.id = id
            c.pointee.for_ms = forMs
            if !refusal.isEmpty { c.pointee.refusal = try arena.put(refusal) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Extended>) -> Int { task_scheduler__v1__extended__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Extended>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__extended__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Extended>? {
            task_scheduler__v1__extended__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
