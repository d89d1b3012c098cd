import TaskDomain

/// Which stored credentials are to be sealed anew, and how.
public struct Resealing: Sendable {
    /// What a credential begins with that needs nothing done: the same for all that are sealed now.
    public var prefix: [UInt8]
    /// Reminders that one call looks at, at most; at least 1.
    public var rows: Int
    /// Seals a credential of this reminder anew; `nil` where it cannot be opened. Called on a thread of the store's.
    public var reseal: @Sendable (ReminderID, [UInt8]) -> [UInt8]?

    public init(prefix: [UInt8], rows: Int, reseal: @escaping @Sendable (ReminderID, [UInt8]) -> [UInt8]?) {
        self.prefix = prefix
        self.rows = rows
        self.reseal = reseal
    }
}

/// How far a store has come with sealing credentials anew.
///
/// It looks at all reminders, one page a call, and again until a whole look has found nothing that could be done: what was on its way
/// when another key came is found then. Where it is, is kept on stable storage.
public struct ResealProgress: Sendable, Hashable {
    /// Credentials that this call sealed anew.
    public var resealed: Int
    /// Credentials that no key opens, of the whole look so far. They stay as they are.
    public var unreadable: Int
    /// Of this look, about: reminders looked at, and all there are.
    public var looked: Int64, all: Int64
    /// Whether everything that can be opened is sealed as `Resealing.prefix` says. Then a call looks at nothing.
    public var isDone: Bool

    public init(resealed: Int = 0, unreadable: Int = 0, looked: Int64 = 0, all: Int64 = 0, isDone: Bool) {
        self.resealed = resealed
        self.unreadable = unreadable
        self.looked = looked
        self.all = all
        self.isDone = isDone
    }
}
