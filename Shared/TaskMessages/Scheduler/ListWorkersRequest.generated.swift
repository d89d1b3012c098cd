// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListWorkersRequest: WireMessage, Hashable {
        /// only names beyond this one
        public var after: String = ""
        public var limit: UInt32 = 0
        /// not empty: only the one of this instance that is attached, or was last, with what it runs
        public var instance: String = ""

        public init(after: String = "", limit: UInt32 = 0, instance: String = "") {
            self.after = after
            self.limit = limit
            self.instance = instance
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListWorkersRequest>) throws(MessageError) {
            after = Arena.string(c.pointee.after)
            limit = c.pointee.limit
            instance = Arena.string(c.pointee.instance)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListWorkersRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_workers_request__init(c)
            if !after.isEmpty { c.pointee.after = try arena.put(after) }
            c.pointee.limit = limit
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListWorkersRequest>) -> Int { task_scheduler__v1__list_workers_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListWorkersRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_workers_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListWorkersRequest>? {
            task_scheduler__v1__list_workers_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
