import TaskDomain

/// Who sent a request, as far as its key tells.
struct Caller: Sendable, Hashable {
    /// The name that the key's line has; empty for a caller without a key.
    let name: String
    let role: Role
    /// The queues that it may name; `nil`: any.
    var queues: Set<String>?
    /// How many reminders it may have that are not finished; `nil`: any number.
    var pending: Int?

    /// Anyone, where no keys are configured: there is nobody to keep anything from.
    static let anyone = Caller(name: "", role: .admin)
    /// A caller without a key, beside others that have one: it sees what was made without a key.
    static let anonymous = Caller(name: "", role: .caller)

    /// Whether it sees what that caller made. What it does not see is to it as if it were not there.
    func sees(madeBy name: String) -> Bool { role.seesAll || name == self.name }

    func mayName(_ queue: String) -> Bool { queues?.contains(queue) ?? true }

    /// The queues that lists show it; `nil`: all. Names are callers' to choose and may tell what they are for, so one that may name any
    /// queue sees the others' only if it knows their names.
    var visibleQueues: [String]? {
        if let queues { return queues.sorted() }
        return role.seesAll ? nil : [Handling.defaultQueue]
    }
}
