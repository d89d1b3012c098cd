import TaskDomain
import Testing

@testable import PostgresStore

@Suite("The number of a series")
struct SeriesNumberTests {
    @Test("is above all before it, also within a millisecond and where the clock is set back")
    func order() {
        var now = UnixMilliseconds(1_800_000_000_000)
        let numbers = SeriesNumbers { now }
        var last: Int64 = 0
        for step in [Int64](repeating: 0, count: 5_000) + [1, 10, -3_600_000, 0, 1] {
            now += step
            let next = numbers.next(in: Shard.all[Int.random(in: 0..<Shard.count)])
            #expect(next > last)
            last = next
        }
    }

    @Test("is no other scheduler's: that has other shards")
    func unique() {
        let now = UnixMilliseconds(1_800_000_000_000), one = SeriesNumbers { now }, other = SeriesNumbers { now }
        var drawn: Set<Int64> = []
        for _ in 0..<1_000 { drawn.formUnion([one.next(in: Shard.all[3]), other.next(in: Shard.all[200])]) }
        #expect(drawn.count == 2_000)
    }
}
