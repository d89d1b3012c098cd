// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos
public import TaskDomain

extension Proto {
    /// What is to become of reminders. One transaction; each is answered on its own, in order.
    public struct ChangeRequest: WireMessage, Hashable {
        public enum Action: UInt32, WireEnum {
            case cancel = 1
            case pause = 2
            case resume = 3
            case run = 4
            case update = 5
        }

        public var action: Action
        public var reminders: [ReminderRef] = []
        /// not 0: only if it has this revision
        public var revision: Int64 = 0
        /// of ACTION_UPDATE of one: the whole as it is to be; absent: it stays as it is
        public var reminder: Reminder? = nil
        /// of ACTION_UPDATE: the new credential; empty: the old one stays
        public var authorization: Secret = ""
        /// when it was asked for, so that a repeated ACTION_RUN is the same one; 0: when it arrives
        public var atMs: Int64 = 0

        public init(action: Action, reminders: [ReminderRef] = [], revision: Int64 = 0, reminder: Reminder? = nil, authorization: Secret = "", atMs: Int64 = 0) {
            self.action = action
            self.reminders = reminders
            self.revision = revision
            self.reminder = reminder
            self.authorization = authorization
            self.atMs = atMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeRequest>) throws(MessageError) {
            action = try Action(number: c.pointee.action.rawValue, in: "ChangeRequest.action")
            reminders = try Arena.messages(c.pointee.reminders, c.pointee.n_reminders) { (c) throws(MessageError) in try ReminderRef(reading: c) }
            revision = c.pointee.revision
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
            authorization = Secret(Arena.string(c.pointee.authorization))
            atMs = c.pointee.at_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_request__init(c)
            c.pointee.action = .init(rawValue: action.rawValue)
            (c.pointee.reminders, c.pointee.n_reminders) = try arena.put(messages: reminders)
            c.pointee.revision = revision
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization.value) }
            c.pointee.at_ms = atMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeRequest>) -> Int { task_scheduler__v1__change_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeRequest>? {
            task_scheduler__v1__change_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
