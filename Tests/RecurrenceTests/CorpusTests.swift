import Foundation
import RecurrenceData
import TaskRecurrence
import Testing

/// A case of Tests/RecurrenceData.
struct RecurrenceCase {
    let fields: [String: Any]

    var id: String { fields["id"] as? String ?? "" }
    var rule: String { fields["rule"] as? String ?? "" }
    var zone: String { fields["tz"] as? String ?? "" }
    var start: Int64 { integer("dtstart") ?? 0 }
    var limit: Int { Int(integer("limit") ?? 0) }
    var after: Int64? { integer("after") }

    func integer(_ name: String) -> Int64? { (fields[name] as? NSNumber)?.int64Value }
    func instants(_ name: String) -> [Int64]? { (fields[name] as? [NSNumber])?.map(\.int64Value) }

    func series(_ convention: Series.StartConvention) throws -> Series {
        Series(
            start: start, rules: [try Rule(parsing: rule)], rdates: instants("rdates") ?? [], exdates: instants("exdates") ?? [],
            zone: try Zone(identifier: zone), startConvention: convention)
    }

    static func all(_ file: String) throws -> [RecurrenceCase] {
        try RecurrenceData.cases(file).map(RecurrenceCase.init(fields:))
    }
}

@Suite("The shared cases")
struct CorpusTests {
    private func check(_ one: RecurrenceCase, _ column: String, _ convention: Series.StartConvention) throws {
        let expected = try #require(one.instants(column))
        let series = try one.series(convention)
        let found = series.first(one.limit, after: one.after ?? .min)
        #expect(found == expected, "\(one.id) \(one.rule) in \(one.zone), \(column)")
        // The other questions agree with the list.
        if one.after == nil, let last = expected.last {
            #expect(series.count(through: last) == Int64(expected.count), "\(one.id) \(one.rule) in \(one.zone), count")
            #expect(series.contains(last), "\(one.id) \(one.rule) in \(one.zone), contains")
        }
        if expected.count > 1, let last = expected.last {
            #expect(series.previous(before: last) == expected[expected.count - 2], "\(one.id) \(one.rule) in \(one.zone), previous")
        }
    }

    @Test("all rules of the corpus list what the RFC says, whichever way the start is taken")
    func corpus() throws {
        let cases = try RecurrenceCase.all("corpus.jsonl")
        #expect(cases.count == 2_841)
        for one in cases {
            try check(one, "expected", .startIsFirst)
            try check(one, "expected", .ruleOnly)
        }
    }

    @Test("RDATE adds and EXDATE takes away")
    func sets() throws {
        for one in try RecurrenceCase.all("sets.jsonl") { try check(one, "expected", .startIsFirst) }
    }

    @Test("hourly and minutely rules keep their distance through a transition")
    func transitions() throws {
        for one in try RecurrenceCase.all("subday-transitions.jsonl") { try check(one, "expected_elapsed", .startIsFirst) }
    }

    @Test("a start that is no occurrence is left out or comes first, as asked")
    func unsynchronised() throws {
        for one in try RecurrenceCase.all("unsynchronised.jsonl") {
            try check(one, "expected", .ruleOnly)
            try check(one, "expected_with_dtstart", .startIsFirst)
        }
    }
}
