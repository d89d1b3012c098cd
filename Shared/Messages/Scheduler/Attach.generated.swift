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

        public init(instance: String = "", queues: [String] = [], tasks: [String] = [], running: [Lease] = [], following: [Lease] = [], token: [UInt8] = []) {
            self.instance = instance
            self.queues = queues
            self.tasks = tasks
            self.running = running
            self.following = following
            self.token = token
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Attach>) throws(MessageError) {
            instance = Arena.string(c.pointee.instance)
            queues = Arena.strings(c.pointee.queues, c.pointee.n_queues)
            tasks = Arena.strings(c.pointee.tasks, c.pointee.n_tasks)
            running = try Arena.messages(c.pointee.running, c.pointee.n_running) { (c) throws(MessageError) in try Lease(reading: c) }
            following = try Arena.messages(c.pointee.following, c.pointee.n_following) { (c) throws(MessageError) in try Lease(reading: c) }
            token = Arena.bytes(c.pointee.token)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Attach>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attach__init(c)
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(strings: queues)
            (c.pointee.tasks, c.pointee.n_tasks) = try arena.put(strings: tasks)
            (c.pointee.running, c.pointee.n_running) = try arena.put(messages: running)
            (c.pointee.following, c.pointee.n_following) = try arena.put(messages: following)
            if !token.isEmpty { c.pointee.token = try arena.put(token) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Attach>) -> Int { task_scheduler__v1__attach__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Attach>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attach__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Attach>? {
            task_scheduler__v1__attach__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
