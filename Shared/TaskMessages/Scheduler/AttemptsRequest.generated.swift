// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct AttemptsRequest: WireMessage, Hashable {
        public var id: [UInt8] = []
        public var limit: UInt32 = 0
        /// not empty: only if it is this caller's
        public var caller: String = ""

        public init(id: [UInt8] = [], limit: UInt32 = 0, caller: String = "") {
            self.id = id
            self.limit = limit
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__AttemptsRequest>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            limit = c.pointee.limit
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__AttemptsRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attempts_request__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.limit = limit
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__AttemptsRequest>) -> Int { task_scheduler__v1__attempts_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__AttemptsRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attempts_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__AttemptsRequest>? {
            task_scheduler__v1__attempts_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
