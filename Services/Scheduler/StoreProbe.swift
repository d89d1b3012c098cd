import Storage
import TaskDomain
import TaskOperations

/// Finds out whether the store still writes what is handed to it: now and then it hands over a write of nothing, which has its turn
/// behind all others and so is answered once they are on stable storage.
///
/// While it waits, a write of others that succeeds says the same: a store that is merely busy gets on.
///
/// @unchecked Sendable is safe because every mutable member is used on the scheduler's event loop only.
final class StoreProbe: @unchecked Sendable {
    private static let intervalMilliseconds: Int64 = 500

    /// Beats when nothing waited, and when something was written since. For any thread.
    let pulse = Heartbeat()
    /// The last one was refused: the store can be asked and cannot write. No probe says this of a full disk, which writes of nothing
    /// do not need.
    private(set) var isRefused = false
    private let store: any Store
    private var isWaiting = false, hasWritten = false
    /// When the next may be sent.
    private var next = MonotonicMilliseconds.distantPast

    init(_ store: any Store) { self.store = store }

    /// Something that was handed to the store is on stable storage.
    func wrote() { hasWritten = true }

    /// Called a moment after the loop's ticks, at least about twice a second.
    func look(now: MonotonicMilliseconds) {
        if hasWritten || !isWaiting { pulse.beat() }
        hasWritten = false
        guard !isWaiting, now >= next else { return }
        isWaiting = true
        next = now + Self.intervalMilliseconds
        store.submit([]) { [self] result in
            isWaiting = false
            if case .success = result { (hasWritten, isRefused) = (true, false) } else { isRefused = true }
        }
    }
}
