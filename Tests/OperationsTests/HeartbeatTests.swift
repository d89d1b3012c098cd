import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing
import TestSupport

@testable import TaskOperations

@Suite("A part that beats")
struct HeartbeatTests {
    @Test("fails both checks when its last beat is longer ago than 5 s, and is well again with the next")
    func bound() {
        let readiness = Readiness(), age = Mutex(Duration.zero)
        readiness.set("store", .ok)
        readiness.watch("loop") { age.withLock { $0 } }
        age.withLock { $0 = Heartbeat.limit }
        #expect(readiness.isReady && readiness.stalled.isEmpty)
        age.withLock { $0 = .milliseconds(7_600) }
        #expect(readiness.stalled == ["loop: has not got on for 7 s; 5 s are allowed"])
        #expect(readiness.failures == readiness.stalled)
        age.withLock { $0 = .milliseconds(1) }
        #expect(readiness.isReady && readiness.stalled.isEmpty)
    }

    @Test("counts from its last beat, and is never late after its end")
    func age() async throws {
        let heartbeat = Heartbeat()
        try await eventually("time passes") { heartbeat.age > .milliseconds(50) }
        let before = heartbeat.age
        heartbeat.beat()
        #expect(heartbeat.age < before)
        heartbeat.end()
        #expect(heartbeat.age == .zero)
    }

    @Test("is an event loop, whose thread may be held up by what it runs")
    func eventLoop() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1), readiness = Readiness()
        let pulse = EventLoopPulse(of: group.next(), readiness: readiness)
        let running = Task { try await pulse.run() }
        // Some rounds.
        try await eventually("it has come round") { pulse.age > .milliseconds(100) }
        try await eventually("it has come round again") { pulse.age < .milliseconds(100) }
        let isHeld = Mutex(true)
        group.next().execute { while isHeld.withLock({ $0 }) {} }
        try await eventually("it is held up") { pulse.age > Heartbeat.interval * 3 }
        isHeld.withLock { $0 = false }
        try await eventually("it goes on") { pulse.age < Heartbeat.interval }
        running.cancel()
        try await running.value
        #expect(pulse.age == .zero)
        try await group.shutdownGracefully()
    }
}
