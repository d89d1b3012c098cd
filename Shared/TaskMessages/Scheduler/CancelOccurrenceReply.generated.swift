// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct CancelOccurrenceReply: WireMessage, Hashable {
        public enum Result: UInt32, WireEnum {
            /// with that outcome, on stable storage
            case ended = 1
            /// its worker has been told and says nothing; it is not tried again, whatever comes of it
            case onItsWay = 2
            /// nothing of that time runs, is ready, or waits for its next try
            case notFound = 3
        }

        public var result: Result
        /// of RESULT_ENDED: OUTCOME_CANCELLED, or what it had come to meanwhile
        public var outcome: Outcome? = nil

        public init(result: Result, outcome: Outcome? = nil) {
            self.result = result
            self.outcome = outcome
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CancelOccurrenceReply>) throws(MessageError) {
            result = try Result(number: c.pointee.result.rawValue, in: "CancelOccurrenceReply.result")
            if c.pointee._outcome_case == TASK_SCHEDULER__V1__CANCEL_OCCURRENCE_REPLY___OUTCOME_OUTCOME, c.pointee.outcome.rawValue != 0 { outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "CancelOccurrenceReply.outcome") }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CancelOccurrenceReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__cancel_occurrence_reply__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if let outcome { (c.pointee._outcome_case, c.pointee.outcome) = (TASK_SCHEDULER__V1__CANCEL_OCCURRENCE_REPLY___OUTCOME_OUTCOME, .init(rawValue: outcome.rawValue)) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CancelOccurrenceReply>) -> Int { task_scheduler__v1__cancel_occurrence_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CancelOccurrenceReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__cancel_occurrence_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CancelOccurrenceReply>? {
            task_scheduler__v1__cancel_occurrence_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
