import Foundation
import TaskDomain
import Testing
@testable import TaskRecurrence

@Suite("Time zones")
struct ZoneTests {
    @Test("offsets agree with Foundation's, past and future", arguments: RandomSeries.zones)
    func offsets(_ name: String) throws {
        let zone = try Zone(identifier: name), known = try #require(TimeZone(identifier: name))
        var random = SplitMix64(stream: 77)
        for _ in 0..<2_000 {
            // Foundation follows the footer's rule only for some decades.
            let instant = Int64.random(in: -300_000_000...2_100_000_000, using: &random)
            let expected = known.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(instant)))
            #expect(zone.offset(at: instant) == expected, "\(name) at \(instant)")
        }
    }

    @Test("beyond the tables the footer's rule holds, in any century")
    func footer() throws {
        let newYork = try Zone(identifier: "America/New_York"), troll = try Zone(identifier: "Antarctica/Troll")
        for year in [2040, 2100, 2400, 2437, 3000, 9990] {
            let january = try #require(Rule.instant("\(year)-01-15T12:00:00Z")), july = try #require(Rule.instant("\(year)-07-15T12:00:00Z"))
            #expect(newYork.offset(at: january) == -18_000)
            #expect(newYork.offset(at: july) == -14_400)
            #expect(troll.offset(at: january) == 0)
            #expect(troll.offset(at: july) == 7_200)
        }
    }

    @Test("the transitions of a far year fall on the second Sunday of March and the first of November")
    func farTransitions() throws {
        let zone = try Zone(identifier: "America/New_York")
        // 2500-03-14 is the second Sunday of March, 2500-11-07 the first of November.
        let spring = try #require(Rule.instant("2500-03-14T07:00:00Z")), autumn = try #require(Rule.instant("2500-11-07T06:00:00Z"))
        #expect(zone.offset(at: spring - 1) == -18_000)
        #expect(zone.offset(at: spring) == -14_400)
        #expect(zone.offset(at: autumn - 1) == -14_400)
        #expect(zone.offset(at: autumn) == -18_000)
    }

    @Test("a skipped local time is read with the offset before the gap, a repeated one is the first")
    func readings() throws {
        let berlin = try Zone(identifier: "Europe/Berlin")
        let gap = try #require(Rule.instant("2026-03-29T02:30:00Z")), repeated = try #require(Rule.instant("2026-10-25T02:30:00Z"))
        #expect(berlin.unix(fromLocal: gap) == gap - 3_600)
        #expect(berlin.unix(fromLocal: repeated) == repeated - 7_200)
        let lordHowe = try Zone(identifier: "Australia/Lord_Howe")
        let half = try #require(Rule.instant("2026-10-04T02:15:00Z"))
        #expect(lordHowe.unix(fromLocal: half) == half - 37_800)
        let apia = try Zone(identifier: "Pacific/Apia")
        let missing = try #require(Rule.instant("2011-12-30T12:00:00Z"))
        #expect(apia.unix(fromLocal: missing) == missing + 36_000)
    }

    @Test("every instant that shows a local time first is found again from it")
    func roundTrip() throws {
        var random = SplitMix64(stream: 78)
        for name in RandomSeries.zones {
            let zone = try Zone(identifier: name)
            for _ in 0..<1_000 {
                let instant = Int64.random(in: -1_000_000_000...5_000_000_000, using: &random)
                let local = instant + Int64(zone.offset(at: instant))
                let again = zone.unix(fromLocal: local)
                #expect(again <= instant && again + Int64(zone.offset(at: again)) == local, "\(name) at \(instant)")
            }
        }
    }

    @Test("names that are no zone's are refused with the name and what to do", arguments: [
        "", "../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin", ".hidden", "Europe/", "Europe//Berlin", "Berlin\n", "Mars/Olympus",
        "tzdata.zi", "Europe", "zone1970.tab", String(repeating: "a", count: 256),
    ])
    func refused(_ name: String) {
        let error = #expect(throws: ZoneError.self) { try Zone(identifier: name) }
        #expect(error?.description.contains("time zone") == true)
    }

    @Test("files that tzdata installs beside its zones are refused, whether or not this machine has them", arguments: [
        "posixrules", "localtime", "Factory", "leapseconds", "SECURITY", "posix/Europe/Berlin", "right/Europe/Berlin", "posix/UTC", "right/UTC",
    ])
    func notZones(_ name: String) {
        #expect(throws: ZoneError.badIdentifier(name)) { try Zone(identifier: name) }
    }

    @Test("a name of Windows is refused with that of the IANA database, whatever the case of its letters")
    func windowsNames() throws {
        for (name, iana) in [
            ("W. Europe Standard Time", "Europe/Berlin"), ("w. europe standard time", "Europe/Berlin"), ("Eastern Standard Time", "America/New_York"),
            ("India Standard Time", "Asia/Kolkata"), ("UTC-11", "Etc/GMT+11"),
        ] {
            let error = #expect(throws: ZoneError.windowsName(name, iana: iana)) { try Zone(identifier: name) }
            #expect(error?.description.contains(iana) == true)
        }
    }

    @Test("every name of Windows leads to a zone that this machine has")
    func allWindowsNames() throws {
        #expect(WindowsZoneNames.all.count == 141)
        for (name, iana) in WindowsZoneNames.all {
            #expect(throws: Never.self, "\(name)") { try Zone(identifier: iana) }
            #expect(throws: ZoneError.windowsName(name, iana: iana)) { try Zone(identifier: name) }
        }
    }

    @Test("UTC needs no file and equals itself by name")
    func utc() throws {
        #expect(try Zone(identifier: "UTC") == .utc)
        #expect(Zone.utc.offset(at: .max) == 0 && Zone.utc.unix(fromLocal: 5) == 5)
        #expect(try Zone(identifier: "Europe/Berlin") == Zone(identifier: "Europe/Berlin"))
        #expect(try Zone(identifier: "Europe/Berlin") != Zone(identifier: "Europe/Paris"))
    }

    @Test("no instant is too far to ask for")
    func extremes() throws {
        for name in RandomSeries.zones {
            let zone = try Zone(identifier: name)
            for instant in [Int64.min, -253_402_300_800, 253_402_300_799, 1 << 60, Int64.max] {
                #expect(abs(zone.offset(at: instant)) <= 26 * 3_600)
                _ = zone.unix(fromLocal: instant)
            }
        }
    }
}

extension Rule {
    /// Unix seconds of an ISO 8601 time.
    static func instant(_ text: String) -> Int64? {
        (try? Date(text, strategy: .iso8601)).map { Int64($0.timeIntervalSince1970) }
    }
}
