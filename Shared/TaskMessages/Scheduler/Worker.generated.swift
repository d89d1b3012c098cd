// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Worker: WireMessage, Hashable {
        public var instance: String = ""
        /// its instance, and what tells it from others that say they are the same
        public var name: String = ""
        public var state: WorkerState? = nil
        public var host: String = ""
        public var version: String = ""
        public var process: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var attachedAtMs: Int64 = 0
        /// of one that is gone
        public var detachedAtMs: Int64 = 0
        /// of one that is gone: why
        public var reason: String = ""
        public var queues: [String] = []
        public var tasks: [String] = []
        public var concurrency: UInt32 = 0
        public var running: UInt32 = 0
        /// occurrences since it started, whatever came of them
        public var finished: UInt64 = 0
        /// of these, those that are to be tried again, held or dead
        public var failed: UInt64 = 0
        /// the oldest, where one was asked for
        public var runs: [RunningOccurrence] = []
        /// it does what ControlWorker tells it
        public var controllable: Bool = false
        /// what its concurrency may be raised to; 0: it does not say
        public var maxConcurrency: UInt32 = 0

        public init(instance: String = "", name: String = "", state: WorkerState? = nil, host: String = "", version: String = "", process: UInt32 = 0, startedAtMs: Int64 = 0, attachedAtMs: Int64 = 0, detachedAtMs: Int64 = 0, reason: String = "", queues: [String] = [], tasks: [String] = [], concurrency: UInt32 = 0, running: UInt32 = 0, finished: UInt64 = 0, failed: UInt64 = 0, runs: [RunningOccurrence] = [], controllable: Bool = false, maxConcurrency: UInt32 = 0) {
            self.instance = instance
            self.name = name
            self.state = state
            self.host = host
            self.version = version
            self.process = process
            self.startedAtMs = startedAtMs
            self.attachedAtMs = attachedAtMs
            self.detachedAtMs = detachedAtMs
            self.reason = reason
            self.queues = queues
            self.tasks = tasks
            self.concurrency = concurrency
            self.running = running
            self.finished = finished
            self.failed = failed
            self.runs = runs
            self.controllable = controllable
            self.maxConcurrency = maxConcurrency
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Worker>) throws(MessageError) {
            instance = Arena.string(c.pointee.instance)
            name = Arena.string(c.pointee.name)
            if c.pointee._state_case == TASK_SCHEDULER__V1__WORKER___STATE_STATE, c.pointee.state.rawValue != 0 { state = try WorkerState(number: c.pointee.state.rawValue, in: "Worker.state") }
            host = Arena.string(c.pointee.host)
            version = Arena.string(c.pointee.version)
            process = c.pointee.process
            startedAtMs = c.pointee.started_at_ms
            attachedAtMs = c.pointee.attached_at_ms
            detachedAtMs = c.pointee.detached_at_ms
            reason = Arena.string(c.pointee.reason)
            queues = Arena.strings(c.pointee.queues, c.pointee.n_queues)
            tasks = Arena.strings(c.pointee.tasks, c.pointee.n_tasks)
            concurrency = c.pointee.concurrency
            running = c.pointee.running
            finished = c.pointee.finished
            failed = c.pointee.failed
            runs = try Arena.messages(c.pointee.runs, c.pointee.n_runs) { (c) throws(MessageError) in try RunningOccurrence(reading: c) }
            controllable = c.pointee.controllable != 0
            maxConcurrency = c.pointee.max_concurrency
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Worker>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__worker__init(c)
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
            if !name.isEmpty { c.pointee.name = try arena.put(name) }
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__WORKER___STATE_STATE, .init(rawValue: state.rawValue)) }
            if !host.isEmpty { c.pointee.host = try arena.put(host) }
            if !version.isEmpty { c.pointee.version = try arena.put(version) }
            c.pointee.process = process
            c.pointee.started_at_ms = startedAtMs
            c.pointee.attached_at_ms = attachedAtMs
            c.pointee.detached_at_ms = detachedAtMs
            if !reason.isEmpty { c.pointee.reason = try arena.put(reason) }
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(strings: queues)
            (c.pointee.tasks, c.pointee.n_tasks) = try arena.put(strings: tasks)
            c.pointee.concurrency = concurrency
            c.pointee.running = running
            c.pointee.finished = finished
            c.pointee.failed = failed
            (c.pointee.runs, c.pointee.n_runs) = try arena.put(messages: runs)
            c.pointee.controllable = controllable ? 1 : 0
            c.pointee.max_concurrency = maxConcurrency
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Worker>) -> Int { task_scheduler__v1__worker__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Worker>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__worker__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Worker>? {
            task_scheduler__v1__worker__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
