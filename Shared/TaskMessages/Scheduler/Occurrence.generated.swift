// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Occurrence: WireMessage, Hashable {
        /// the reminder's
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        public var state: OccurrenceState? = nil
        public var attempts: UInt32 = 0
        /// when it fell due, was handed out, or was set aside; of one that is retrying 0
        public var sinceMs: Int64 = 0
        /// of the last attempt, if there was one
        public var outcome: Outcome? = nil
        public var statusCode: UInt32 = 0
        public var detail: String = ""
        public var reminder: Reminder? = nil
        /// the number of the try that it waits for or has, from 1; of what is set aside 0
        public var attempt: UInt32 = 0
        /// of one that is retrying
        public var nextTryMs: Int64 = 0
        /// the instance that has it; empty: none
        public var worker: String = ""
        /// that is left to that one
        public var leaseMs: UInt32 = 0
        /// of one that runs: done of the whole, as the task says; absent: it does not say
        public var progressThousandths: Int64? = nil
        public var progressText: String = ""

        public init(id: [UInt8] = [], scheduledAt: Int64 = 0, state: OccurrenceState? = nil, attempts: UInt32 = 0, sinceMs: Int64 = 0, outcome: Outcome? = nil, statusCode: UInt32 = 0, detail: String = "", reminder: Reminder? = nil, attempt: UInt32 = 0, nextTryMs: Int64 = 0, worker: String = "", leaseMs: UInt32 = 0, progressThousandths: Int64? = nil, progressText: String = "") {
            self.id = id
            self.scheduledAt = scheduledAt
            self.state = state
            self.attempts = attempts
            self.sinceMs = sinceMs
            self.outcome = outcome
            self.statusCode = statusCode
            self.detail = detail
            self.reminder = reminder
            self.attempt = attempt
            self.nextTryMs = nextTryMs
            self.worker = worker
            self.leaseMs = leaseMs
            self.progressThousandths = progressThousandths
            self.progressText = progressText
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Occurrence>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            if c.pointee._state_case == TASK_SCHEDULER__V1__OCCURRENCE___STATE_STATE, c.pointee.state.rawValue != 0 { state = try OccurrenceState(number: c.pointee.state.rawValue, in: "Occurrence.state") }
            attempts = c.pointee.attempts
            sinceMs = c.pointee.since_ms
            if c.pointee._outcome_case == TASK_SCHEDULER__V1__OCCURRENCE___OUTCOME_OUTCOME, c.pointee.outcome.rawValue != 0 { outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "Occurrence.outcome") }
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
            attempt = c.pointee.attempt
            nextTryMs = c.pointee.next_try_ms
            worker = Arena.string(c.pointee.worker)
            leaseMs = c.pointee.lease_ms
            if c.pointee._progress_thousandths_case == TASK_SCHEDULER__V1__OCCURRENCE___PROGRESS_THOUSANDTHS_PROGRESS_THOUSANDTHS { progressThousandths = c.pointee.progress_thousandths }
            progressText = Arena.string(c.pointee.progress_text)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Occurrence>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__occurrence__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__OCCURRENCE___STATE_STATE, .init(rawValue: state.rawValue)) }
            c.pointee.attempts = attempts
            c.pointee.since_ms = sinceMs
            if let outcome { (c.pointee._outcome_case, c.pointee.outcome) = (TASK_SCHEDULER__V1__OCCURRENCE___OUTCOME_OUTCOME, .init(rawValue: outcome.rawValue)) }
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            c.pointee.attempt = attempt
            c.pointee.next_try_ms = nextTryMs
            if !worker.isEmpty { c.pointee.worker = try arena.put(worker) }
            c.pointee.lease_ms = leaseMs
            if let progressThousandths { (c.pointee._progress_thousandths_case, c.pointee.progress_thousandths) = (TASK_SCHEDULER__V1__OCCURRENCE___PROGRESS_THOUSANDTHS_PROGRESS_THOUSANDTHS, progressThousandths) }
            if !progressText.isEmpty { c.pointee.progress_text = try arena.put(progressText) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Occurrence>) -> Int { task_scheduler__v1__occurrence__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Occurrence>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__occurrence__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Occurrence>? {
            task_scheduler__v1__occurrence__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
