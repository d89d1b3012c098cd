import Foundation
import NIOConcurrencyHelpers
import NIOCore
import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler

@Suite("A worker's stream", .timeLimit(.minutes(3)))
struct WorkerStreamTests {
    @Test("carries as much as the worker has credit for, and an outcome is acknowledged once it is stored")
    func creditAndOutcomes() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var ids: Set<[UInt8]> = []
        for number in 0..<5 { ids.insert(try await scheduler.create(SchedulerUnderTest.request(arguments: [UInt8(number)]))) }
        let worker = WorkerPeer(scheduler, credit: 3)
        try await eventually("three are dispatched") { worker.dispatches.count == 3 }
        let first = worker.dispatches
        for dispatch in first {
            #expect(dispatch.authorization == "Bearer abcdefgh" && dispatch.attempt == 1 && dispatch.task == "test")
            #expect((1...60_000).contains(dispatch.leaseMs))
        }
        worker.deliver(first)
        try await eventually("the others follow") { worker.dispatches.count == 5 }
        try await eventually("all are acknowledged") { Set(worker.acknowledged) == Set(first.map(\.lease)) }
        for dispatch in first { #expect(try await scheduler.reminder(dispatch.id).delivered == 1) }
        #expect(Set(worker.dispatches.map(\.id)) == ids)
        worker.deliver(Array(worker.dispatches.suffix(2)))
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a worker's extension is answered, and the lease shows it, with how far the task says that it is")
    func extensions() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        _ = try await scheduler.create()
        let worker = WorkerPeer(scheduler, credit: 1)
        try await eventually("it is dispatched") { worker.dispatches.count == 1 }
        let dispatch = worker.dispatches[0], lease = Proto.Lease(lease: dispatch.lease, id: dispatch.id, scheduledAt: dispatch.scheduledAt)
        let long = String(repeating: "x", count: 300)
        worker.send(
            Proto.WorkerMessage(
                extensions: [
                    Proto.Extension(id: 7, lease: lease, forMs: 600_000), Proto.Extension(id: 8, lease: lease, forMs: 3_600_001),
                    Proto.Extension(id: 9, forMs: 1_000), Proto.Extension(id: 10, lease: Proto.Lease(lease: 1, id: [1], scheduledAt: 0), forMs: 1_000),
                ], progress: [Proto.Progress(lease: dispatch.lease, thousandths: 1_500, text: "two\nlines " + long), Proto.Progress(lease: 1)]))
        try await eventually("all are answered") { worker.extended.count == 4 }
        #expect(worker.extended.map(\.id) == [7, 8, 9, 10] && worker.extended[0].forMs == 600_000 && worker.extended[0].refusal.isEmpty)
        #expect(worker.extended[1].refusal.contains("3600000 ms") && worker.extended[2...].allSatisfy { $0.refusal.contains("lost") && $0.forMs == 0 })
        let page = try await scheduler.call(
            SchedulerService.listOccurrences, Proto.ListOccurrencesRequest(filter: Proto.OccurrenceFilter(state: .running), limit: 10))
        let run = try #require(page.occurrences.first)
        #expect((590_000...606_000).contains(run.leaseMs) && run.progressThousandths == 1_000)
        #expect(run.progressText == "two lines " + String(long.prefix(190)))
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("is ended with the reason when it does not begin with a valid Attach, or has a second one")
    func announcements() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let nameless = WorkerPeer.attach("", credit: 1)
        let many = Proto.WorkerMessage(
            attach: Proto.Attach(instance: "w", queues: Array(repeating: "q", count: WorkerLimits.queues.upperBound + 1), tasks: ["test"], token: WorkerPeer.token(of: 1)))
        let unproven = Proto.WorkerMessage(attach: Proto.Attach(instance: "w", queues: ["q"], tasks: ["test"], token: [1, 2, 3]))
        for first in [Proto.WorkerMessage(creditLimit: 5), nameless, many, unproven] {
            let worker = WorkerPeer(scheduler, first: first)
            try await eventually("it is ended") { worker.end != nil }
            #expect((worker.end ?? nil)?.code == .invalidArgument)
            try await worker.stop()
        }
        let worker = WorkerPeer(scheduler, credit: 1)
        try await eventually("its stream is open") { worker.isOpen }
        worker.send(WorkerPeer.attach("worker-1", credit: 1))
        try await eventually("it is ended") { worker.end != nil }
        #expect((worker.end ?? nil)?.message.contains("second Attach") == true)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("what a process runs stays its own, whoever else says its instance, and is still its own when it comes back")
    func instances() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        for _ in 0..<3 { try await scheduler.create() }
        let worker = WorkerPeer(scheduler, credit: 3)
        try await eventually("three are dispatched") { worker.dispatches.count == 3 }
        let held = worker.dispatches
        let running = held.map { Proto.Lease(lease: $0.lease, id: $0.id, scheduledAt: $0.scheduledAt) }

        let other = WorkerPeer(scheduler, first: WorkerPeer.attach("worker-1", credit: 10, running: running, process: 2))
        try await eventually("the other is told that they are not its own") { Set(other.revoked) == Set(held.map(\.lease)) }
        worker.deliver(Array(held.prefix(1)))
        try await eventually("the worker's outcome counts") { worker.acknowledged == [held[0].lease] }

        // Its old connection has not gone yet.
        let again = WorkerPeer(scheduler, first: WorkerPeer.attach("worker-1", credit: 10, running: Array(running.dropFirst())))
        try await eventually("it is back") { again.isOpen }
        again.deliver(Array(held.dropFirst()))
        try await eventually("its outcomes count") { Set(again.acknowledged) == Set(held.dropFirst().map(\.lease)) }
        #expect(again.revoked.isEmpty && again.dispatches.isEmpty && other.dispatches.isEmpty)
        for dispatch in held { #expect(try await scheduler.reminder(dispatch.id).delivered == 1) }
        for peer in [worker, other, again] { try await peer.stop() }
        try await scheduler.stop()
    }

    @Test("a limit that is lowered is answered behind what was handed out before it, and nothing beyond it follows")
    func loweredLimit() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        for _ in 0..<2 { try await scheduler.create() }
        let worker = WorkerPeer(scheduler, credit: 4)
        try await eventually("two are dispatched") { worker.dispatches.count == 2 }
        worker.limit(1)
        try await eventually("it is answered") { worker.confirmed == [1] }
        for _ in 0..<2 { try await scheduler.create() }
        worker.limit(2)
        worker.limit(3)
        try await eventually("one more is dispatched") { worker.dispatches.count == 3 }
        worker.limit(0)
        // Whatever had been handed out would be there before the answer.
        try await eventually("only what is lower is answered") { worker.confirmed == [1, 0] }
        #expect(worker.dispatches.count == 3 && worker.end == nil)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a worker of a build that knows of no limit says by how much it changes, and is handed as much")
    func changedCredit() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let worker = WorkerPeer(scheduler, credit: 0)
        try await eventually("it is attached") { worker.isOpen }
        for _ in 0..<4 { try await scheduler.create() }
        worker.send(Proto.WorkerMessage(credit: 3))
        try await eventually("three are dispatched") { worker.dispatches.count == 3 }
        worker.send(Proto.WorkerMessage(credit: 1, withdrawn: 2))
        try await eventually("that is fewer") { worker.confirmed == [2] }
        // A limit that is said counts alone.
        worker.send(Proto.WorkerMessage(credit: 9, creditLimit: 3))
        worker.send(Proto.WorkerMessage(credit: 1))
        try await eventually("one more is dispatched") { worker.dispatches.count == 4 }
        try await scheduler.create()
        worker.send(Proto.WorkerMessage(withdrawn: 1))
        try await eventually("that is fewer") { worker.confirmed == [2, 3] }
        #expect(worker.dispatches.count == 4)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a limit below nothing, or far beyond what was handed out, is refused in words", arguments: [-1, Int64(WorkerLimits.credit) + 1, .max])
    func absurdLimit(limit: Int64) async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let worker = WorkerPeer(scheduler, credit: Int64(WorkerLimits.credit))
        try await eventually("it is attached") { try await scheduler.worker("worker-1")?.state == .attached }
        worker.limit(limit)
        try await eventually("it is ended") { worker.end != nil }
        let end = (worker.end ?? nil)
        #expect(end?.code == .invalidArgument && end?.message.contains("a credit_limit of \(limit)") == true)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("outcomes without a good id, however many, are acknowledged and the stream stays")
    func namelessOutcomes() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let worker = WorkerPeer(scheduler, credit: 1)
        try await eventually("its stream is open") { worker.isOpen }
        let leases = Array(1...UInt64(20_000))
        worker.send(Proto.WorkerMessage(outcomes: leases.map { Proto.OutcomeReport(lease: $0, id: [1], outcome: .known(.delivered)) }))
        try await eventually("all are acknowledged") { worker.acknowledged.count == leases.count }
        #expect(worker.acknowledged == leases)
        try await scheduler.create()
        try await eventually("the stream goes on") { worker.dispatches.count == 1 }
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("credentials that cannot be opened cost the worker nothing: what can be is delivered, however many they are")
    func unreadableCredentials() async throws {
        let folder = try Folder(), credit: Int64 = 4
        let former = try await SchedulerUnderTest(in: folder, key: "lost")
        var unreadable: [[UInt8]] = []
        for _ in 0..<3 * credit { unreadable.append(try await former.create()) }
        try await former.stop()

        let scheduler = try await SchedulerUnderTest(in: folder, key: "new")
        let worker = WorkerPeer(scheduler, credit: credit)
        for id in unreadable { try await eventually("it is held") { try await scheduler.reminder(id).held == 1 } }
        let readable = try await scheduler.create()
        try await eventually("it is dispatched") { !worker.dispatches.isEmpty }
        #expect(worker.dispatches.map(\.id) == [readable])
        worker.deliver(worker.dispatches)
        try await eventually("it is delivered") { try await scheduler.reminder(readable).delivered == 1 }
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a worker that is merely slow gets everything, once, and its stream stays")
    func slowWorker() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        // Far more messages than a stream lets wait, and more bytes than its window.
        let count = 3_000, arguments = [UInt8](repeating: 7, count: 2_000)
        let worker = WorkerPeer(scheduler, credit: Int64(count))
        let held = NIOLockedValueBox(false), isOver = NIOLockedValueBox(false)
        // One is on its way before: the worker has attached.
        try await scheduler.create(SchedulerUnderTest.request(arguments: arguments))
        try await eventually("the worker is attached") { worker.dispatches.count == 1 }
        let standstill = worker.group.next().submit {
            held.withLockedValue { $0 = true }
            while !isOver.withLockedValue({ $0 }) { usleep(1_000) }
        }
        try await eventually("the worker stands still") { held.withLockedValue { $0 } }
        var ids: Set<[UInt8]> = []
        try await withThrowingTaskGroup(of: [UInt8].self) { tasks in
            for _ in 1..<count {
                tasks.addTask { try await scheduler.create(SchedulerUnderTest.request(arguments: arguments)) }
            }
            for try await id in tasks { ids.insert(id) }
        }
        try await eventually("all are on their way") { try await scheduler.leased() == count }
        // A change meanwhile: what has not left need not.
        let recalled = Array(ids.suffix(10))
        #expect(try await scheduler.change(.cancel, recalled).allSatisfy { $0.result == .done })
        isOver.withLockedValue { $0 = true }
        try await standstill.get()
        try await eventually("the rest has come") { worker.dispatches.count >= count - recalled.count }
        worker.deliver(worker.dispatches)
        try await eventually("all is settled") { try await scheduler.leased() == 0 }
        #expect(worker.end == nil)
        let leases = worker.dispatches.map(\.lease)
        #expect(Set(leases).count == leases.count)
        #expect(Set(worker.dispatches.map(\.id)).isSuperset(of: ids.subtracting(recalled)))
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a cancelled reminder's lease is revoked")
    func revocation() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let id = try await scheduler.create()
        let worker = WorkerPeer(scheduler)
        try await eventually("it is dispatched") { worker.dispatches.count == 1 }
        _ = try await scheduler.change(.cancel, [id])
        try await eventually("it is revoked") { worker.revoked == worker.dispatches.map(\.lease) }
        worker.deliver(worker.dispatches)
        try await eventually("its outcome is acknowledged") { worker.acknowledged == worker.dispatches.map(\.lease) }
        try await worker.stop()
        try await scheduler.stop()
    }
}

extension SchedulerUnderTest {
    func leased() async throws -> Int { try await loop.eventLoop.submit { self.loop.core.snapshot.leased }.get() }
}
