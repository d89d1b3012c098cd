import NIOConcurrencyHelpers
import Storage
import TaskOperations
import Testing
import TestSupport

@testable import scheduler

@Suite("The scheduler's health")
struct HealthTests {
    @Test("says so when the loop does not come round, and when it does again")
    func loop() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let isHeld = NIOLockedValueBox(true)
        scheduler.loop.eventLoop.execute { while isHeld.withLockedValue({ $0 }) {} }
        try await eventually("the loop's beat is late") { scheduler.loop.pulse.age > .seconds(1) }
        isHeld.withLockedValue { $0 = false }
        try await eventually("the loop beats") { scheduler.loop.pulse.age < .milliseconds(500) }
        try await scheduler.stop()
        #expect(scheduler.loop.pulse.age == .zero)
    }

    @Test("says so when a write never returns, while the loop goes on, and when it does")
    func store() async throws {
        let stuck = NIOLockedValueBox<UncertainStore?>(nil)
        let scheduler = try await SchedulerUnderTest(in: Folder(), wrap: { store in
            let wrapped = UncertainStore(store)
            stuck.withLockedValue { $0 = wrapped }
            return wrapped
        })
        let store = try #require(stuck.withLockedValue { $0 })
        let probe = scheduler.loop.storeProbe
        try await eventually("the store beats") { probe.pulse.age < .milliseconds(100) }
        store.holdWrites()
        try await eventually("the store's beat is late") { probe.pulse.age > .seconds(2) }
        try await eventually("the loop goes on") { scheduler.loop.pulse.age < .seconds(1) }
        store.letWritesGo()
        try await eventually("the store beats") { probe.pulse.age < .seconds(1) }
        try await scheduler.stop()
        #expect(probe.pulse.age == .zero)
    }
}
