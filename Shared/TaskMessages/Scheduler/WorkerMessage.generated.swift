// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// A worker's stream: Attach first, then the rest as it comes.
    public struct WorkerMessage: WireMessage, Hashable {
        public var attach: Attach? = nil
        /// by how much the limit is higher, for a scheduler of a build that knows of no credit_limit
        public var credit: UInt32 = 0
        public var outcomes: [OutcomeReport] = []
        /// it drains: nothing new, please
        public var leaving: Bool = false
        /// the same: by how much it is lower
        public var withdrawn: UInt32 = 0
        /// in place of what it announced
        public var standing: WorkerStanding? = nil
        public var controlled: [Controlled] = []
        public var extensions: [Extension] = []
        public var progress: [Progress] = []
        /// occurrences that it may be handed on this stream, all told; absent: as before, at first none
        public var creditLimit: Int64? = nil

        public init(attach: Attach? = nil, credit: UInt32 = 0, outcomes: [OutcomeReport] = [], leaving: Bool = false, withdrawn: UInt32 = 0, standing: WorkerStanding? = nil, controlled: [Controlled] = [], extensions: [Extension] = [], progress: [Progress] = [], creditLimit: Int64? = nil) {
            self.attach = attach
            self.credit = credit
            self.outcomes = outcomes
            self.leaving = leaving
            self.withdrawn = withdrawn
            self.standing = standing
            self.controlled = controlled
            self.extensions = extensions
            self.progress = progress
            self.creditLimit = creditLimit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__WorkerMessage>) throws(MessageError) {
            if let value = c.pointee.attach { attach = try Attach(reading: value) }
            credit = c.pointee.credit
            outcomes = try Arena.messages(c.pointee.outcomes, c.pointee.n_outcomes) { (c) throws(MessageError) in try OutcomeReport(reading: c) }
            leaving = c.pointee.leaving != 0
            withdrawn = c.pointee.withdrawn
            if let value = c.pointee.standing { standing = try WorkerStanding(reading: value) }
            controlled = try Arena.messages(c.pointee.controlled, c.pointee.n_controlled) { (c) throws(MessageError) in try Controlled(reading: c) }
            extensions = try Arena.messages(c.pointee.extensions, c.pointee.n_extensions) { (c) throws(MessageError) in try Extension(reading: c) }
            progress = try Arena.messages(c.pointee.progress, c.pointee.n_progress) { (c) throws(MessageError) in try Progress(reading: c) }
            if c.pointee._credit_limit_case == TASK_SCHEDULER__V1__WORKER_MESSAGE___CREDIT_LIMIT_CREDIT_LIMIT { creditLimit = c.pointee.credit_limit }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__WorkerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__worker_message__init(c)
            if let attach { c.pointee.attach = try arena.put(attach) }
            c.pointee.credit = credit
            (c.pointee.outcomes, c.pointee.n_outcomes) = try arena.put(messages: outcomes)
            c.pointee.leaving = leaving ? 1 : 0
            c.pointee.withdrawn = withdrawn
            if let standing { c.pointee.standing = try arena.put(standing) }
            (c.pointee.controlled, c.pointee.n_controlled) = try arena.put(messages: controlled)
            (c.pointee.extensions, c.pointee.n_extensions) = try arena.put(messages: extensions)
            (c.pointee.progress, c.pointee.n_progress) = try arena.put(messages: progress)
            if let creditLimit { (c.pointee._credit_limit_case, c.pointee.credit_limit) = (TASK_SCHEDULER__V1__WORKER_MESSAGE___CREDIT_LIMIT_CREDIT_LIMIT, creditLimit) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__WorkerMessage>) -> Int { task_scheduler__v1__worker_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__WorkerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__worker_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__WorkerMessage>? {
            task_scheduler__v1__worker_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
