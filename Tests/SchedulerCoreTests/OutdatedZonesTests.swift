import SchedulerCore
import Storage
import TaskDomain
import Testing

@Suite("zones whose series are by other data")
struct OutdatedZonesTests {
    private static let one = Array(Shard.all[0..<8]), other = Array(Shard.all[8..<16])

    /// The marks that a page writes, as lines.
    private func marks(_ zones: OutdatedZones, next: Int64?) -> [String] {
        zones.writes([], next: next).compactMap { write in
            guard case .zone(let mark, let shard) = write else { return nil }
            return "\(shard.number) \(mark.zone) \(mark.digest ?? 0) \(mark.through.map(String.init) ?? "-")"
        }
    }

    private func realign(_ shard: Shard) -> StoreWrite {
        var random = SystemRandomNumberGenerator()
        return .change(
            ReminderID(at: World.start, in: shard, using: &random), .realign(from: World.start.second, to: nil), ChangeGuard(), at: World.start)
    }

    @Test("are those of a strand whose mark is of other data, or was not worked out to its end: from there")
    func compared() {
        var zones = OutdatedZones()
        let marks = [
            ZoneMark(zone: "same", digest: 1), ZoneMark(zone: "other", digest: 2, through: 5), ZoneMark(zone: "on its way", digest: 1, through: 7),
            ZoneMark(zone: "unmarked", digest: nil), ZoneMark(zone: "unreadable", digest: 2),
        ]
        let found = zones.took(Self.one, marks) { $0 == "unreadable" ? nil : 1 }
        #expect(found.changed == ["other", "on its way"] && found.unmarked == [ZoneMark(zone: "unmarked", digest: 1)])
        #expect(zones.begin() == 0 && zones.zones == found.changed && zones.shards == Set(Self.one))
        #expect(self.marks(zones, next: 9) == ["0 on its way 1 9", "0 other 1 9"])
        #expect(zones.begin() == nil && zones.shards.isEmpty)
        _ = zones.took(Self.one, [ZoneMark(zone: "on its way", digest: 1, through: 7)]) { _ in 1 }
        #expect(zones.begin() == 7)
    }

    @Test("of strands that come later are for the next round; the one under way goes on as it was")
    func later() {
        var zones = OutdatedZones()
        _ = zones.took(Self.one, [ZoneMark(zone: "A", digest: 1)]) { _ in 2 }
        #expect(zones.begin() == 0)
        _ = zones.took(Self.other, [ZoneMark(zone: "B", digest: 1)]) { _ in 2 }
        #expect(zones.zones == ["A"] && marks(zones, next: nil) == ["0 A 2 -"])
        #expect(zones.begin() == 0 && marks(zones, next: nil) == ["8 B 2 -"])
    }

    @Test("of strands that go are nobody's business here, and what was read of them is not written")
    func gone() {
        var zones = OutdatedZones()
        for strand in [Self.one, Self.other] { _ = zones.took(strand, [ZoneMark(zone: "A", digest: 1)]) { _ in 2 } }
        #expect(zones.begin() == 0)
        zones.keep { $0 != Self.one[0] }
        let written = zones.writes([realign(Self.one[3]), realign(Self.other[3])], next: 4)
        #expect(written.compactMap(\.reminder).map(\.shard) == [Self.other[3]] && marks(zones, next: 4) == ["8 A 2 4"])
        zones.keep { _ in false }
        #expect(zones.shards.isEmpty && zones.begin() == nil)
        // Nor of what waits.
        _ = zones.took(Self.one, [ZoneMark(zone: "A", digest: 1)]) { _ in 2 }
        zones.keep { _ in false }
        #expect(zones.begin() == nil)
    }

    @Test("of a strand that went and came back are worked out from where its last owner was, and not on in the round under way")
    func again() {
        var zones = OutdatedZones()
        for strand in [Self.one, Self.other] { _ = zones.took(strand, [ZoneMark(zone: "A", digest: 1)]) { _ in 2 } }
        #expect(zones.begin() == 0)
        _ = zones.took(Self.one, [ZoneMark(zone: "A", digest: 1, through: 3)]) { _ in 2 }
        #expect(marks(zones, next: nil) == ["8 A 2 -"] && zones.writes([realign(Self.one[0])], next: nil).count == 1)
        #expect(zones.begin() == 0 && marks(zones, next: nil) == ["0 A 2 -"])
        // Or not at all.
        _ = zones.took(Self.one, [ZoneMark(zone: "A", digest: 2)]) { _ in 2 }
        #expect(zones.shards.isEmpty && zones.begin() == nil)
    }

    @Test("whose data changes again are begun anew, and others are not")
    func changed() {
        var zones = OutdatedZones()
        _ = zones.took(Self.one, [ZoneMark(zone: "A", digest: 1), ZoneMark(zone: "B", digest: 1)]) { _ in 2 }
        #expect(zones.begin() == 0)
        zones.add(ZoneMark(zone: "A", digest: 3, through: 0), of: Self.one)
        #expect(marks(zones, next: nil) == ["0 B 2 -"])
        #expect(zones.begin() == 0 && marks(zones, next: nil) == ["0 A 3 -"])
    }
}
