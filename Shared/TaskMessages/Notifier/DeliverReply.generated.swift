// Generated from Shared/Protos/notifier.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct DeliverReply: WireMessage, Hashable {
        /// OUTCOME_DELIVERED to OUTCOME_AUTH_REJECTED, or OUTCOME_UNSENT
        public var outcome: Outcome
        public var statusCode: UInt32 = 0
        /// of OUTCOME_UNSENT: for so long nothing can be sent; 0: said of this request only
        public var retryAfterMs: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var detail: String = ""

        public init(outcome: Outcome, statusCode: UInt32 = 0, retryAfterMs: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, detail: String = "") {
            self.outcome = outcome
            self.statusCode = statusCode
            self.retryAfterMs = retryAfterMs
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.detail = detail
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__DeliverReply>) throws(MessageError) {
            outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "DeliverReply.outcome")
            statusCode = c.pointee.status_code
            retryAfterMs = c.pointee.retry_after_ms
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            detail = Arena.string(c.pointee.detail)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__DeliverReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__deliver_reply__init(c)
            c.pointee.outcome = .init(rawValue: outcome.rawValue)
            c.pointee.status_code = statusCode
            c.pointee.retry_after_ms = retryAfterMs
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__DeliverReply>) -> Int { task_scheduler__v1__deliver_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__DeliverReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__deliver_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__DeliverReply>? {
            task_scheduler__v1__deliver_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
