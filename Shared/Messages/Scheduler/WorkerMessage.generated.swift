// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// A worker's stream: Attach first, then the rest as it comes.
    public struct WorkerMessage: WireMessage, Hashable {
        public var attach: Attach? = nil
        /// occurrences that it can take beyond those granted before
        public var credit: UInt32 = 0
        public var outcomes: [OutcomeReport] = []
        /// it drains: nothing new, please
        public var leaving: Bool = false

        public init(attach: Attach? = nil, credit: UInt32 = 0, outcomes: [OutcomeReport] = [], leaving: Bool = false) {
            self.attach = attach
            self.credit = credit
            self.outcomes = outcomes
            self.leaving = leaving
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__WorkerMessage>) throws(MessageError) {
            if let value = c.pointee.attach { attach = try Attach(reading: value) }
            credit = c.pointee.credit
            outcomes = try Arena.messages(c.pointee.outcomes, c.pointee.n_outcomes) { (c) throws(MessageError) in try OutcomeReport(reading: c) }
            leaving = c.pointee.leaving != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__WorkerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__worker_message__init(c)
            if let attach { c.pointee.attach = try arena.put(attach) }
            c.pointee.credit = credit
            (c.pointee.outcomes, c.pointee.n_outcomes) = try arena.put(messages: outcomes)
            c.pointee.leaving = leaving ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__WorkerMessage>) -> Int { task_scheduler__v1__worker_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__WorkerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__worker_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__WorkerMessage>? {
            task_scheduler__v1__worker_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
