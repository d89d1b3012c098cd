import Synchronization
import TaskJSON

/// Those who listen to what happens, and what they are told: first how everything stands, then what has changed.
///
/// However many listen, one stream comes from a scheduler (``OverviewWatch``), as long as somebody does.
final class EventHub: Sendable {
    /// Listeners at once.
    static let maxListeners = 64
    /// Events that wait for one listener; one that takes less is dropped.
    static let maxWaiting = 32
    /// The longest silence.
    static let heartbeat = Duration.seconds(10)
    /// How often it is looked whether a listener may still listen.
    static let checkInterval = Duration.seconds(2)
    /// What a browser waits before it comes again, in milliseconds.
    private static let retryMilliseconds = 2_000

    private struct Member {
        let continuation: AsyncStream<[UInt8]>.Continuation
        let mayListen: @Sendable () -> Bool
        /// It has been told how everything stands.
        var isToldAll = false
        var lastSent: ContinuousClock.Instant
        var lastChecked: ContinuousClock.Instant
    }

    private struct State {
        var members: [UInt64: Member] = [:]
        var nextMember: UInt64 = 1
        var events = KeptEvents()
        /// How everything stands; `nil`: not known.
        var snapshot: JSONObject?
        /// What was said when no scheduler answered any more; `nil`: one does, or none has yet been heard.
        var away: [UInt8]?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let changed: @Sendable (EventHub) -> Void
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter changed: called when the first listener has come and when the last has gone; from any thread.
    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, changed: @escaping @Sendable (EventHub) -> Void) {
        self.now = now
        self.changed = changed
    }

    var isEmpty: Bool { state.withLock { $0.members.isEmpty } }

    // MARK: Listeners

