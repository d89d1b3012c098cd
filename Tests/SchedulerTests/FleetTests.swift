import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler
@testable import SchedulerCore

@Suite("Workers as people see them", .timeLimit(.minutes(1)))
struct FleetTests {
    private static func attach(_ instance: String, finished: UInt64 = 0, failed: UInt64 = 0) -> Proto.Attach {
        Proto.Attach(
            instance: instance, queues: ["default"], tasks: ["test"], token: WorkerPeer.token(of: 1), host: "host-1", version: "1.2.3",
            process: 7, startedAtMs: 1_000, concurrency: 16, finished: finished, failed: failed)
    }

    private static func report(_ lease: UInt64, _ outcome: Outcome) -> OutcomeReport {
        OutcomeReport(
            lease: lease, key: OccurrenceKey(reminder: ReminderID(high: 0, low: lease), scheduledAt: 1), outcome: outcome,
            retryAfterMilliseconds: nil, startedAt: 0, durationMicroseconds: 0, statusCode: 0, detail: "")
    }

    @Test("what one finishes and fails is added to what it had when it came, and what was not sent is neither")
    func counts() {
        var fleet = Fleet()
        fleet.attached("a#1", Self.attach("a", finished: 10, failed: 2), as: WorkerID(rawValue: 1), now: 5)
        fleet.reported("a#1", Outcome.allCases.enumerated().map { Self.report(UInt64($0), $1) })
        let member = fleet.named("a", now: 6).first?.member
        #expect(member?.finished == 10 + UInt64(Outcome.allCases.count) - 1)
        #expect(member?.failed == 2 + UInt64(Outcome.allCases.count) - 3)
    }

    @Test("one that is gone is shown with the reason for a day, and one that is back is not gone")
    func gone() {
        var fleet = Fleet()
        for number in 1...2 as ClosedRange<UInt64> {
            fleet.attached("a#\(number)", Self.attach("a\(number)"), as: WorkerID(rawValue: number), now: 5)
            fleet.detached("a#\(number)", WorkerID(rawValue: number), because: "it left", now: 10)
        }
        #expect(fleet.page(after: "", limit: 9, now: 20).map(\.member.gone?.reason) == ["it left", "it left"])
        fleet.attached("a#2", Self.attach("a2"), as: WorkerID(rawValue: 3), now: 30)
        // The end of its former stream comes late.
        fleet.detached("a#2", WorkerID(rawValue: 2), because: "lost", now: 31)
        #expect(fleet.page(after: "", limit: 9, now: 40).map { $0.member.gone == nil } == [false, true])
        #expect(fleet.attached(limit: 9).map(\.name) == ["a#2"])
        #expect(fleet.page(after: "", limit: 9, now: 10 + .init(Fleet.keptMilliseconds)).map(\.name) == ["a#2"])
    }

    @Test("of those that are gone the latest are kept, so many and no more; those that are attached all")
    func bound() {
        var fleet = Fleet()
        let count = UInt64(Fleet.maxGone) * 2
        for number in 1...count {
            fleet.attached("a#\(100_000 + number)", Self.attach("a"), as: WorkerID(rawValue: number), now: 5)
            guard number > 10 else { continue }
            fleet.detached("a#\(100_000 + number)", WorkerID(rawValue: number), because: "it left", now: .init(Int64(number)))
        }
        let page = fleet.page(after: "", limit: 10_000, now: .init(Int64(count)))
        #expect(page.count == Fleet.maxGone + 10)
        #expect(page.prefix(10).allSatisfy { $0.member.gone == nil })
        #expect(page.last?.name == "a#\(100_000 + count)" && page[10].name == "a#\(100_001 + count - UInt64(Fleet.maxGone))")
    }

    @Test("pages go on behind the name with which the one before ended, also where two say they are the same")
    func pages() {
        var fleet = Fleet()
        for name in ["a#1", "a#2", "b#1"] {
            fleet.attached(name, Self.attach(String(name.prefix(1))), as: WorkerID(rawValue: UInt64(name.utf8.reduce(0) { $0 &* 7 &+ Int($1) })), now: 5)
        }
        let first = fleet.page(after: "", limit: 2, now: 6).map(\.name)
        #expect(first == ["a#1", "a#2"])
        #expect(fleet.page(after: "a#2", limit: 2, now: 6).map(\.name) == ["b#1"])
    }

    @Test("a gateway is told where each is, what it runs, and that it drains or is gone")
    func asked() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let id = try await scheduler.create()
        let worker = WorkerPeer(scheduler, first: Proto.WorkerMessage(attach: Self.attach("worker-1"), creditLimit: 4))
        try await eventually("it has it") { worker.dispatches.count == 1 }
        let seen = try #require(try await scheduler.worker("worker-1"))
        #expect(seen.state == .attached && seen.host == "host-1" && seen.version == "1.2.3" && seen.process == 7)
        #expect(seen.queues == ["default"] && seen.tasks == ["test"] && seen.concurrency == 16 && seen.running == 1)
        let run = try #require(seen.runs.first)
        #expect(run.id == id && run.attempt == 1 && run.task == "test" && run.queue == "default" && (1...60_000).contains(run.leaseMs))
        let page = try await scheduler.call(SchedulerService.listWorkers, Proto.ListWorkersRequest(limit: 10))
        #expect(page.workers.map(\.instance) == ["worker-1"] && page.workers[0].runs.isEmpty && !page.more)
        worker.deliver(worker.dispatches)
        worker.send(Proto.WorkerMessage(leaving: true))
        try await eventually("it drains") {
            let now = try await scheduler.worker("worker-1")
            return now?.state == .draining && now?.finished == 1 && now?.failed == 0 && now?.running == 0
        }
        try await worker.stop()
        try await eventually("it is gone") { try await scheduler.worker("worker-1")?.state == .detached }
        #expect(try await scheduler.worker("worker-1")?.reason.isEmpty == false)
        #expect(try await scheduler.worker("worker-2") == nil)
        try await scheduler.stop()
    }

    @Test("what a worker says of itself is bounded", arguments: [("h", 256, 0), ("v", 0, 65)])
    func bounds(what: String, host: Int, version: Int) async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var attach = Self.attach("worker-1")
        attach.host = String(repeating: "h", count: host)
        attach.version = String(repeating: "v", count: version)
        let worker = WorkerPeer(scheduler, first: Proto.WorkerMessage(attach: attach, creditLimit: 1))
        try await eventually("it is ended") { worker.end != nil }
        #expect((worker.end ?? nil)?.code == .invalidArgument)
        try await worker.stop()
        try await scheduler.stop()
    }
}
