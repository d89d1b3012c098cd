import TaskRecurrence
import Testing

@Suite("Days that are left out whole")
struct ExcludedDaysTests {
    private static let day: Int64 = 86_400

    @Test("what falls on the day in the zone is left out: every time of it, the start, and RDATE too")
    func day() throws {
        let zone = try Zone(identifier: "Europe/Berlin")
        // 24 November 2026, 09:00 in Berlin.
        let start: Int64 = 1_795_507_200, number = start / Self.day
        let daily = Series(start: start, rules: [Rule(.daily)], excludedDays: [number + 1], zone: zone)
        #expect(daily.first(3, after: 0) == [start, start + 2 * Self.day, start + 3 * Self.day])
        #expect(!daily.contains(start + Self.day) && daily.previous(before: start + 2 * Self.day) == start)
        #expect(Series(start: start, rules: [Rule(.daily)], excludedDays: [number], zone: zone).first()?.instant == start + Self.day)
        let midnight = start - 9 * 3_600
        let hourly = Series(start: start, rules: [Rule(.hourly)], rdates: [midnight + Self.day + 5], excludedDays: [number + 1], zone: zone)
        #expect(hourly.first(16, after: midnight + Self.day - 3_601) == [midnight + Self.day - 3_600] + (0..<15).map { midnight + 2 * Self.day + $0 * 3_600 })
    }

    @Test("a day that a zone skipped, and days whose midnight is skipped or comes twice, are the days of the clock", arguments: [
        ("Pacific/Apia", "2011-12-28T00:00:00Z"), ("Africa/Cairo", "2024-04-24T00:00:00Z"), ("America/Havana", "2026-10-30T00:00:00Z"),
        ("America/Sao_Paulo", "2018-11-02T00:00:00Z"), ("America/Sao_Paulo", "2018-02-15T00:00:00Z"), ("Atlantic/Azores", "2026-10-23T00:00:00Z"),
    ])
    func oddDays(name: String, from: String) throws {
        let zone = try Zone(identifier: name), start = try #require(Rule.instant(from))
        func day(_ instant: Int64) -> Int64 {
            let local = instant + Int64(zone.offset(at: instant))
            return local / Self.day
        }
        let all = Series(start: start, rules: [Rule(.minutely, interval: 30)], zone: zone).first(400, after: start - 1)
        for excluded in day(start)...day(start) + 6 {
            let series = Series(start: start, rules: [Rule(.minutely, interval: 30)], excludedDays: [excluded], zone: zone)
            let expected = all.filter { day($0) != excluded }
            #expect(series.first(expected.count, after: start - 1) == expected, "\(excluded)")
        }
    }

    @Test("many days in a row cost one look, count what they hold, and do not end a series of seconds")
    func leaps() throws {
        let start: Int64 = 1_795_424_400, number = start / Self.day
        let days = (1...900).map { number + $0 }
        let series = Series(start: start, rules: [Rule(.secondly)], excludedDays: days)
        let last = (number + 1) * Self.day - 1, next = (number + 901) * Self.day
        let clock = ContinuousClock()
        let spent = clock.measure {
            #expect(series.next(after: last) == next)
            #expect(series.next(after: Cursor(instant: last, index: 7)) == Cursor(instant: next, index: 7 + next - last))
            #expect(series.previous(before: next) == last)
            #expect(series.count(through: next) == last - start + 2)
        }
        #expect(spent < .seconds(5))
    }

    @Test("random series: the same as all occurrences less those on the days, with the places they had")
    func random() throws {
        for number in 0..<200 {
            var make = RandomSeries(UInt64(7_000 + number))
            let rule = make.rule(), name = make.zone(), start = make.start(), zone = try Zone(identifier: name)
            let whole = Series(start: start, rules: [rule], zone: zone), all = whole.first(200, after: start - 1)
            func day(_ instant: Int64) -> Int64 { (instant + Int64(zone.offset(at: instant)) + 62_135_596_800).quotientAndRemainder(dividingBy: Self.day).quotient - 719_162 }
            let days = Set(all.filter { $0 % 3 == 0 || $0 % 7 == 0 }.map(day))
            let exdates = all.filter { $0 % 5 == 0 }, excluded = Set(exdates)
            let expected = all.filter { !days.contains(day($0)) && !excluded.contains($0) }
            let series = Series(start: start, rules: [rule], exdates: exdates, excludedDays: Array(days), zone: zone)
            let label = "\(rule.text) from \(start) in \(name)"
            #expect(series.first(expected.count, after: start - 1) == expected, "\(label)")
            if let last = all.last, !expected.isEmpty {
                #expect(series.count(through: last) == Int64(expected.count), "\(label)")
                var cursor = series.first(), found: [Cursor] = []
                while let current = cursor, current.instant <= last, found.count <= all.count {
                    found.append(current)
                    cursor = series.next(after: current)
                }
                #expect(found.map(\.instant) == expected, "\(label)")
                #expect(found.map(\.index) == expected.map { Int64((all.firstIndex(of: $0) ?? -9) + 1) }, "\(label)")
            }
        }
    }

    @Test("an EXRULE that takes away weeks of seconds does not end the series")
    func exrule() throws {
        let rule = Rule(.secondly), start: Int64 = 1_793_491_200
        var november = Rule(.secondly)
        november.byMonth = [11]
        let series = Series(start: start, rules: [rule], exrules: [november])
        let december: Int64 = 1_796_083_200
        #expect(series.first() == Cursor(instant: december, index: december - start + 1))
        #expect(series.next(after: Cursor(instant: start - 1, index: 0))?.instant == december)
    }

    @Test("of several rules that began long ago the place is bounded work")
    func several() throws {
        let start: Int64 = -62_135_596_800, now: Int64 = 1_795_424_400
        let series = Series(start: start, rules: [Rule(.secondly), Rule(.minutely)])
        let clock = ContinuousClock()
        let spent = clock.measure {
            let cursor = series.cursor(after: now)
            #expect(cursor?.instant == now + 1 && cursor.map { $0.index > now - start } == true)
            #expect(series.cursor(after: now + 3, from: cursor).map(\.index) == cursor.map { $0.index + 3 })
        }
        #expect(spent < .seconds(5))
    }
}
