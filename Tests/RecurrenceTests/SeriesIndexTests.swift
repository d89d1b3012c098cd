import Testing

@testable import TaskRecurrence

@Suite("Series across a change of their zone's data")
struct SeriesIndexTests {
    private static let start: Int64 = 1_795_000_000
    private static let day: Int64 = 86_400
    /// From the third day on the clock is another.
    private static let change = start + 2 * day + 3_600

    /// Two hours east, and from the change on so many seconds more.
    private static func zone(_ shift: Int) -> Zone {
        Zone(
            table: ZoneTable(
                identifier: "Made/Up", firstOffset: 7_200, changes: shift == 0 ? [] : [(at: Int(change), offset: 7_200 + shift)], footer: nil))
    }

    private static func series(_ rule: Rule, _ zone: Zone) -> Series { Series(start: start, rules: [rule], zone: zone) }

    @Test("an occurrence keeps its index and its local time, and none of a local date is fired twice or left out", arguments: [-3_600, 3_600, -86_400 / 2])
    func daily(shift: Int) throws {
        let old = Self.series(Rule(.daily), Self.zone(0)), new = Self.series(Rule(.daily), Self.zone(shift))
        var known = try #require(old.first())
        for number in 1...40 {
            #expect(known.index == Int64(number))
            let isAfter = known.instant > Self.change
            let wanted = known.instant - (isAfter ? Int64(shift) : 0)
            #expect(new.cursor(at: known.index, near: known.instant)?.instant == wanted)
            #expect(new.moved(known)?.instant == wanted)
            // The old one has been fired: by the new data the next one is that of the next local date.
            let next = try #require(old.next(after: known))
            let nextWanted = next.instant - (next.instant > Self.change ? Int64(shift) : 0)
            #expect(new.next(afterMoved: known) == Cursor(instant: nextWanted, index: known.index + 1))
            known = next
        }
    }

    @Test("without the index the same local date would come twice where the clock was set back")
    func byInstant() throws {
        let old = Self.series(Rule(.daily), Self.zone(0)), new = Self.series(Rule(.daily), Self.zone(-3_600))
        let fired = try #require(old.cursor(after: Self.change))
        #expect(new.next(after: fired)?.instant == fired.instant + 3_600)
        #expect(new.next(afterMoved: fired)?.instant == fired.instant + 3_600 + Self.day)
    }

    @Test("the end by COUNT stays where it was, and what comes more often than can be counted goes on by its instants")
    func ends() throws {
        let rule = Rule(.daily, count: 5), old = Self.series(rule, Self.zone(0)), new = Self.series(rule, Self.zone(-3_600))
        let last = try #require(old.cursor(after: Self.start + 4 * Self.day - 1))
        #expect(last.index == 5)
        #expect(new.moved(last)?.instant == last.instant + 3_600)
        #expect(new.next(afterMoved: last) == nil)
        let often = Rule(.secondly)
        let known = try #require(Self.series(often, Self.zone(0)).cursor(after: Self.start + 9 * Self.day))
        #expect(Self.series(often, Self.zone(-3_600)).moved(known) == known)
        #expect(Self.series(often, Self.zone(-3_600)).next(afterMoved: known)?.instant == known.instant + 1)
    }

    @Test("a zone's digest is that of its data, and fresh data is used from then on")
    func data() throws {
        #expect(Zone.utc.digest == 0)
        let berlin = try Zone(identifier: "Europe/Berlin")
        #expect(berlin.digest != 0)
        #expect(ZoneData.changes().zones.isEmpty)
        #expect(try Zone(identifier: "Europe/Paris").digest != berlin.digest)
        ZoneStore.use([ZoneTable(identifier: "Made/First", digest: 7, firstOffset: 3_600, changes: [], footer: nil)])
        #expect(try Zone(identifier: "Made/First").digest == 7)
        ZoneStore.use([ZoneTable(identifier: "Made/First", digest: 8, firstOffset: 7_200, changes: [], footer: nil)])
        #expect(try Zone(identifier: "Made/First").offset(at: 0) == 7_200)
    }
}
