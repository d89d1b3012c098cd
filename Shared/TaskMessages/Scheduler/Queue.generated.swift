// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Queue: WireMessage, Hashable {
        public var name: String = ""
        public var paused: Bool = false
        /// 0 = no limit of its own
        public var maxConcurrency: UInt32 = 0
        /// dispatches at most in rate_seconds; 0 = no limit
        public var rateCount: UInt32 = 0
        public var rateSeconds: UInt32 = 0
        public var ready: UInt64 = 0
        public var running: UInt64 = 0
        public var workers: UInt32 = 0
        /// who has a turn each where several have something ready; absent: callers
        public var fairBy: FairShare? = nil
        /// of which a try has failed: for the next, or at it
        public var retrying: UInt64 = 0
        public var held: UInt64 = 0
        public var dead: UInt64 = 0

        public init(name: String = "", paused: Bool = false, maxConcurrency: UInt32 = 0, rateCount: UInt32 = 0, rateSeconds: UInt32 = 0, ready: UInt64 = 0, running: UInt64 = 0, workers: UInt32 = 0, fairBy: FairShare? = nil, retrying: UInt64 = 0, held: UInt64 = 0, dead: UInt64 = 0) {
            self.name = name
            self.paused = paused
            self.maxConcurrency = maxConcurrency
            self.rateCount = rateCount
            self.rateSeconds = rateSeconds
            self.ready = ready
            self.running = running
            self.workers = workers
            self.fairBy = fairBy
            self.retrying = retrying
            self.held = held
            self.dead = dead
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Queue>) throws(MessageError) {
            name = Arena.string(c.pointee.name)
            paused = c.pointee.paused != 0
            maxConcurrency = c.pointee.max_concurrency
            rateCount = c.pointee.rate_count
            rateSeconds = c.pointee.rate_seconds
            ready = c.pointee.ready
            running = c.pointee.running
            workers = c.pointee.workers
            if c.pointee._fair_by_case == TASK_SCHEDULER__V1__QUEUE___FAIR_BY_FAIR_BY, c.pointee.fair_by.rawValue != 0 { fairBy = try FairShare(number: c.pointee.fair_by.rawValue, in: "Queue.fair_by") }
            retrying = c.pointee.retrying
            held = c.pointee.held
            dead = c.pointee.dead
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Queue>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__queue__init(c)
            if !name.isEmpty { c.pointee.name = try arena.put(name) }
            c.pointee.paused = paused ? 1 : 0
            c.pointee.max_concurrency = maxConcurrency
            c.pointee.rate_count = rateCount
            c.pointee.rate_seconds = rateSeconds
            c.pointee.ready = ready
            c.pointee.running = running
            c.pointee.workers = workers
            if let fairBy { (c.pointee._fair_by_case, c.pointee.fair_by) = (TASK_SCHEDULER__V1__QUEUE___FAIR_BY_FAIR_BY, .init(rawValue: fairBy.rawValue)) }
            c.pointee.retrying = retrying
            c.pointee.held = held
            c.pointee.dead = dead
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Queue>) -> Int { task_scheduler__v1__queue__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Queue>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__queue__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Queue>? {
            task_scheduler__v1__queue__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
