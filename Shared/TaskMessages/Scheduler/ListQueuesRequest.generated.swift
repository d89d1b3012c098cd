// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListQueuesRequest: WireMessage, Hashable {
        /// only names beyond this one
        public var after: String = ""
        /// 0: as many as one answer may hold
        public var limit: UInt32 = 0
        /// only these, known or not, and regardless of the others
        public var names: [String] = []

        public init(after: String = "", limit: UInt32 = 0, names: [String] = []) {
            self.after = after
            self.limit = limit
            self.names = names
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListQueuesRequest>) throws(MessageError) {
            after = Arena.string(c.pointee.after)
            limit = c.pointee.limit
            names = Arena.strings(c.pointee.names, c.pointee.n_names)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListQueuesRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_queues_request__init(c)
            if !after.isEmpty { c.pointee.after = try arena.put(after) }
            c.pointee.limit = limit
            (c.pointee.names, c.pointee.n_names) = try arena.put(strings: names)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesRequest>) -> Int { task_scheduler__v1__list_queues_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_queues_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListQueuesRequest>? {
            task_scheduler__v1__list_queues_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
