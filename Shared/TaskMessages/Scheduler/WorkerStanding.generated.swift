// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// What a worker is, where it is not what it was started as.
    public struct WorkerStanding: WireMessage, Hashable {
        public var queues: [String] = []
        public var concurrency: UInt32 = 0
        /// it takes nothing new, and stays
        public var draining: Bool = false

        public init(queues: [String] = [], concurrency: UInt32 = 0, draining: Bool = false) {
            self.queues = queues
            self.concurrency = concurrency
            self.draining = draining
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__WorkerStanding>) throws(MessageError) {
            queues = Arena.strings(c.pointee.queues, c.pointee.n_queues)
            concurrency = c.pointee.concurrency
            draining = c.pointee.draining != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__WorkerStanding>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__worker_standing__init(c)
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(strings: queues)
            c.pointee.concurrency = concurrency
            c.pointee.draining = draining ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__WorkerStanding>) -> Int { task_scheduler__v1__worker_standing__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__WorkerStanding>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__worker_standing__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__WorkerStanding>? {
            task_scheduler__v1__worker_standing__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
