// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// Which occurrences a list shows or a change is of. Empty texts do not filter.
    public struct OccurrenceFilter: WireMessage, Hashable {
        /// must be given
        public var state: OccurrenceState? = nil
        public var caller: String = ""
        public var classroomId: String = ""
        public var createdBy: String = ""
        public var queue: String = ""
        public var task: String = ""
        /// this one
        public var only: OccurrenceRef? = nil
        /// not empty: of this one
        public var reminder: [UInt8] = []

        public init(state: OccurrenceState? = nil, caller: String = "", classroomId: String = "", createdBy: String = "", queue: String = "", task: String = "", only: OccurrenceRef? = nil, reminder: [UInt8] = []) {
            self.state = state
            self.caller = caller
            self.classroomId = classroomId
            self.createdBy = createdBy
            self.queue = queue
            self.task = task
            self.only = only
            self.reminder = reminder
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OccurrenceFilter>) throws(MessageError) {
            if c.pointee._state_case == TASK_SCHEDULER__V1__OCCURRENCE_FILTER___STATE_STATE, c.pointee.state.rawValue != 0 { state = try OccurrenceState(number: c.pointee.state.rawValue, in: "OccurrenceFilter.state") }
            caller = Arena.string(c.pointee.caller)
            classroomId = Arena.string(c.pointee.classroom_id)
            createdBy = Arena.string(c.pointee.created_by)
            queue = Arena.string(c.pointee.queue)
            task = Arena.string(c.pointee.task)
            if let value = c.pointee.only { only = try OccurrenceRef(reading: value) }
            reminder = Arena.bytes(c.pointee.reminder)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OccurrenceFilter>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__occurrence_filter__init(c)
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__OCCURRENCE_FILTER___STATE_STATE, .init(rawValue: state.rawValue)) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if let only { c.pointee.only = try arena.put(only) }
            if !reminder.isEmpty { c.pointee.reminder = try arena.put(reminder) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceFilter>) -> Int { task_scheduler__v1__occurrence_filter__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceFilter>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__occurrence_filter__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OccurrenceFilter>? {
            task_scheduler__v1__occurrence_filter__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
