// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ChangeQueueRequest: WireMessage, Hashable {
        public var queue: Queue? = nil

        public init(queue: Queue? = nil) {
            self.queue = queue
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeQueueRequest>) throws(MessageError) {
            if let value = c.pointee.queue { queue = try Queue(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeQueueRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_queue_request__init(c)
            if let queue { c.pointee.queue = try arena.put(queue) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeQueueRequest>) -> Int { task_scheduler__v1__change_queue_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeQueueRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_queue_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeQueueRequest>? {
            task_scheduler__v1__change_queue_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
