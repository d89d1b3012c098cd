// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct CreateManyReply: WireMessage, Hashable {
        public var replies: [CreateReply] = []

        public init(replies: [CreateReply] = []) {
            self.replies = replies
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateManyReply>) throws(MessageError) {
            replies = try Arena.messages(c.pointee.replies, c.pointee.n_replies) { (c) throws(MessageError) in try CreateReply(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateManyReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_many_reply__init(c)
            (c.pointee.replies, c.pointee.n_replies) = try arena.put(messages: replies)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateManyReply>) -> Int { task_scheduler__v1__create_many_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateManyReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_many_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateManyReply>? {
            task_scheduler__v1__create_many_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
