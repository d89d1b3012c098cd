// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ReminderReply: WireMessage, Hashable {
        public var found: Bool = false
        public var reminder: Reminder? = nil
        /// of one that was found
        public var state: ReminderState? = nil
        public var position: Position? = nil
        public var delivered: Int64 = 0
        public var retrying: Int64 = 0
        public var held: Int64 = 0
        public var dead: Int64 = 0
        public var updatedAtMs: Int64 = 0
        public var revision: Int64 = 0
        /// no live worker serves its task in its queue
        public var unserved: Bool = false
        /// of the position
        public var dueAtMs: Int64 = 0
        /// absent: none
        public var missed: Missed? = nil
        /// not 0: its credential was refused, and nothing of it is sent until another comes
        public var heldSinceMs: Int64 = 0

        public init(found: Bool = false, reminder: Reminder? = nil, state: ReminderState? = nil, position: Position? = nil, delivered: Int64 = 0, retrying: Int64 = 0, held: Int64 = 0, dead: Int64 = 0, updatedAtMs: Int64 = 0, revision: Int64 = 0, unserved: Bool = false, dueAtMs: Int64 = 0, missed: Missed? = nil, heldSinceMs: Int64 = 0) {
            self.found = found
            self.reminder = reminder
            self.state = state
            self.position = position
            self.delivered = delivered
            self.retrying = retrying
            self.held = held
            self.dead = dead
            self.updatedAtMs = updatedAtMs
            self.revision = revision
            self.unserved = unserved
            self.dueAtMs = dueAtMs
            self.missed = missed
            self.heldSinceMs = heldSinceMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ReminderReply>) throws(MessageError) {
            found = c.pointee.found != 0
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
            if c.pointee._state_case == TASK_SCHEDULER__V1__REMINDER_REPLY___STATE_STATE, c.pointee.state.rawValue != 0 { state = try ReminderState(number: c.pointee.state.rawValue, in: "ReminderReply.state") }
            if let value = c.pointee.position { position = try Position(reading: value) }
            delivered = c.pointee.delivered
            retrying = c.pointee.retrying
            held = c.pointee.held
            dead = c.pointee.dead
            updatedAtMs = c.pointee.updated_at_ms
            revision = c.pointee.revision
            unserved = c.pointee.unserved != 0
            dueAtMs = c.pointee.due_at_ms
            if let value = c.pointee.missed { missed = try Missed(reading: value) }
            heldSinceMs = c.pointee.held_since_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ReminderReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder_reply__init(c)
            c.pointee.found = found ? 1 : 0
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__REMINDER_REPLY___STATE_STATE, .init(rawValue: state.rawValue)) }
            if let position { c.pointee.position = try arena.put(position) }
            c.pointee.delivered = delivered
            c.pointee.retrying = retrying
            c.pointee.held = held
            c.pointee.dead = dead
            c.pointee.updated_at_ms = updatedAtMs
            c.pointee.revision = revision
            c.pointee.unserved = unserved ? 1 : 0
            c.pointee.due_at_ms = dueAtMs
            if let missed { c.pointee.missed = try arena.put(missed) }
            c.pointee.held_since_ms = heldSinceMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ReminderReply>) -> Int { task_scheduler__v1__reminder_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ReminderReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ReminderReply>? {
            task_scheduler__v1__reminder_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
