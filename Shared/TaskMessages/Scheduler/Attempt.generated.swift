// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Attempt: WireMessage, Hashable {
        public var scheduledAt: Int64 = 0
        public var number: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var outcome: Outcome
        public var statusCode: UInt32 = 0
        public var detail: String = ""
        /// the JSON text of what its task returned; empty: nothing, or `detail` says why not
        public var result: [UInt8] = []
        /// there is one, for which this answer had no room: Result has it
        public var resultLeftOut: Bool = false

        public init(scheduledAt: Int64 = 0, number: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, outcome: Outcome, statusCode: UInt32 = 0, detail: String = "", result: [UInt8] = [], resultLeftOut: Bool = false) {
            self.scheduledAt = scheduledAt
            self.number = number
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.outcome = outcome
            self.statusCode = statusCode
            self.detail = detail
            self.result = result
            self.resultLeftOut = resultLeftOut
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Attempt>) throws(MessageError) {
            scheduledAt = c.pointee.scheduled_at
            number = c.pointee.number
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "Attempt.outcome")
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
            result = Arena.bytes(c.pointee.result)
            resultLeftOut = c.pointee.result_left_out != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Attempt>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attempt__init(c)
            c.pointee.scheduled_at = scheduledAt
            c.pointee.number = number
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            c.pointee.outcome = .init(rawValue: outcome.rawValue)
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
            if !result.isEmpty { c.pointee.result = try arena.put(result) }
            c.pointee.result_left_out = resultLeftOut ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Attempt>) -> Int { task_scheduler__v1__attempt__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Attempt>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attempt__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Attempt>? {
            task_scheduler__v1__attempt__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
