// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Attach: WireMessage, Hashable {
        public var instance: String = ""
        public var queues: [String] = []
        public var tasks: [String] = []
        public var running: [Lease] = []
        /// have ended; their outcomes come in the messages after this one
        public var following: [Lease] = []
        /// 16 to 64 random bytes, drawn once by a process: who says the same is the same worker
        public var token: [UInt8] = []
        /// The rest is shown to people, and may be left out.
        public var host: String = ""
        public var version: String = ""
        /// its process id there
        public var process: UInt32 = 0
        public var startedAtMs: Int64 = 0
        /// occurrences that it runs at once
        public var concurrency: UInt32 = 0
        /// occurrences since it started whose outcomes were acknowledged
        public var finished: UInt64 = 0
        /// of these, those that are to be tried again, held or dead
        public var failed: UInt64 = 0
        /// it does what `controls` tell it
        public var controllable: Bool = false
        /// what its concurrency may be raised to
        public var maxConcurrency: UInt32 = 0

        public init(instance: String = "", queues: [String] = [], tasks: [String] = [], running: [Lease] = [], following: [Lease] = [], token: [UInt8] = [], host: String = "", version: String = "", process: UInt32 = 0, startedAtMs: Int64 = 0, concurrency: UInt32 = 0, finished: UInt64 = 0, failed: UInt64 = 0, controllable: Bool = false, maxConcurrency: UInt32 = 0) {
            self.instance = instance
            self.queues = queues
            self.tasks = tasks
            self.running = running
            self.following = following
            self.token = token
            self.host = host
            self.version = version
            self.process = process
            self.startedAtMs = startedAtMs
            self.concurrency = concurrency
            self.finished = finished
            self.failed = failed
            self.controllable = controllable
            self.maxConcurrency = maxConcurrency
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Attach>) throws(MessageError) {
            instance = Arena.string(c.pointee.instance)
            queues = Arena.strings(c.pointee.queues, c.pointee.n_queues)
            tasks = Arena.strings(c.pointee.tasks, c.pointee.n_tasks)
            running = try Arena.messages(c.pointee.running, c.pointee.n_running) { (c) throws(MessageError) in try Lease(reading: c) }
            following = try Arena.messages(c.pointee.following, c.pointee.n_following) { (c) throws(MessageError) in try Lease(reading: c) }
            token = Arena.bytes(c.pointee.token)
            host = Arena.string(c.pointee.host)
            version = Arena.string(c.pointee.version)
            process = c.pointee.process
            startedAtMs = c.pointee.started_at_ms
            concurrency = c.pointee.concurrency
            finished = c.pointee.finished
            failed = c.pointee.failed
            controllable = c.pointee.controllable != 0
            maxConcurrency = c.pointee.max_concurrency
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Attach>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attach__init(c)
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(strings: queues)
            (c.pointee.tasks, c.pointee.n_tasks) = try arena.put(strings: tasks)
            (c.pointee.running, c.pointee.n_running) = try arena.put(messages: running)
            (c.pointee.following, c.pointee.n_following) = try arena.put(messages: following)
            if !token.isEmpty { c.pointee.token = try arena.put(token) }
            if !host.isEmpty { c.pointee.host = try arena.put(host) }
            if !version.isEmpty { c.pointee.version = try arena.put(version) }
            c.pointee.process = process
            c.pointee.started_at_ms = startedAtMs
            c.pointee.concurrency = concurrency
            c.pointee.finished = finished
            c.pointee.failed = failed
            c.pointee.controllable = controllable ? 1 : 0
            c.pointee.max_concurrency = maxConcurrency
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Attach>) -> Int { task_scheduler__v1__attach__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Attach>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attach__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Attach>? {
            task_scheduler__v1__attach__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
