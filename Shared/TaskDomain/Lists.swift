/// Which reminders a list shows. What is `nil` does not filter.
public struct ReminderFilter: Sendable, Hashable {
    public var state: ReminderState?
    /// Only those of this caller.
    public var caller: String?
    public var classroomID: String?
    public var createdBy: String?
    public var queue: String?
    public var task: String?
    /// Stands somewhere in the description, whatever the case of ASCII letters.
    public var text: String?
    /// Inclusive and exclusive. With either of them the list has only scheduled reminders with an
    /// occurrence to come, in the order in which these fall due; else the newest come first.
    public var dueAfter: UnixSeconds?
    public var dueBefore: UnixSeconds?

    public init() {}

    public var isByDueTime: Bool { dueAfter != nil || dueBefore != nil }
}

/// Which occurrences a list shows. What is `nil` does not filter.
public struct OccurrenceFilter: Sendable, Hashable {
    public var state: OccurrenceState
    public var caller: String?
    public var classroomID: String?
    public var createdBy: String?
    public var queue: String?
    public var task: String?
    public var reminder: ReminderID?
    /// This one only.
    public var key: OccurrenceKey?
    /// Of pending ones, those only of which a try has failed: not what a person has run, nor what the next of its series overtook.
    public private(set) var isTried = false

    public init(state: OccurrenceState) { self.state = state }

    /// The same, and of pending ones those only of which a try has failed.
    public var tried: OccurrenceFilter {
        var filter = self
        filter.isTried = true
        return filter
    }

    /// Whether it shows that occurrence, whose state is the one that it is of.
    public func matches(_ key: OccurrenceKey, of reminder: Reminder) -> Bool {
        func given<Value: Equatable>(_ wanted: Value?, _ value: Value) -> Bool { wanted.map { $0 == value } ?? true }
        return given(self.key, key) && given(self.reminder, key.reminder) && given(caller, reminder.caller) && given(queue, reminder.queue)
            && given(task, reminder.task) && given(classroomID, reminder.classroomID) && given(createdBy, reminder.createdBy)
    }
}

/// Where a page of a list ended. The next begins behind it, whatever has come or gone meanwhile.
public struct ListCursor: Sendable, Hashable {
    /// What the list is sorted by; a cursor is good for a list in the same order.
    public enum Order: UInt8, Sendable {
        /// `major` is the reminder's number in the order of creation.
        case newestFirst = 1
        /// `major` is the due time in unix milliseconds, then by id.
        case byDueTime = 2
        /// `major` is the time in unix milliseconds at which an occurrence was set aside, the latest first, then by key.
        case latestSetAside = 3
        /// `major` is the time in unix milliseconds at which an occurrence is tried next, the earliest first, then by key.
        case nextTry = 4
        /// `major` is the place in the order in which occurrences in a scheduler's memory became ready, or began to run; the key's id is
        /// the mark of the process, whose order it is.
        case longestFirst = 5
    }

    public let order: Order
    public let major: Int64
    public let key: OccurrenceKey

    public static let none = OccurrenceKey(reminder: ReminderID(high: 0, low: 0), scheduledAt: UnixSeconds(0))

    public init(_ order: Order, major: Int64, key: OccurrenceKey = ListCursor.none) {
        self.order = order
        self.major = major
        self.key = key
    }

    /// 33 bytes.
    public var bytes: [UInt8] {
        var bytes = [order.rawValue]
        for word in [UInt64(bitPattern: major), key.reminder.high, key.reminder.low, UInt64(bitPattern: key.scheduledAt.count)] {
            withUnsafeBytes(of: word.bigEndian) { bytes += $0 }
        }
        return bytes
    }

    /// `nil` for anything but what ``bytes`` gave.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 33, let order = Order(rawValue: bytes[0]) else { return nil }
        let words = (0..<4).map { word in bytes[(1 + 8 * word)..<(9 + 8 * word)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        self.init(
            order, major: Int64(bitPattern: words[0]),
            key: OccurrenceKey(
                reminder: ReminderID(high: words[1], low: words[2]), scheduledAt: UnixSeconds(Int64(bitPattern: words[3]))))
    }
}
