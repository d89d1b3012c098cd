import Foundation
import TaskRecurrence
import Testing

/// Fresh random rules against python-dateutil. `TASK_SCHEDULER_PYTHON` names the interpreter, `RECURRENCE_SEED` another seed.
@Suite("Against python-dateutil")
struct DifferentialTests {
    private static let rules = 3_000
    private static let limit = 20
    /// dateutil is too slow for some rules; if it is so for more than this, something else is wrong.
    private static let fewestCompared = 500

    private struct Trial {
        var rule: Rule
        var start: Int64
        var zone: String

        var line: String { "{\"rule\":\"\(rule.text)\",\"start\":\(start),\"tz\":\"\(zone)\",\"limit\":\(DifferentialTests.limit)}" }
    }

    /// What dateutil reads otherwise stays out: BYSETPOS counted from DTSTART in a first week, days numbered and plain in one list, and
    /// the last weeks of a year (of BYWEEKNO=52 it forgets 1 January 2067, which ISO 8601 puts in week 52 of 2066).
    private func trial(_ stream: UInt64) -> Trial {
        var make = RandomSeries(stream)
        var rule = make.rule(plain: true)
        var start = make.start()
        if rule.frequency == .weekly, !rule.bySetPos.isEmpty {
            // 1970-01-05 was a Monday; dateutil starts its first week at DTSTART.
            let week: Int64 = 604_800, monday: Int64 = 4 * 86_400
            start = (start - monday) / week * week + monday + Int64(rule.weekStart.rawValue) * 86_400 + start % 86_400
        }
        // Sub-daily rules run in elapsed time here and on the wall clock there.
        let zone = rule.frequency >= .hourly || make.oneIn(2) || !rule.bySetPos.isEmpty ? "UTC" : make.zone()
        if zone == "UTC", make.oneIn(4) { rule.count = .random(in: 1...30, using: &make.random) }
        if zone == "UTC", rule.count == nil, make.oneIn(6) { rule.until = .local(start + Int64.random(in: 0...100_000_000, using: &make.random)) }
        return Trial(rule: rule, start: start, zone: zone)
    }

    @Test("3,000 random rules give the same occurrences", .timeLimit(.minutes(2)))
    func randomRules() throws {
        let trials = (0..<UInt64(DifferentialTests.rules)).map { trial(100_000 + $0) }
        let answers = try expand(trials)
        try #require(answers.count == trials.count, "differential.py answered \(answers.count) of \(trials.count) rules")
        var compared = 0
        for (trial, expected) in zip(trials, answers) {
            guard let expected else { continue }
            compared += 1
            let series = Series(
                start: trial.start, rules: [trial.rule], zone: try Zone(identifier: trial.zone), startConvention: .ruleOnly)
            let found = series.first(DifferentialTests.limit, after: .min)
            #expect(found == expected, "\(trial.rule.text) from \(trial.start) in \(trial.zone)")
        }
        #expect(compared >= DifferentialTests.fewestCompared, "only \(compared) rules were expanded in time")
    }

    private func expand(_ trials: [Trial]) throws -> [[Int64]?] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "recurrence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "rules"), output = folder.appending(path: "answers"), errors = folder.appending(path: "errors")
        try Data(trials.map { $0.line + "\n" }.joined().utf8).write(to: input)
        for file in [output, errors] { try Data().write(to: file) }

        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "differential.py").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [ProcessInfo.processInfo.environment["TASK_SCHEDULER_PYTHON"] ?? "python3", script]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        let complaint = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        try #require(process.terminationStatus == 0, "python with dateutil is needed (TASK_SCHEDULER_PYTHON names it): \(complaint)")
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map { line in
            let value = try JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed)
            return (value as? [NSNumber])?.map(\.int64Value)
        }
    }
}
