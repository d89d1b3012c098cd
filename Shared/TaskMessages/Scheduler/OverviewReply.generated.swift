// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct OverviewReply: WireMessage, Hashable {
        public var atMs: Int64 = 0
        /// due, in memory, and waiting for a worker
        public var ready: UInt64 = 0
        public var running: UInt64 = 0
        /// of what is ready, that which no worker serves
        public var unserved: UInt64 = 0
        /// With rows of their own; absent: the store could not tell.
        public var retrying: Int64? = nil
        public var held: Int64? = nil
        public var dead: Int64? = nil
        /// Thousandths a second, over the last few: created, handed to workers, ended well, ended otherwise.
        public var createdMilli: UInt64 = 0
        public var dispatchedMilli: UInt64 = 0
        public var deliveredMilli: UInt64 = 0
        public var failedMilli: UInt64 = 0
        /// for how long that has been due which has been ready for longest; absent: nothing is
        public var oldestReadyMs: Int64? = nil
        /// by name
        public var queues: [Queue] = []
        /// there are others beyond the last
        public var moreQueues: Bool = false
        /// those that are attached, by name, without what they run
        public var workers: [Worker] = []
        public var moreWorkers: Bool = false
        /// for an operator
        public var notices: [String] = []

        public init(atMs: Int64 = 0, ready: UInt64 = 0, running: UInt64 = 0, unserved: UInt64 = 0, retrying: Int64? = nil, held: Int64? = nil, dead: Int64? = nil, createdMilli: UInt64 = 0, dispatchedMilli: UInt64 = 0, deliveredMilli: UInt64 = 0, failedMilli: UInt64 = 0, oldestReadyMs: Int64? = nil, queues: [Queue] = [], moreQueues: Bool = false, workers: [Worker] = [], moreWorkers: Bool = false, notices: [String] = []) {
            self.atMs = atMs
            self.ready = ready
            self.running = running
            self.unserved = unserved
            self.retrying = retrying
            self.held = held
            self.dead = dead
            self.createdMilli = createdMilli
            self.dispatchedMilli = dispatchedMilli
            self.deliveredMilli = deliveredMilli
            self.failedMilli = failedMilli
            self.oldestReadyMs = oldestReadyMs
            self.queues = queues
            self.moreQueues = moreQueues
            self.workers = workers
            self.moreWorkers = moreWorkers
            self.notices = notices
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OverviewReply>) throws(MessageError) {
            atMs = c.pointee.at_ms
            ready = c.pointee.ready
            running = c.pointee.running
            unserved = c.pointee.unserved
            if c.pointee._retrying_case == TASK_SCHEDULER__V1__OVERVIEW_REPLY___RETRYING_RETRYING { retrying = c.pointee.retrying }
            if c.pointee._held_case == TASK_SCHEDULER__V1__OVERVIEW_REPLY___HELD_HELD { held = c.pointee.held }
            if c.pointee._dead_case == TASK_SCHEDULER__V1__OVERVIEW_REPLY___DEAD_DEAD { dead = c.pointee.dead }
            createdMilli = c.pointee.created_milli
            dispatchedMilli = c.pointee.dispatched_milli
            deliveredMilli = c.pointee.delivered_milli
            failedMilli = c.pointee.failed_milli
            if c.pointee._oldest_ready_ms_case == TASK_SCHEDULER__V1__OVERVIEW_REPLY___OLDEST_READY_MS_OLDEST_READY_MS { oldestReadyMs = c.pointee.oldest_ready_ms }
            queues = try Arena.messages(c.pointee.queues, c.pointee.n_queues) { (c) throws(MessageError) in try Queue(reading: c) }
            moreQueues = c.pointee.more_queues != 0
            workers = try Arena.messages(c.pointee.workers, c.pointee.n_workers) { (c) throws(MessageError) in try Worker(reading: c) }
            moreWorkers = c.pointee.more_workers != 0
            notices = Arena.strings(c.pointee.notices, c.pointee.n_notices)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OverviewReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__overview_reply__init(c)
            c.pointee.at_ms = atMs
            c.pointee.ready = ready
            c.pointee.running = running
            c.pointee.unserved = unserved
            if let retrying { (c.pointee._retrying_case, c.pointee.retrying) = (TASK_SCHEDULER__V1__OVERVIEW_REPLY___RETRYING_RETRYING, retrying) }
            if let held { (c.pointee._held_case, c.pointee.held) = (TASK_SCHEDULER__V1__OVERVIEW_REPLY___HELD_HELD, held) }
            if let dead { (c.pointee._dead_case, c.pointee.dead) = (TASK_SCHEDULER__V1__OVERVIEW_REPLY___DEAD_DEAD, dead) }
            c.pointee.created_milli = createdMilli
            c.pointee.dispatched_milli = dispatchedMilli
            c.pointee.delivered_milli = deliveredMilli
            c.pointee.failed_milli = failedMilli
            if let oldestReadyMs { (c.pointee._oldest_ready_ms_case, c.pointee.oldest_ready_ms) = (TASK_SCHEDULER__V1__OVERVIEW_REPLY___OLDEST_READY_MS_OLDEST_READY_MS, oldestReadyMs) }
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(messages: queues)
            c.pointee.more_queues = moreQueues ? 1 : 0
            (c.pointee.workers, c.pointee.n_workers) = try arena.put(messages: workers)
            c.pointee.more_workers = moreWorkers ? 1 : 0
            (c.pointee.notices, c.pointee.n_notices) = try arena.put(strings: notices)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OverviewReply>) -> Int { task_scheduler__v1__overview_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OverviewReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__overview_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OverviewReply>? {
            task_scheduler__v1__overview_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