    /// - Parameters:
    ///   - last: the id of the last event that it has, from an earlier time.
    ///   - mayListen: whether it still may; asked again and again.
    /// - Throws: 503 where there is no room, or the gateway stops.
    func listen(after last: String?, mayListen: @escaping @Sendable () -> Bool) throws(Problem) -> EventListener {
        let (messages, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.maxWaiting))
        let now = now()
        let result: Result<(id: UInt64, isFirst: Bool), Problem> = state.withLock { state in
            guard !state.isClosed else { return .failure(.unavailable("this gateway is stopping", cause: "it stops")) }
            guard state.members.count < Self.maxListeners else {
                return .failure(
                    .unavailable("\(Self.maxListeners) listen to events already; ask for what there is instead", cause: "the bound of listeners is reached"))
            }
            var member = Member(continuation: continuation, mayListen: mayListen, lastSent: now, lastChecked: now)
            var first = Array("retry: \(Self.retryMilliseconds)\n\n".utf8)
            if let missed = Self.missed(after: last, state) {
                first += missed.joined()
                member.isToldAll = true
            } else if let away = state.away {
                first += away
            } else if let snapshot = state.snapshot {
                first += state.events.latest("snapshot", .object(snapshot))
                member.isToldAll = true
            }
            _ = continuation.yield(first)
            let id = state.nextMember
            state.nextMember += 1
            state.members[id] = member
            return .success((id, state.members.count == 1))
        }
        let (id, isFirst) = try result.get()
        if isFirst { changed(self) }
        return EventListener(messages) { [weak self] in self?.left(id) }
    }

    /// What came after an event; `nil`: a listener that has it has to be told all.
    private static func missed(after last: String?, _ state: State) -> [[UInt8]]? {
        guard let missed = last.flatMap({ state.events.missed(after: $0) }), !missed.isEmpty || state.snapshot != nil else { return nil }
        return missed
    }

    private func left(_ id: UInt64) {
        let isLast = state.withLock { state in
            guard state.members.removeValue(forKey: id) != nil else { return false }
            return Self.forgetIfEmpty(&state)
        }
        if isLast { changed(self) }
    }

    /// What nobody listens to is not kept: it would soon be old.
    private static func forgetIfEmpty(_ state: inout State) -> Bool {
        guard state.members.isEmpty else { return false }
        state.events.forget()
        (state.snapshot, state.away) = (nil, nil)
        return true
    }

    // MARK: Events

    /// A scheduler has said how everything stands.
    func stands(_ new: JSONObject) {
        tell { state in
            let former = state.away == nil ? state.snapshot : nil
            state.snapshot = new
            state.away = nil
            guard let former else {
                let all = state.events.add("snapshot", .object(new))
                return { _ in all }
            }
            let difference = Self.difference(former, new)
            let change = difference.map { state.events.add("change", .object($0)) }
            let all = state.events.latest("snapshot", .object(new))
            return { $0.isToldAll ? change : all }
        }
    }

    /// No scheduler answers.
    func isAway(_ detail: String, at milliseconds: Int64) {
        tell { state in
            guard state.away == nil else { return { _ in nil } }
            let away = state.events.add("away", ["at_ms": .integer(milliseconds), "detail": .string(detail)])
            state.away = away
            return { _ in away }
        }
    }

    /// The members that differ, each whole; `nil`: none but the time does.
    private static func difference(_ a: JSONObject, _ b: JSONObject) -> JSONObject? {
        var difference = JSONObject()
        for member in b.members where member.name != "at_ms" && a[member.name] != member.value { difference[member.name] = member.value }
        guard !difference.members.isEmpty else { return nil }
        difference["at_ms"] = b["at_ms"]
        return difference
    }

    /// - Parameter make: makes the event of each listener.
    private func tell(_ make: (inout State) -> (Member) -> [UInt8]?) {
        let now = now()
        let isLast = state.withLock { state in
            guard !state.members.isEmpty else { return false }
            let event = make(&state)
            for (id, member) in state.members {
                guard let bytes = event(member) else { continue }
                send(bytes, to: id, isAll: state.snapshot != nil && state.away == nil, now, &state)
            }
            return Self.forgetIfEmpty(&state)
        }
        if isLast { changed(self) }
    }

    private func send(_ bytes: [UInt8], to id: UInt64, isAll: Bool, _ now: ContinuousClock.Instant, _ state: inout State) {
        guard let member = state.members[id] else { return }
        if case .enqueued = member.continuation.yield(bytes) {
            state.members[id]?.lastSent = now
            if isAll { state.members[id]?.isToldAll = true }
        } else {
            // It takes less than there is.
            member.continuation.finish()
            state.members[id] = nil
        }
    }

    // MARK: Time

    /// Ends those that may not listen any more, and lets nobody wait in silence. To be called a few times a second while somebody listens.
    func tick() {
        let now = now()
        let due = state.withLock { state in
            for (id, member) in state.members where now - member.lastSent >= Self.heartbeat {
                send(Array(": still here\n\n".utf8), to: id, isAll: false, now, &state)
            }
            return state.members.filter { now - $0.value.lastChecked >= Self.checkInterval }.map { ($0.key, $0.value.mayListen) }
        }
        // Outside of the lock: the keys may have to be read anew.
        let ended = Set(due.filter { !$0.1() }.map(\.0))
        let isLast = state.withLock { state in
            for (id, _) in due { state.members[id]?.lastChecked = now }
            for id in ended { end(id, "the key or the session by which this began is not good any more", &state) }
            return !ended.isEmpty && Self.forgetIfEmpty(&state)
        }
        if isLast { changed(self) }
    }

    /// Ends all, and takes nobody any more.
    func close() {
        state.withLock { state in
            state.isClosed = true
            for id in state.members.keys { end(id, "this gateway is stopping", &state) }
            _ = Self.forgetIfEmpty(&state)
        }
        changed(self)
    }

    private func end(_ id: UInt64, _ detail: String, _ state: inout State) {
        guard let member = state.members.removeValue(forKey: id) else { return }
        let data: JSONValue = ["detail": .string(detail)]
        _ = member.continuation.yield(Array("event: end\ndata: ".utf8) + data.bytes() + Array("\n\n".utf8))
        member.continuation.finish()
    }
}
