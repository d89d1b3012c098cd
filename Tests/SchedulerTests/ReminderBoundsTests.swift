import TaskDomain
import TaskMessages
import Testing

@testable import scheduler

/// A gateway or a client has checked them before; the scheduler trusts neither.
@Suite("The bounds to which a scheduler holds its callers")
struct ReminderBoundsTests {
    private static let sound = Proto.Reminder(
        id: ReminderID(high: 7 << 16 | 0x7000, low: 1 << 63).bytes, schedule: Proto.Schedule(start: 1_800_000_000, timezone: "UTC"),
        task: "worker.log", queue: "default", priority: 5, misfirePolicy: .fireOnce, maxAttempts: 12)

    /// Why the scheduler refuses a reminder; `nil`: it takes it.
    private func refusal(authorization: String = "", _ change: (inout Proto.Reminder) -> Void) throws -> String? {
        var wire = Self.sound
        change(&wire)
        do {
            _ = try Reminder(wire, authorization: Secret(authorization)) { credential, _ in Array(credential.value.utf8) }
            return nil
        } catch let error as InvalidRequest { return error.description }
    }

    @Test("numbers are taken at their bounds and refused one beyond, by their name")
    func numbers() throws {
        typealias Setter = (inout Proto.Reminder, UInt32) -> Void
        let cases: [(name: String, limits: ClosedRange<Int64>, set: Setter)] = [
            ("priority", Handling.Limits.priority, { $0.priority = $1 }),
            ("retryForSeconds", Handling.Limits.retryForSeconds, { $0.retryForSeconds = Int64($1) }),
            ("catchUpLimit", Handling.Limits.catchUp, { $0.catchUpLimit = $1 }),
            ("maxAttempts", Handling.Limits.maxAttempts, { $0.maxAttempts = $1 }),
            ("jitterSeconds", Handling.Limits.jitterSeconds, { $0.jitterSeconds = $1 }),
            ("expiresAfterSeconds", Handling.Limits.expiresAfterSeconds, { $0.expiresAfterSeconds = $1 }),
        ]
        for (name, limits, set) in cases {
            for good in [limits.lowerBound, limits.upperBound] { #expect(try refusal { set(&$0, UInt32(good)) } == nil, "\(name) \(good)") }
            let above = UInt32(limits.upperBound + 1)
            for bad in [above, .max] {
                let words = try #require(try refusal { set(&$0, bad) })
                #expect(words.hasPrefix("\(name) must be \(limits.lowerBound) to \(limits.upperBound); it was \(bad)"))
            }
        }
        // Zero, the one number below their bounds that a message can hold of them: it never expires, its attempts have no bound, and
        // the limit is the default.
        #expect(try refusal { $0.expiresAfterSeconds = 0 } == nil)
        #expect(try refusal { $0.maxAttempts = 0 } == nil)
        #expect(try refusal { $0.catchUpLimit = 0 } == nil)
    }

    @Test("instants, lists, names and texts are taken at their bounds and refused one beyond")
    func lengths() throws {
        func text(_ count: Int) -> String { String(repeating: "😀", count: count) }
        func instants(_ count: Int) -> [Int64] { Array(repeating: 1_800_000_000, count: count) }
        typealias Change = (inout Proto.Reminder) -> Void
        let cases: [(name: String, good: Change, bad: Change)] = [
            ("start", { $0.schedule?.start = -62_135_596_800 }, { $0.schedule?.start = -62_135_596_801 }),
            ("start", { $0.schedule?.start = 253_402_300_799 }, { $0.schedule?.start = 253_402_300_800 }),
            ("rdates", { $0.schedule?.rdates = instants(1_000) }, { $0.schedule?.rdates = instants(1_001) }),
            ("exdates", { $0.schedule?.exdates = instants(1_000) }, { $0.schedule?.exdates = instants(1_001) }),
            ("rule", { $0.schedule?.rule = String(repeating: "x", count: 16_384) }, { $0.schedule?.rule = String(repeating: "x", count: 16_385) }),
            ("timezone", { $0.schedule?.timezone = text(64) }, { $0.schedule?.timezone = text(65) }),
            ("timezone", { $0.schedule?.timezone = "x" }, { $0.schedule?.timezone = "" }),
            ("task", { $0.task = String(repeating: "t", count: 64) }, { $0.task = String(repeating: "t", count: 65) }),
            ("task", { $0.task = "a.B_c-9" }, { $0.task = "a b" }), ("task", { $0.task = "t" }, { $0.task = "" }),
            ("queue", { $0.queue = String(repeating: "q", count: 64) }, { $0.queue = String(repeating: "q", count: 65) }),
            ("queue", { $0.queue = "q" }, { $0.queue = "é" }),
            ("description", { $0.description = text(1_000) }, { $0.description = text(1_001) }),
            ("classroom_id", { $0.classroomId = text(200) }, { $0.classroomId = text(201) }),
            ("created_by", { $0.createdBy = text(200) }, { $0.createdBy = text(201) }),
            ("arguments", { $0.arguments = Array(repeating: 0, count: 65_536) }, { $0.arguments = Array(repeating: 0, count: 65_537) }),
            ("caller", { $0.caller = String(repeating: "c", count: 256) }, { $0.caller = String(repeating: "c", count: 257) }),
        ]
        for (name, good, bad) in cases {
            #expect(try refusal(good) == nil, "\(name)")
            let words = try #require(try refusal(bad), "\(name)")
            #expect(words.contains(name))
        }
        #expect(try refusal(authorization: String(repeating: "a", count: 8_192)) { _ in } == nil)
        #expect(try refusal(authorization: String(repeating: "a", count: 8_193)) { _ in } != nil)
    }

    @Test("a queue's settings are taken at their bounds and refused one beyond")
    func queues() {
        func isTaken(_ change: (inout Proto.Queue) -> Void) -> Bool {
            var wire = Proto.Queue(name: "mail", maxConcurrency: 1, rateCount: 1, rateSeconds: 1)
            change(&wire)
            return (try? QueueSettings(wire)) != nil
        }
        #expect(isTaken { ($0.maxConcurrency, $0.rateCount, $0.rateSeconds) = (1_000_000, 1_000_000, 86_400) })
        #expect(!isTaken { $0.maxConcurrency = 1_000_001 } && !isTaken { $0.rateCount = 1_000_001 } && !isTaken { $0.rateSeconds = 86_401 })
        #expect(!isTaken { $0.name = "" } && !isTaken { $0.name = "two words" })
    }
}
