import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire
import Testing
import TestSupport

@testable import scheduler

@Suite("A disk that fills", .timeLimit(.minutes(3)))
struct DiskTests {
    private func watch(_ scheduler: SchedulerUnderTest, _ reserve: DiskReserve, _ readiness: Readiness) -> DiskWatch {
        DiskWatch(store: scheduler.store, reserve: reserve, loop: scheduler.loop, readiness: readiness, logger: quiet)
    }

    @Test("with less room than the reserve new reminders are refused with the reason, and what was accepted is delivered")
    func refuses() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder()), readiness = Readiness(), worker = WorkerPeer(scheduler)
        let all = DiskReserve(bytes: 1 << 60), none = DiskReserve(percent: 0)
        try await watch(scheduler, none, readiness).look()
        let id = try await scheduler.create(SchedulerUnderTest.request(in: 1))
        #expect(readiness.isReady && readiness.notices.isEmpty)

        try await watch(scheduler, all, readiness).look()
        let single = await #expect(throws: CallError.self) { try await scheduler.create() }
        let many = await #expect(throws: CallError.self) {
            try await scheduler.call(SchedulerService.createMany, Proto.CreateManyRequest(creates: [SchedulerUnderTest.request()]))
        }
        for error in [single, many] {
            #expect(error?.code == .resourceExhausted && error?.message.contains("SCHEDULER_DISK_RESERVE") == true, "\(String(describing: error))")
        }
        // Ready all the same: whoever asks whether it is must not take it from its workers.
        #expect(readiness.isReady && readiness.notices.count == 1 && readiness.notices[0].hasPrefix("disk: the store's disk has "))
        try await eventually("the accepted one is dispatched") { worker.dispatches.count == 1 }
        worker.deliver(worker.dispatches)
        try await eventually("it is delivered") { try await scheduler.reminder(id).state == .completed }

        // And goes on by itself.
        try await watch(scheduler, none, readiness).look()
        try await scheduler.create()
        #expect(readiness.notices.isEmpty)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("the reserve is a share, a size, or the smaller of both")
    func reserve() throws {
        let terabyte: Int64 = 1 << 40, megabyte: Int64 = 1 << 20
        let both = try #require(SettingType<DiskReserve>.diskReserve.parse("5%,1GiB"))
        #expect(both.bytes(of: terabyte) == 1 << 30)
        #expect(both.bytes(of: 100 * megabyte) == 5 * megabyte)
        #expect(SettingType<DiskReserve>.diskReserve.parse("10%")?.bytes(of: 1_000) == 100)
        #expect(SettingType<DiskReserve>.diskReserve.parse("100%")?.bytes(of: 1_000) == 1_000)
        #expect(SettingType<DiskReserve>.diskReserve.parse("512MiB")?.bytes(of: terabyte) == 512 * megabyte)
        #expect(SettingType<DiskReserve>.diskReserve.parse("0%")?.bytes(of: terabyte) == 0)
        for text in ["", "5", "%", "101%", "-1%", "5%,5%", "1GiB,2GiB", "5%,1GiB,1GiB", "5 %", "1GB", "٥%"] {
            #expect(SettingType<DiskReserve>.diskReserve.parse(text) == nil, "\(text)")
        }
    }
}
