import TaskDomain

/// The bounds of what callers may send, beside those that every reminder has: ``ReminderLimits``, ``Handling/Limits``. Every one has a
/// test one below, at and one above.
enum Bounds {
    static let bodyBytes = 64 << 10
    /// Of a batch.
    static let batchBytes = 3 << 20
    /// Reminders created and cancelled by one batch.
    static let batchItems = ReminderLimits.itemsPerCall

    // Lengths of texts, in characters (Unicode scalars).
    static let title = 0...1_000
    static let body = 0...16_384
    static let link = 0...4_096
    static let identifier = ReminderLimits.identifierLength
    static let classroom = 1...identifier.upperBound
    /// Of an `Idempotency-Key`.
    static let idempotencyKey = 1...255

    // Lengths of lists.
    static let usernames = 0...1_000
    static let actionPath = 0...100
    static let itemIDs = 0...1_000

    /// What every JSON implementation holds exactly.
    static let exactIntegers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991
    static let upcoming: ClosedRange<Int64> = 1...1_000
    static let attempts: ClosedRange<Int64> = 1...1_000
    /// Items of one page.
    static let page: ClosedRange<Int64> = 1...500
    /// Characters of a page's cursor.
    static let cursor = 1...64
    /// Occurrences that one request to replay, release or discard may change.
    static let bulkChanges = 100_000
    /// How long it may go on; the answer then says that there is more.
    static let bulkTime = Duration.seconds(3)

    /// How many coming times the answer to a create shows.
    static let upcomingShown = 5
}

/// What absent fields mean.
enum Defaults {
    static let timezone = "UTC"
    static let upcoming: Int64 = 10
    static let attempts: Int64 = 100
    static let page: Int64 = 50
}
