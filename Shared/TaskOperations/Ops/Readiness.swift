import Synchronization

/// Whether a service can do its job now: named checks that its parts set, and `/readyz` shows.
///
/// It begins as not ready. A part that is not there yet is announced with ``expect(_:)``, so that the service is not
/// taken for ready before that part has reported.
public final class Readiness: Sendable {
    /// What a check says.
    public enum State: Sendable, Hashable {
        case ok
        /// Ready, with something that an operator should know.
        case notice(String)
        /// Why not, for an operator.
        case failing(String)
    }

    /// The longest reason in bytes; and how many checks there may be, beyond which new names are ignored.
    static let maxReasonBytes = 200, maxChecks = 100

    private struct Checks {
        var states: [String: State] = [:]
        /// Of parts that beat: how long ago the last beat was.
        var ages: [String: @Sendable () -> Duration] = [:]
        var isDraining = false
    }

    private let checks = Mutex(Checks())

    /// - Parameter expected: checks that fail until they are set.
    public init(expecting expected: String...) {
        for name in expected { expect(name) }
    }

    /// Announces a check: it fails until it is set. No change if there is one of that name.
    public func expect(_ name: String) {
        checks.withLock { checks in
            if checks.states[name] == nil, checks.states.count < Self.maxChecks { checks.states[name] = .failing("not reported yet") }
        }
    }

    /// Sets a check, which need not have been announced.
    public func set(_ name: String, _ state: State) {
        checks.withLock { checks in
            if checks.states[name] != nil || checks.states.count < Self.maxChecks { checks.states[name] = state }
        }
    }

    /// Watches a part that beats: the service is neither ready nor alive while its last beat is longer ago than ``Heartbeat/limit``.
    public func watch(_ name: String, _ heartbeat: Heartbeat) { watch(name) { heartbeat.age } }

    /// - Parameter age: how long ago the part's last beat was, on the monotonic clock. Called from any thread; does not wait for it.
    public func watch(_ name: String, age: @escaping @Sendable () -> Duration) {
        checks.withLock { checks in
            if checks.ages[name] != nil || checks.ages.count < Self.maxChecks { checks.ages[name] = age }
        }
    }

    /// Each part that does not get on, as `name: what`, sorted by name. A restart may help, and nothing else does. Empty: alive.
    public var stalled: [String] {
        checks.withLock { $0.ages }.sorted { $0.key < $1.key }.compactMap { name, age in
            let age = age()
            guard age > Heartbeat.limit else { return nil }
            let words = "has not got on for \(age.components.seconds) s; \(Heartbeat.limit.components.seconds) s are allowed"
            return OneLine.escaping("\(name): \(words)", limit: Self.maxReasonBytes)
        }
    }

    /// From here on the service is not ready, whatever its parts say: it is being stopped.
    public func drain() { checks.withLock { $0.isDraining = true } }

    public var isReady: Bool { failures.isEmpty }

    /// Each failing check as `name: reason`, sorted by name. Empty: ready.
    public var failures: [String] {
        let checks = checks.withLock { $0 }
        if checks.isDraining { return ["shutdown: the service is stopping"] }
        if checks.states.isEmpty { return ["start: no check has reported yet"] }
        return stalled + Self.lines(of: checks) { if case .failing(let reason) = $0 { reason } else { nil } }
    }

    /// What an operator should know although it is ready, as `name: what`, sorted by name.
    public var notices: [String] {
        Self.lines(of: checks.withLock { $0 }) { if case .notice(let what) = $0 { what } else { nil } }
    }

    private static func lines(of checks: Checks, _ text: (State) -> String?) -> [String] {
        checks.states.sorted { $0.key < $1.key }.compactMap { name, state in
            text(state).map { OneLine.escaping("\(name): \($0)", limit: maxReasonBytes) }
        }
    }
}
