// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListWorkersReply: WireMessage, Hashable {
        /// by name; those that are gone for a day
        public var workers: [Worker] = []
        /// there are others beyond the last
        public var more: Bool = false

        public init(workers: [Worker] = [], more: Bool = false) {
            self.workers = workers
            self.more = more
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListWorkersReply>) throws(MessageError) {
            workers = try Arena.messages(c.pointee.workers, c.pointee.n_workers) { (c) throws(MessageError) in try Worker(reading: c) }
            more = c.pointee.more != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListWorkersReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_workers_reply__init(c)
            (c.pointee.workers, c.pointee.n_workers) = try arena.put(messages: workers)
            c.pointee.more = more ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListWorkersReply>) -> Int { task_scheduler__v1__list_workers_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListWorkersReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_workers_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListWorkersReply>? {
            task_scheduler__v1__list_workers_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
