// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// Which reminders a list shows. Empty texts and absent times do not filter.
    public struct ReminderFilter: WireMessage, Hashable {
        public var state: ReminderState? = nil
        public var caller: String = ""
        public var classroomId: String = ""
        public var createdBy: String = ""
        public var queue: String = ""
        public var task: String = ""
        /// stands somewhere in the description, whatever the case of ASCII letters
        public var text: String = ""
        /// unix seconds, inclusive; with either of these only scheduled ones, by due time
        public var dueAfter: Int64? = nil
        /// unix seconds, exclusive
        public var dueBefore: Int64? = nil

        public init(state: ReminderState? = nil, caller: String = "", classroomId: String = "", createdBy: String = "", queue: String = "", task: String = "", text: String = "", dueAfter: Int64? = nil, dueBefore: Int64? = nil) {
            self.state = state
            self.caller = caller
            self.classroomId = classroomId
            self.createdBy = createdBy
            self.queue = queue
            self.task = task
            self.text = text
            self.dueAfter = dueAfter
            self.dueBefore = dueBefore
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ReminderFilter>) throws(MessageError) {
            if c.pointee._state_case == TASK_SCHEDULER__V1__REMINDER_FILTER___STATE_STATE, c.pointee.state.rawValue != 0 { state = try ReminderState(number: c.pointee.state.rawValue, in: "ReminderFilter.state") }
            caller = Arena.string(c.pointee.caller)
            classroomId = Arena.string(c.pointee.classroom_id)
            createdBy = Arena.string(c.pointee.created_by)
            queue = Arena.string(c.pointee.queue)
            task = Arena.string(c.pointee.task)
            text = Arena.string(c.pointee.text)
            if c.pointee._due_after_case == TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_AFTER_DUE_AFTER { dueAfter = c.pointee.due_after }
            if c.pointee._due_before_case == TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_BEFORE_DUE_BEFORE { dueBefore = c.pointee.due_before }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ReminderFilter>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder_filter__init(c)
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__REMINDER_FILTER___STATE_STATE, .init(rawValue: state.rawValue)) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !text.isEmpty { c.pointee.text = try arena.put(text) }
            if let dueAfter { (c.pointee._due_after_case, c.pointee.due_after) = (TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_AFTER_DUE_AFTER, dueAfter) }
            if let dueBefore { (c.pointee._due_before_case, c.pointee.due_before) = (TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_BEFORE_DUE_BEFORE, dueBefore) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ReminderFilter>) -> Int { task_scheduler__v1__reminder_filter__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ReminderFilter>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder_filter__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ReminderFilter>? {
            task_scheduler__v1__reminder_filter__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
