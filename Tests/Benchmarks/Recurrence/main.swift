// Measures the engine on eight rules, and beside it, in the same run, whatever other programs are named on the command line.
//
//     recurrence-benchmark [program …]
//
// Each program reads lines "occurrences start rule" and writes a line with nanoseconds per occurrence for each, or "-" where it
// cannot. `run` builds this program and libical's, and starts both with python-dateutil.

import Foundation
import TaskRecurrence

let start: Int64 = 1_577_869_200  // 2020-01-01T09:00:00Z
let tenYears: Int64 = 3_652 * 86_400
let rules = [
    "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "FREQ=HOURLY;BYHOUR=9,10,11,12,13,14,15,16,17", "FREQ=MINUTELY", "FREQ=SECONDLY;BYHOUR=9,10",
]
/// Few enough that none of them is past the horizon of any of the programs; yearly rules have least room.
func occurrences(_ rule: String) -> Int { rule.hasPrefix("FREQ=YEARLY") ? 150 : rule.hasPrefix("FREQ=MONTHLY") ? 600 : 2_000 }

/// The best of several rounds, each of enough calls to be seen by the clock.
func nanoseconds(per count: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    return (0..<9).map { _ in
        let calls = max(1, 20_000 / count)
        return clock.measure { for _ in 0..<calls { body() } } / .nanoseconds(1) / Double(calls * count)
    }.min() ?? 0
}

/// Nanoseconds per occurrence for each rule, from another program.
func ask(_ program: String) -> [Double?] {
    let process = Process(), input = Pipe(), output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", program]
    (process.standardInput, process.standardOutput) = (input, output)
    do { try process.run() } catch { return rules.map { _ in nil } }
    let lines = rules.map { "\(occurrences($0)) \(start) \($0)\n" }.joined()
    input.fileHandleForWriting.write(Data(lines.utf8))
    try? input.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let answers = text.split(separator: "\n").map { Double($0) }
    return rules.indices.map { $0 < answers.count ? answers[$0] : nil }
}

func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
func column(_ number: Double?, _ digits: Int = 1) -> String { column(number.map { String(format: "%.\(digits)f", $0) } ?? "-", 10) }

let programs = Array(CommandLine.arguments.dropFirst())
let others = programs.map(ask)
let names = programs.map { String($0.split(separator: " ").last?.split(separator: "/").last?.prefix { $0 != "." } ?? "") }

print("Nanoseconds per occurrence, iterating; \(names.joined(separator: ", ")) on the same rules, with how many times slower they are")
print(column("UTC", 10) + column("New York", 10) + names.map { column($0, 20) }.joined() + "  rule")
var checksum: Int64 = 0
let zones = [Zone.utc, try Zone(identifier: "America/New_York")]
for (index, text) in rules.enumerated() {
    let rule = try Rule(parsing: text), count = occurrences(text)
    let own = zones.map { zone in
        let series = Series(start: start, rules: [rule], zone: zone)
        return nanoseconds(per: count) { checksum &+= series.first(count, after: .min).last ?? 0 }
    }
    let beside = others.map { answers in
        column(answers[index], 0) + column(answers[index].map { String(format: "(%.0f×)", $0 / own[0]) } ?? "", 10)
    }
    print(own.map { column($0) }.joined() + beside.joined() + "  " + text)
}

print("\nNanoseconds for one question: next after an instant ten years from the start; next after a cursor; compiling the series")
print(["UTC", "New York", "cursor", "compile"].map { column($0, 10) }.joined() + "  rule")
for text in rules {
    let rule = try Rule(parsing: text)
    var line = zones.map { zone in
        let series = Series(start: start, rules: [rule], zone: zone)
        return column(nanoseconds(per: 1) { checksum &+= series.next(after: start + tenYears) ?? 0 }, 0)
    }
    let series = Series(start: start, rules: [rule], zone: zones[1])
    let cursor = Cursor(instant: series.next(after: start + tenYears) ?? start, index: 100)
    line.append(column(nanoseconds(per: 1) { checksum &+= series.next(after: cursor)?.index ?? 0 }, 0))
    line.append(column(nanoseconds(per: 1) { checksum &+= Series(start: start, rules: [rule], zone: zones[1]).contains(start) ? 1 : 0 }, 0))
    print(line.joined() + "  " + text)
}
if checksum == 42 { print("") }
