// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct OutcomeReport: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        /// one that this scheduler does not know is tried again, and acknowledged
        public var outcome: OpenEnum<Outcome>
        /// 0 = the scheduler decides; of OUTCOME_UNSENT: see README.md, "A worker"
        public var retryAfterMs: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var statusCode: UInt32 = 0
        public var detail: String = ""
        /// of OUTCOME_DELIVERED and OUTCOME_CANCEL_SCHEDULE: the JSON text of what the task returned, at most 64 KiB; empty: nothing
        public var result: [UInt8] = []

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0, outcome: OpenEnum<Outcome>, retryAfterMs: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, statusCode: UInt32 = 0, detail: String = "", result: [UInt8] = []) {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
            self.outcome = outcome
            self.retryAfterMs = retryAfterMs
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.statusCode = statusCode
            self.detail = detail
            self.result = result
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OutcomeReport>) throws(MessageError) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            outcome = OpenEnum(number: c.pointee.outcome.rawValue)
            retryAfterMs = c.pointee.retry_after_ms
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
            result = Arena.bytes(c.pointee.result)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OutcomeReport>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__outcome_report__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.outcome = .init(rawValue: outcome.number)
            c.pointee.retry_after_ms = retryAfterMs
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
            if !result.isEmpty { c.pointee.result = try arena.put(result) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OutcomeReport>) -> Int { task_scheduler__v1__outcome_report__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OutcomeReport>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__outcome_report__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OutcomeReport>? {
            task_scheduler__v1__outcome_report__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
