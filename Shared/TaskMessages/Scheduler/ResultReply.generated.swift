// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ResultReply: WireMessage, Hashable {
        public enum State: UInt32, WireEnum {
            /// no such reminder, or none of its occurrences that is known (any more)
            case notFound = 1
            /// to come, running, held, or to be tried again
            case open = 2
            case done = 3
            /// in the dead-letter list, or given up
            case dead = 4
            /// not fired, as its misfire policy says
            case missed = 5
            /// by itself or with its reminder, before it was done
            case cancelled = 6
        }

        public var state: State
        /// the latest at it; absent: there was none
        public var attempt: Attempt? = nil
        /// of one that was found
        public var scheduledAt: Int64 = 0

        public init(state: State, attempt: Attempt? = nil, scheduledAt: Int64 = 0) {
            self.state = state
            self.attempt = attempt
            self.scheduledAt = scheduledAt
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ResultReply>) throws(MessageError) {
            state = try State(number: c.pointee.state.rawValue, in: "ResultReply.state")
            if let value = c.pointee.attempt { attempt = try Attempt(reading: value) }
            scheduledAt = c.pointee.scheduled_at
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ResultReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__result_reply__init(c)
            c.pointee.state = .init(rawValue: state.rawValue)
            if let attempt { c.pointee.attempt = try arena.put(attempt) }
            c.pointee.scheduled_at = scheduledAt
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ResultReply>) -> Int { task_scheduler__v1__result_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ResultReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__result_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ResultReply>? {
            task_scheduler__v1__result_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
