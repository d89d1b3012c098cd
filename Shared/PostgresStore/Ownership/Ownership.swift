import Dispatch
import Synchronization
import TaskDomain

/// That a scheduler has a database for itself: shows others that it lives, and tells for how long it may believe that it still has it.
///
/// Which writes count is not its matter: the fence is that, which each transaction begins with. A scheduler that stood still may have been
/// taken for dead, and what it has in memory may be another's by now: so it hands nothing out that it does not know to be its own.
public final class Ownership: Sendable {
    /// So long from when a beat that arrived had left, milliseconds. Shorter than ``OwnerWatch/silenceMilliseconds``, which others count from
    /// when they saw it.
    static let trustMilliseconds: Int64 = 2_500

    /// Of this process: no other has the same.
    let instance: String
    /// Tells once that another has taken the database over, or that it has gone on on another server. For one reader.
    public let losses: AsyncStream<Void>
    /// Which server has it.
    public let server = ServerWatch()

    private struct State {
        var backends: [Backend] = []
        var store = "", term: Int64 = 0
        /// When it was taken from one that did not give it back; `nil`: it was given back, or had by nobody.
        var succeededAt: MonotonicMilliseconds?
        var isShown = false, isLost = false
        var isAlive: @Sendable () -> Bool = { true }
    }

    private let state = Mutex(State())
    private let loss: AsyncStream<Void>.Continuation
    private let over = DispatchSemaphore(value: 0)
    /// Milliseconds of ``SystemClock/sinceBoot``.
    private let trustedUntil = Atomic<Int64>(.min)

    init() {
        instance = String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
        (losses, loss) = AsyncStream.makeStream(of: Void.self)
    }

    /// Whether what the scheduler has may be handed out. From any thread, without a lock.
    public var isTrusted: Bool { SystemClock.sinceBoot.count < trustedUntil.load(ordering: .relaxed) }

    /// Has it beat only while the scheduler gets on: one that hangs must not look alive.
    public func beats(while isAlive: @escaping @Sendable () -> Bool) { state.withLock { $0.isAlive = isAlive } }

    var isAlive: Bool {
        let (isShown, isAlive) = state.withLock { ($0.isShown, $0.isAlive) }
        return isShown && isAlive()
    }

    /// Another has the database, or it has gone on on another server.
    public var isLost: Bool { state.withLock { $0.isLost } }

    /// Waits for so long at most until nothing is to be shown any more.
    func isOver(within milliseconds: Int) -> Bool {
        guard over.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return false }
        // Whoever asks again is told again.
        over.signal()
        return true
    }

    /// The processes of the server that serve its writing connections.
    var backends: [Backend] {
        get { state.withLock { $0.backends } }
        set { state.withLock { $0.backends = newValue } }
    }

    /// Which database it is, and how often it has been taken, this time included.
    public var tenure: (store: String, term: Int64) { state.withLock { ($0.store, $0.term) } }

    /// Whether one that had the database before may still take itself for its owner: it lost its lock, which may be all that it lost.
    public var mayHaveRival: Bool {
        guard let at = state.withLock({ $0.succeededAt }) else { return false }
        return SystemClock.sinceBoot - at < Self.trustMilliseconds
    }

    /// Its row is there.
    /// - Parameter isSuccessor: there was another's.
    func shown(isSuccessor: Bool) {
        let now = SystemClock.sinceBoot
        state.withLock { state in
            state.isShown = true
            if isSuccessor { state.succeededAt = now }
        }
    }

    /// The database has been taken.
    func began(of store: String) { state.withLock { $0.store = store } }

    /// Shards have been taken.
    func took(with epoch: Int64) { state.withLock { $0.term = max($0.term, epoch) } }

    /// A beat has arrived.
    /// - Parameter sent: when it left, which is before anybody could see it.
    func arrived(sent: MonotonicMilliseconds) {
        // From one thread at a time, in order.
        trustedUntil.store(sent.count + Self.trustMilliseconds, ordering: .relaxed)
    }

    /// Another has the database.
    func lose() {
        state.withLock { $0.isLost = true }
        end()
        loss.yield()
        loss.finish()
    }

    /// The scheduler gives the database back.
    func end() {
        over.signal()
        trustedUntil.store(.min, ordering: .relaxed)
    }

    deinit { loss.finish() }
}
