import TaskRecurrence
import TestSupport
import Testing

@Suite("Looking back over many occurrences")
struct LatestOccurrencesTests {
    @Test("the latest of a range and their number are those that a list has", arguments: 0..<8)
    func asListed(batch: Int) throws {
        for stream in UInt64(9_000 + batch * 40)..<UInt64(9_040 + batch * 40) {
            var make = RandomSeries(stream)
            var rules = [make.rule()]
            let start = make.start(), zone = try Zone(identifier: make.zone())
            if make.oneIn(3) { rules.append(make.rule()) }
            if make.oneIn(4) { rules[0].count = .random(in: 1...60, using: &make.random) }
            let plain = Series(start: start, rules: rules, zone: zone).first(60, after: start - 1)
            guard let last = plain.last else { continue }
            let exdates = plain.filter { _ in make.oneIn(6) }, rdates = [start + 77, last - 1]
            let exrules = make.oneIn(4) ? [make.rule()] : []
            let series = Series(start: start, rules: rules, exrules: exrules, rdates: rdates, exdates: exdates, zone: zone)
            let label = "stream \(stream): \(rules.map(\.text)) without \(exrules.map(\.text)) from \(start)"
            let list = series.occurrences(in: start - 5..<last + 1, limit: 1_000)
            for from in [start - 5, start, plain[plain.count / 3], plain[plain.count / 3] + 1] where from <= last {
                let range = from...last, expected = list.filter { range.contains($0) }
                #expect(series.count(in: range, limit: 1_000) == Int64(expected.count), "count from \(from): \(label)")
                for n in [1, 2, 7, expected.count, expected.count + 1] where n > 0 {
                    let first = n <= expected.count ? expected[expected.count - n] : nil
                    #expect(series.first(ofLatest: Int64(n), in: range) == first, "latest \(n) from \(from): \(label)")
                }
            }
        }
    }

    @Test("what would have to be counted one by one is counted up to the limit", arguments: [9, 10, 11])
    func bounded(limit: Int64) {
        let rules = [Rule(.minutely), Rule(.hourly)]
        let series = Series(start: 0, rules: rules)
        #expect(series.count(in: 0...9 * 60, limit: limit) == (limit >= 10 ? 10 : nil))
        #expect(Series(start: 0, rules: [rules[0]]).count(in: 0...9 * 60, limit: limit) == 10)
    }

    @Test("50 years of seconds are neither walked to find the latest, nor to count them")
    func manySeconds() {
        let years: Int64 = 50 * 31_556_952, now = 1_800_000_000 as Int64
        var counted = Rule(.secondly)
        counted.count = Int(years)
        let taken = processorTime {
            for rule in [Rule(.secondly), counted] {
                let series = Series(start: now - years, rules: [rule])
                for _ in 0..<100 {
                    #expect(series.first(ofLatest: 10_000, in: now - years...now - 1) == now - 10_000)
                    #expect(series.count(in: now - years...now - 1, limit: 1) == years)
                    #expect(series.previous(before: now) == now - 1)
                    #expect(series.cursor(after: now - 2, from: Cursor(instant: now - years, index: 1)) == Cursor(instant: now - 1, index: years))
                }
            }
        }
        #expect(taken < .seconds(60))
    }

    @Test("50 years of two rules, and of seconds with an EXRULE, are looked at only where the latest are")
    func manySecondsOfTwo() {
        let years: Int64 = 50 * 31_556_952, now = 1_800_000_000 as Int64
        var odd = Rule(.secondly)
        odd.interval = 2
        let taken = processorTime {
            let two = Series(start: now - years, rules: [Rule(.secondly), odd])
            #expect(two.first(ofLatest: 10_000, in: now - years...now - 1) == now - 10_000)
            #expect(two.count(in: now - years...now - 1, limit: 10_000) == nil)
            let half = Series(start: now - years, rules: [Rule(.secondly)], exrules: [odd])
            // The start counts as an occurrence of the rule, and the EXRULE takes it and every second one after it.
            let first = half.first(ofLatest: 10_000, in: now - years...now - 1)
            #expect(first.map { ($0 - now + years) % 2 } == 1 && first.map { now - $0 } ?? 0 > 19_990)
            #expect(half.count(in: now - years...now - 1, limit: 10_000) == nil)
        }
        #expect(taken < .seconds(60))
    }
}
