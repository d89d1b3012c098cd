/// A time zone of the IANA database, compiled from the system's tzdata.
///
/// A zone is a reference to tables that are read and parsed once, until ``ZoneData/changes()`` finds others that are used, and shared from then on; copying one is free, and
/// no look-up allocates. Beyond the last tabulated transition the tables follow the rule in the file's footer, for ever.
/// Two zones are equal when their identifiers are: `Asia/Kolkata` and `Asia/Calcutta` are different zones with equal tables.
public struct Zone: Sendable, Hashable {
    let table: ZoneTable

    /// The zone of this name, from `$TZDIR` or `/usr/share/zoneinfo`. `UTC` needs no file.
    public init(identifier: String) throws(ZoneError) {
        self.table = try ZoneStore.table(identifier)
    }

    init(table: ZoneTable) { self.table = table }

    /// Coordinated Universal Time, without any file.
    public static let utc = Zone(table: ZoneTable(identifier: "UTC", fixedOffset: 0))

    /// Tells whether two processes, or two times, have the same data of the zone. 0 where it has none: `UTC`.
    public var digest: UInt64 { table.digest }

    /// The name it was asked for by.
    public var identifier: String { table.identifier }

    /// Seconds east of UTC in force at an instant, given in unix seconds.
    public func offset(at unixSeconds: Int64) -> Int { table.segment(at: Int(unixSeconds)).offset }

    /// The instant that a wall clock in this zone shows as `localSeconds` (seconds counted as if the local time were UTC).
    ///
    /// As RFC 5545 section 3.3.5 has it: a time that a transition skips is read with the offset in force before it, and one
    /// that occurs twice means the first.
    public func unix(fromLocal localSeconds: Int64) -> Int64 {
        Int64(table.reading(of: Int(localSeconds)).instant)
    }

    public static func == (a: Zone, b: Zone) -> Bool { a.table === b.table || a.identifier == b.identifier }

    public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}
