internal import CCurl
import Glibc
import Synchronization
import TaskDomain

/// Where any thread leaves deliveries for the delivery thread. A lock and, only when the thread has not been
/// woken already, one system call for a batch of any size.
final class DeliveryInbox: Sendable {
    enum Phase { case open, stopping, ended }

    /// What has come in since the last look.
    struct Mail {
        var deliveries: [Delivery] = []
        var cancelled: [UInt64] = []
        var isStopping = false
    }

    private struct State {
        var phase = Phase.open
        var mail = Mail()
        /// Whether the delivery thread has been woken and has not looked yet.
        var isSignalled = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var statistics = DeliveryStatistics()
    }

    private let state = Mutex(State())
    /// When the delivery thread last came round, in monotonic microseconds; `.max` once it has ended.
    private let turned = Atomic<Int64>(SystemClock.monotonicMicroseconds.count)
    /// An eventfd, readable when there is mail.
    let wakeup: Int32

    init() throws(DeliveryError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeup >= 0 else { throw .system("eventfd failed: \(String(cString: strerror(errno)))") }
    }

    deinit { close(wakeup) }

    /// Leaves deliveries; false if the engine takes no more.
    func put(_ deliveries: [Delivery]) -> Bool {
        let (taken, wakes) = state.withLock { state in
            guard state.phase == .open else { return (false, false) }
            state.mail.deliveries.append(contentsOf: deliveries)
            return (true, Self.signal(&state))
        }
        if wakes { wake() }
        return taken
    }

    func cancel(_ tickets: [UInt64]) {
        let wakes = state.withLock { state in
            guard state.phase != .ended else { return false }
            state.mail.cancelled.append(contentsOf: tickets)
            return Self.signal(&state)
        }
        if wakes { wake() }
    }

    /// Takes no more from now on; the thread ends when all it has is done.
    func stop() {
        let wakes = state.withLock { state in
            guard state.phase == .open else { return false }
            state.phase = .stopping
            return Self.signal(&state)
        }
        if wakes { wake() }
    }

    /// Returns when the thread has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.phase == .ended { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Microseconds since the delivery thread last came round; 0 once it has ended.
    var sinceLastTurn: Int64 {
        let turned = turned.load(ordering: .relaxed)
        return turned == .max ? 0 : max(0, SystemClock.monotonicMicroseconds.count - turned)
    }

    var statistics: DeliveryStatistics { state.withLock { $0.statistics } }

    // The delivery thread's side.

    /// All that has come in. Clears the signal first, so that mail put from now on signals again.
    func take() -> Mail {
        var count: UInt64 = 0
        _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
        return state.withLock { state in
            var mail = Mail()
            swap(&mail, &state.mail)
            mail.isStopping = state.phase != .open
            state.isSignalled = false
            return mail
        }
    }

    func publish(_ statistics: DeliveryStatistics) { state.withLock { $0.statistics = statistics } }

    /// The thread has come round.
    func turn(at now: MonotonicMicroseconds) { turned.store(now.count, ordering: .relaxed) }

    /// The thread's last act.
    func end() {
        turned.store(.max, ordering: .relaxed)
        let waiters = state.withLock { state in
            state.phase = .ended
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func signal(_ state: inout State) -> Bool {
        guard !state.isSignalled else { return false }
        state.isSignalled = true
        return true
    }

    private func wake() {
        var one: UInt64 = 1
        // It cannot be full: nobody adds before the thread has read.
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }
}
