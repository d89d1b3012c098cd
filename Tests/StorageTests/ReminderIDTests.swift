import TaskDomain
import Testing

@Suite("Ids of reminders")
struct ReminderIDTests {
    @Test("drawn for a shard they are that shard's, carry their time, are of version 7 and of RFC 9562's variant, and no two are the same")
    func drawn() {
        var random = SplitMix64(seed: 7), all: Set<ReminderID> = [], bits: (set: UInt64, clear: UInt64) = (0, 0)
        for shard in Shard.all {
            for number in 0..<200 {
                let time = UnixMilliseconds(1_795_000_000_000 + Int64(number))
                let id = ReminderID(at: time, in: shard, using: &random)
                #expect(id.shard == shard && id.low >> 62 == 0b10 && id.high >> 12 & 0xF == 7 && id.high >> 16 == UInt64(time.count))
                all.insert(id)
                bits.set |= id.low
                bits.clear |= ~id.low
            }
        }
        #expect(all.count == 200 * Shard.count)
        // Every bit but the variant's is drawn.
        #expect(bits.set & bits.clear == UInt64.max >> 2)
    }

    @Test("drawn for no shard in particular they spread over all of them")
    func spread() {
        var random = SplitMix64(seed: 8), counts = [Int](repeating: 0, count: Shard.count)
        for _ in 0..<(500 * Shard.count) { counts[Int(ReminderID(at: 1_795_000_000_000, using: &random).shard.number)] += 1 }
        #expect(counts.allSatisfy { (350...650).contains($0) })
    }
}
