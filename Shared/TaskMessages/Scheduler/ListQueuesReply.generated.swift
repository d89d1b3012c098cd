// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListQueuesReply: WireMessage, Hashable {
        /// by name
        public var queues: [Queue] = []
        /// there are others beyond the last
        public var more: Bool = false

        public init(queues: [Queue] = [], more: Bool = false) {
            self.queues = queues
            self.more = more
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListQueuesReply>) throws(MessageError) {
            queues = try Arena.messages(c.pointee.queues, c.pointee.n_queues) { (c) throws(MessageError) in try Queue(reading: c) }
            more = c.pointee.more != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListQueuesReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_queues_reply__init(c)
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(messages: queues)
            c.pointee.more = more ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesReply>) -> Int { task_scheduler__v1__list_queues_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_queues_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListQueuesReply>? {
            task_scheduler__v1__list_queues_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
