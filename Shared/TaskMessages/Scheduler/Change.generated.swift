// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Change: WireMessage, Hashable {
        public enum Result: UInt32, WireEnum {
            case done = 1
            case notFound = 2
            /// cancelled or completed before: see state
            case finished = 3
            case revisionDiffers = 4
        }

        public var result: Result
        /// as it is now, of one that was found
        public var state: ReminderState? = nil
        public var revision: Int64 = 0
        /// occurrences that no longer wait for a credential
        public var released: UInt32 = 0
        /// of ACTION_RUN: the occurrence
        public var scheduledAt: Int64 = 0
        /// occurrences that had left, or that may leave yet although they are called off
        public var inFlight: [Int64] = []

        public init(result: Result, state: ReminderState? = nil, revision: Int64 = 0, released: UInt32 = 0, scheduledAt: Int64 = 0, inFlight: [Int64] = []) {
            self.result = result
            self.state = state
            self.revision = revision
            self.released = released
            self.scheduledAt = scheduledAt
            self.inFlight = inFlight
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Change>) throws(MessageError) {
            result = try Result(number: c.pointee.result.rawValue, in: "Change.result")
            if c.pointee._state_case == TASK_SCHEDULER__V1__CHANGE___STATE_STATE, c.pointee.state.rawValue != 0 { state = try ReminderState(number: c.pointee.state.rawValue, in: "Change.state") }
            revision = c.pointee.revision
            released = c.pointee.released
            scheduledAt = c.pointee.scheduled_at
            inFlight = Array(UnsafeBufferPointer(start: c.pointee.in_flight, count: c.pointee.n_in_flight))
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Change>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__CHANGE___STATE_STATE, .init(rawValue: state.rawValue)) }
            c.pointee.revision = revision
            c.pointee.released = released
            c.pointee.scheduled_at = scheduledAt
            (c.pointee.in_flight, c.pointee.n_in_flight) = try arena.put(values: inFlight)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Change>) -> Int { task_scheduler__v1__change__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Change>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Change>? {
            task_scheduler__v1__change__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
