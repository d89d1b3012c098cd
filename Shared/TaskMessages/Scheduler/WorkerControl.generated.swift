// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// What a worker is told to be from now on, until its process ends.
    public struct WorkerControl: WireMessage, Hashable {
        public enum Action: UInt32, WireEnum {
            case change = 1
            /// it takes nothing new, and stays
            case drain = 2
            /// it takes something again
            case resume = 3
            /// it drains, and then its process ends
            case shutDown = 4
        }

        public var action: OpenEnum<Action>
        /// on a worker's stream: the scheduler's, for the answer
        public var id: UInt64 = 0
        /// of ACTION_CHANGE; 0: what it was started with
        public var concurrency: Int64? = nil
        /// of ACTION_CHANGE
        public var takeQueues: [String] = []
        /// of ACTION_CHANGE
        public var dropQueues: [String] = []

        public init(action: OpenEnum<Action>, id: UInt64 = 0, concurrency: Int64? = nil, takeQueues: [String] = [], dropQueues: [String] = []) {
            self.action = action
            self.id = id
            self.concurrency = concurrency
            self.takeQueues = takeQueues
            self.dropQueues = dropQueues
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__WorkerControl>) throws(MessageError) {
            action = OpenEnum(number: c.pointee.action.rawValue)
            id = c.pointee.id
            if c.pointee._concurrency_case == TASK_SCHEDULER__V1__WORKER_CONTROL___CONCURRENCY_CONCURRENCY { concurrency = c.pointee.concurrency }
            takeQueues = Arena.strings(c.pointee.take_queues, c.pointee.n_take_queues)
            dropQueues = Arena.strings(c.pointee.drop_queues, c.pointee.n_drop_queues)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__WorkerControl>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__worker_control__init(c)
            c.pointee.action = .init(rawValue: action.number)
            c.pointee.id = id
            if let concurrency { (c.pointee._concurrency_case, c.pointee.concurrency) = (TASK_SCHEDULER__V1__WORKER_CONTROL___CONCURRENCY_CONCURRENCY, concurrency) }
            (c.pointee.take_queues, c.pointee.n_take_queues) = try arena.put(strings: takeQueues)
            (c.pointee.drop_queues, c.pointee.n_drop_queues) = try arena.put(strings: dropQueues)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__WorkerControl>) -> Int { task_scheduler__v1__worker_control__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__WorkerControl>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__worker_control__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__WorkerControl>? {
            task_scheduler__v1__worker_control__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
