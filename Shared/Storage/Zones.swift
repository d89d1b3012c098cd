/// With which data of a zone the positions of its series were computed.
public struct ZoneMark: Sendable, Hashable {
    /// Its IANA name.
    public var zone: String
    /// Of the data; `nil` where it is not known, as an earlier version wrote none.
    public var digest: UInt64?
    /// How far it was computed anew when the data had changed: a `SeriesPage.next`. `nil`: all of it.
    public var through: Int64?

    public init(zone: String, digest: UInt64?, through: Int64? = nil) {
        self.zone = zone
        self.digest = digest
        self.through = through
    }
}

/// Some unfinished series, as they are read one page after the other.
public struct SeriesPage: Sendable {
    public var reminders: [ReminderSummary]
    /// Where the next page begins; `nil`: there is none.
    public var next: Int64?

    public init(reminders: [ReminderSummary] = [], next: Int64? = nil) {
        self.reminders = reminders
        self.next = next
    }
}
