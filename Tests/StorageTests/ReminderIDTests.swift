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

    private struct Counting: RandomNumberGenerator {
        var random = SplitMix64(seed: 9), draws = 0

        mutating func next() -> UInt64 {
            draws += 1
            return random.next()
        }
    }

    @Test("drawn for a shard they take four tries on average, however many shards there are, and are spread evenly")
    func tries() {
        var random = Counting(), low = [Int](repeating: 0, count: 64), high = low
        let shards = stride(from: 0, to: Shard.count, by: Shard.count / 8).compactMap { Shard($0) }, ofEach = 4_000
        for shard in shards {
            for _ in 0..<ofEach {
                let id = ReminderID(at: 1_795_000_000_000, in: shard, using: &random)
                low[Int(id.low & 63)] += 1
                high[Int(id.low >> 56 & 63)] += 1
            }
        }
        // Two are of the other half.
        let tries = Double(random.draws) / Double(shards.count * ofEach) - 2
        #expect((3.9...4.1).contains(tries), "\(tries)")
        // 500 of each are expected, and chance leaves one in a million beyond this.
        #expect((low + high).allSatisfy { (390...610).contains($0) }, "\(low) \(high)")
    }

    @Test("drawn for no shard in particular they spread over all of them")
    func spread() {
        var random = SplitMix64(seed: 8), counts = [Int](repeating: 0, count: Shard.count)
        for _ in 0..<(500 * Shard.count) { counts[Int(ReminderID(at: 1_795_000_000_000, using: &random).shard.number)] += 1 }
        #expect(counts.allSatisfy { (350...650).contains($0) })
    }
}
