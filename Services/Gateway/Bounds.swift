/// The bounds of what callers may send. Every one has a test one below, at and one above.
enum Bounds {
    static let bodyBytes = 64 << 10
    /// Of a batch.
    static let batchBytes = 3 << 20
    /// Reminders created and cancelled by one batch.
    static let batchItems = 1...1_000

    // Lengths of texts, in characters (Unicode scalars).
    static let authHeader = 1...8_192
    static let title = 0...1_000
    static let body = 0...16_384
    static let link = 0...4_096
    static let identifier = 0...200
    static let classroom = 1...200
    static let queue = 1...64
    static let timezone = 1...64
    static let description = 0...1_000
    /// Of an `Idempotency-Key`.
    static let idempotencyKey = 1...255

    // Lengths of lists.
    static let usernames = 0...1_000
    static let actionPath = 0...100
    static let itemIDs = 0...1_000
    static let dates = 0...1_000

    /// Bytes of a rule's text, as the scheduler keeps it.
    static let ruleBytes = 4_096

    /// 1970 … 9999, as RFC 5545's four-digit years. Unix seconds.
    static let unixSeconds: ClosedRange<Int64> = 0...253_402_300_799
    static let priority: ClosedRange<Int64> = 0...9
    static let maxAttempts: ClosedRange<Int64> = 1...100
    /// What every JSON implementation holds exactly.
    static let exactIntegers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991
    static let upcoming: ClosedRange<Int64> = 1...1_000
    static let attempts: ClosedRange<Int64> = 1...1_000
    /// Items of one page.
    static let page: ClosedRange<Int64> = 1...500
    /// Characters of a page's cursor.
    static let cursor = 1...64
    /// A day.
    static let jitterSeconds: ClosedRange<Int64> = 0...86_400
    /// Ten years.
    static let expirySeconds: ClosedRange<Int64> = 1...315_360_000
    static let queueConcurrency: ClosedRange<Int64> = 1...1_000_000
    static let rateCount: ClosedRange<Int64> = 1...1_000_000
    static let rateSeconds: ClosedRange<Int64> = 1...86_400
    /// A task's name.
    static let taskName = 1...64
    /// A task's positional arguments, and its named ones.
    static let taskArguments = 0...1_000
    /// Occurrences that one request to replay, release or discard may change.
    static let bulkChanges = 100_000
    /// How long it may go on; the answer then says that there is more.
    static let bulkTime = Duration.seconds(3)

    /// How many coming times the answer to a create shows.
    static let upcomingShown = 5
}

/// What absent fields mean.
enum Defaults {
    static let queue = "default"
    static let priority: Int64 = 5
    static let maxAttempts: Int64 = 12
    static let timezone = "UTC"
    static let upcoming: Int64 = 10
    static let attempts: Int64 = 100
    static let page: Int64 = 50
}
