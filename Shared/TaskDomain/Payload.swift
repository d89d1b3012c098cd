/// The work that a reminder's occurrences stand for, and what lists know it by.
public struct Payload: Sendable, Hashable {
    /// Name of the task that a worker runs, as ``TaskName`` allows it.
    public var task: String
    /// The task's arguments: for ``TaskName/notification`` a packed `Notification` message, opaque to the scheduler.
    public var arguments: [UInt8]
    /// For people; it can be searched for.
    public var description: String
    /// Shown and filtered on; for a notification they come from it.
    public var classroomID: String, createdBy: String

    public init(task: String, arguments: [UInt8], description: String = "", classroomID: String = "", createdBy: String = "") {
        self.task = task
        self.arguments = arguments
        self.description = description
        self.classroomID = classroomID
        self.createdBy = createdBy
    }
}
