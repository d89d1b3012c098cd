// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct SchedulerMessage: WireMessage, Hashable {
        public var dispatches: [Dispatch] = []
        public var acknowledged: [UInt64] = []
        public var revoked: [UInt64] = []
        /// what has not begun, or not left yet, is to end as OUTCOME_UNSENT
        public var recalled: [UInt64] = []
        /// of one that is controllable; each is answered with Controlled
        public var controls: [WorkerControl] = []
        public var extended: [Extended] = []
        /// answers one that is lower than the one before: nothing beyond it comes behind this message
        public var creditLimit: Int64? = nil

        public init(dispatches: [Dispatch] = [], acknowledged: [UInt64] = [], revoked: [UInt64] = [], recalled: [UInt64] = [], controls: [WorkerControl] = [], extended: [Extended] = [], creditLimit: Int64? = nil) {
            self.dispatches = dispatches
            self.acknowledged = acknowledged
            self.revoked = revoked
            self.recalled = recalled
            self.controls = controls
            self.extended = extended
            self.creditLimit = creditLimit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__SchedulerMessage>) throws(MessageError) {
            dispatches = try Arena.messages(c.pointee.dispatches, c.pointee.n_dispatches) { (c) throws(MessageError) in try Dispatch(reading: c) }
            acknowledged = Array(UnsafeBufferPointer(start: c.pointee.acknowledged, count: c.pointee.n_acknowledged))
            revoked = Array(UnsafeBufferPointer(start: c.pointee.revoked, count: c.pointee.n_revoked))
            recalled = Array(UnsafeBufferPointer(start: c.pointee.recalled, count: c.pointee.n_recalled))
            controls = try Arena.messages(c.pointee.controls, c.pointee.n_controls) { (c) throws(MessageError) in try WorkerControl(reading: c) }
            extended = try Arena.messages(c.pointee.extended, c.pointee.n_extended) { (c) throws(MessageError) in try Extended(reading: c) }
            if c.pointee._credit_limit_case == TASK_SCHEDULER__V1__SCHEDULER_MESSAGE___CREDIT_LIMIT_CREDIT_LIMIT { creditLimit = c.pointee.credit_limit }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__SchedulerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__scheduler_message__init(c)
            (c.pointee.dispatches, c.pointee.n_dispatches) = try arena.put(messages: dispatches)
            (c.pointee.acknowledged, c.pointee.n_acknowledged) = try arena.put(values: acknowledged)
            (c.pointee.revoked, c.pointee.n_revoked) = try arena.put(values: revoked)
            (c.pointee.recalled, c.pointee.n_recalled) = try arena.put(values: recalled)
            (c.pointee.controls, c.pointee.n_controls) = try arena.put(messages: controls)
            (c.pointee.extended, c.pointee.n_extended) = try arena.put(messages: extended)
            if let creditLimit { (c.pointee._credit_limit_case, c.pointee.credit_limit) = (TASK_SCHEDULER__V1__SCHEDULER_MESSAGE___CREDIT_LIMIT_CREDIT_LIMIT, creditLimit) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__SchedulerMessage>) -> Int { task_scheduler__v1__scheduler_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__SchedulerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__scheduler_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__SchedulerMessage>? {
            task_scheduler__v1__scheduler_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
