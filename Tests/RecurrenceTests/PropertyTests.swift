import Foundation
import TaskRecurrence
import Testing

@Suite("What holds for every series")
struct PropertyTests {
    private static let listed = 40

    /// A random series with what belongs to it, and a label for failures.
    private func randomSeries(_ stream: UInt64) throws -> (series: Series, rule: Rule, start: Int64, label: String) {
        var make = RandomSeries(stream)
        var rule = make.rule()
        let start = make.start(), name = make.zone()
        if make.oneIn(4) { rule.count = .random(in: 1...60, using: &make.random) }
        let convention: Series.StartConvention = make.oneIn(2) ? .startIsFirst : .ruleOnly
        let series = Series(start: start, rules: [rule], zone: try Zone(identifier: name), startConvention: convention)
        return (series, rule, start, "stream \(stream): \(rule.text) from \(start) in \(name), \(convention)")
    }

    @Test("all questions agree with each other", arguments: 0..<10)
    func agreement(batch: Int) throws {
        for stream in UInt64(batch) * 60..<UInt64(batch) * 60 + 60 {
            let (series, _, start, label) = try randomSeries(stream)
            let list = series.first(PropertyTests.listed, after: start - 100_000)
            #expect(list == Set(list).sorted(), "ascending, each once: \(label)")
            #expect(series.first()?.instant == list.first, "first: \(label)")
            var cursor = series.first()
            for (index, instant) in list.enumerated() {
                #expect(cursor == Cursor(instant: instant, index: Int64(index) + 1), "cursor \(index): \(label)")
                #expect(series.contains(instant), "contains \(index): \(label)")
                #expect(series.count(through: instant) == Int64(index) + 1, "count \(index): \(label)")
                #expect(series.count(through: instant - 1) == Int64(index), "count before \(index): \(label)")
                #expect(series.previous(before: instant + 1) == instant, "previous, itself \(index): \(label)")
                #expect(series.previous(before: instant) == (index > 0 ? list[index - 1] : nil), "previous \(index): \(label)")
                if index + 1 < list.count {
                    let next = list[index + 1]
                    #expect(series.next(after: instant) == next, "next \(index): \(label)")
                    #expect(series.next(after: next - 1) == next, "next just before \(index): \(label)")
                    #expect(!series.contains(instant + 1) || next == instant + 1, "nothing between \(index): \(label)")
                    let known = Cursor(instant: list[0], index: 1)
                    let expected = Cursor(instant: next, index: Int64(index) + 2)
                    #expect(series.cursor(after: instant, from: known) == expected, "resumed \(index): \(label)")
                    #expect(series.cursor(after: instant) == expected, "from nothing \(index): \(label)")
                }
                if let here = cursor { cursor = series.next(after: here) }
            }
        }
    }

    @Test("listing in windows equals listing at once")
    func windows() throws {
        for stream: UInt64 in 1_000..<1_200 {
            let (series, _, start, label) = try randomSeries(stream)
            let list = series.first(PropertyTests.listed, after: start - 1)
            guard let last = list.last, list.count > 1 else { continue }
            let width = max((last - start) / 7, 1)
            var joined: [Int64] = []
            var from = start
            while from <= last {
                joined += series.occurrences(in: from..<min(from + width, last + 1), limit: .max)
                from += width
            }
            #expect(joined == list, "\(label)")
        }
    }

    @Test("a start one period later keeps the occurrences from there on")
    func shifted() throws {
        for stream: UInt64 in 2_000..<2_300 {
            var make = RandomSeries(stream)
            let rule = make.rule(), start = make.start()
            let unit: Int64 = switch rule.frequency {
            case .secondly: 1
            case .minutely: 60
            case .hourly: 3_600
            case .daily: 86_400
            case .weekly: 604_800
            case .monthly, .yearly: 400 * 146_097 * 216
            }
            guard rule.frequency >= .weekly else { continue }
            let later = start + Int64(rule.interval) * unit
            let one = Series(start: start, rules: [rule], startConvention: .ruleOnly)
            let other = Series(start: later, rules: [rule], startConvention: .ruleOnly)
            #expect(one.first(20, after: later - 1) == other.first(20, after: later - 1), "stream \(stream): \(rule.text) from \(start)")
        }
    }

    @Test("the calendar repeats after 400 years, and so do occurrences")
    func cycles() throws {
        let cycle: Int64 = 146_097 * 86_400
        for stream: UInt64 in 3_000..<3_300 {
            var make = RandomSeries(stream)
            let rule = make.rule(), start = make.start()
            let one = Series(start: start, rules: [rule], startConvention: .ruleOnly)
            let other = Series(start: start + cycle, rules: [rule], startConvention: .ruleOnly)
            let list = one.first(20, after: .min).filter { $0 < start + 4 * cycle }
            #expect(other.first(list.count, after: .min) == list.map { $0 + cycle }, "stream \(stream): \(rule.text) from \(start)")
        }
    }

    @Test("each occurrence matches every part of its rule")
    func parts() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        for stream: UInt64 in 4_000..<4_600 {
            var make = RandomSeries(stream)
            let rule = make.rule(), start = make.start()
            let series = Series(start: start, rules: [rule], startConvention: .ruleOnly)
            for instant in series.first(15, after: .min) {
                #expect(instant >= start)
                let fault = PartCheck(rule, instant, calendar).fault
                #expect(fault == nil, "stream \(stream): \(rule.text) from \(start) at \(instant)")
            }
        }
    }

    @Test("COUNT and UNTIL end a series where counting to there does")
    func ends() throws {
        for stream: UInt64 in 5_000..<5_300 {
            var make = RandomSeries(stream)
            var rule = make.rule()
            let start = make.start(), zone = try Zone(identifier: make.zone())
            let endless = Series(start: start, rules: [rule], zone: zone).first(300, after: .min)
            let count = Int.random(in: 1...max(1, endless.count), using: &make.random)
            rule.count = count
            let label = "stream \(stream): \(rule.text) from \(start) in \(zone.identifier)"
            let counted = Series(start: start, rules: [rule], zone: zone)
            #expect(counted.first(1_000, after: .min) == Array(endless.prefix(count)), "COUNT, \(label)")
            #expect(counted.isFinite)
            guard let last = endless.prefix(count).last, last > start else { continue }
            rule.count = nil
            rule.until = .utc(last)
            let until = Series(start: start, rules: [rule], zone: zone)
            #expect(until.first(1_000, after: .min) == Array(endless.prefix(count)), "UNTIL, \(label)")
            rule.until = nil
            let cut = Series(start: start, rules: [rule], until: last, zone: zone)
            #expect(cut.first(1_000, after: .min) == Array(endless.prefix(count)), "until, \(label)")
        }
    }

    @Test("a large COUNT ends where the count says")
    func largeCounts() throws {
        for stream: UInt64 in 6_000..<6_060 {
            var make = RandomSeries(stream)
            var rule = make.rule()
            let start = make.start(), zone = try Zone(identifier: make.zone())
            let endless = Series(start: start, rules: [rule], zone: zone, startConvention: .ruleOnly).first(3_000, after: .min)
            guard endless.count > 500 else { continue }
            rule.count = endless.count
            let label = "stream \(stream): \(rule.text) from \(start) in \(zone.identifier)"
            let counted = Series(start: start, rules: [rule], zone: zone, startConvention: .ruleOnly)
            #expect(counted.previous(before: .max) == endless.last, "\(label)")
            #expect(counted.count(through: .max) == Int64(endless.count), "\(label)")
        }
    }
}
