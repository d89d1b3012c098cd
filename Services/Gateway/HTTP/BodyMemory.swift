import Metrics
import Synchronization

/// The memory that the bodies of all requests under way may take together, whatever the number of connections.
///
/// A body that comes whole in one go, as nearly all do, is charged for when it is there, by one atomic addition. Any other has its
/// length reserved before the rest of it is read, so that nobody waits for memory while holding some. Bodies that are still arriving
/// may have half of the memory: however many callers send slowly, there is room for those who do not. Where that half is taken, the
/// caller goes that has been longest without sending ``Pace/bytes``, if that is longer than ``Pace/patience``.
final class BodyMemory: Sendable {
    static let defaultBytes = 64 << 20
    /// Sizes that may be asked for, in bytes. The least of them carries out one body of the longest, and receives four.
    static let sizes = (24 << 20)...(1 << 40)
    /// Memory that carrying out a request takes, for each byte of its body: the body, the values that it is read as, the reminders that
    /// they become, and the message to the scheduler.
    static let copies = 6

    /// The bytes that a caller must send, and in which time, to be sure of its place.
    struct Pace: Sendable {
        var bytes = 64 << 10
        var patience = Duration.seconds(1)
    }

    /// A body that is arriving.
    struct Place: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    /// Why a body was not read to its end.
    enum Refusal: Error, Sendable, CaseIterable {
        /// There is no memory for it.
        case full
        /// Its place went to another caller's.
        case slow
    }

    let limit: Int
    let pace: Pace
    private let taken = Atomic<Int>(0)
    private let arriving: Mutex<Arriving>
    private let held: Meter
    private let refusals: [Refusal: Counter]

    init(limit: Int = BodyMemory.defaultBytes, pace: Pace = Pace(), metrics: any MetricsFactory = MetricsSystem.factory) {
        self.limit = limit
        self.pace = pace
        arriving = Mutex(Arriving())
        held = Meter(label: "gateway_body_memory_bytes", factory: metrics)
        refusals = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map { refusal in
                (refusal, Counter(label: "gateway_refused_bodies", dimensions: [("reason", "\(refusal)")], factory: metrics))
            })
    }

    /// Bytes that are taken now.
    var bytes: Int { taken.load(ordering: .relaxed) }

    func count(_ refusal: Refusal) { refusals[refusal]?.increment() }

    // MARK: Bodies that are there

    /// Memory that carrying out a request with that body takes.
    static func charge(_ bodyBytes: Int) -> Int { bodyBytes * copies }

    /// Takes memory for a body that has come whole.
    /// - Returns: what it took, to be given back with ``leave(_:)``; `nil` if there is not as much.
    func enter(_ bodyBytes: Int, now: ContinuousClock.Instant = .now) -> Int? {
        guard bodyBytes > 0 else { return 0 }
        let charge = Self.charge(bodyBytes)
        if take(charge) { return charge }
        let evicted = arriving.withLock { evict(from: &$0, until: { $0.bytes == 0 || fits(charge) }, now) }
        tell(evicted)
        return take(charge) ? charge : nil
    }

    /// Gives back what a request took.
    func leave(_ charge: Int) {
        if charge > 0 { add(-charge) }
    }

    // MARK: Bodies that are arriving

    /// Reserves the length of a body whose rest is yet to come.
    /// - Parameter evict: called, on any thread, when the place goes to another body; what was reserved is given back then.
    /// - Returns: `nil` if there is not as much.
    func begin(
        _ bodyBytes: Int, now: ContinuousClock.Instant = .now, evict: @escaping @Sendable (Place) -> Void
    ) -> Place? {
        let (place, evicted) = arriving.withLock { arriving in
            let share = limit / 2
            let evicted = self.evict(
                from: &arriving, until: { $0.bytes + bodyBytes <= share && fits(bodyBytes) }, now)
            guard arriving.bytes + bodyBytes <= share, take(bodyBytes) else { return (Place?.none, evicted) }
            return (arriving.append(bodyBytes, now, evict), evicted)
        }
        tell(evicted)
        return place
    }

    /// ``Pace/bytes`` of that body have come since it began or was last said to go on.
    func goesOn(_ place: Place, now: ContinuousClock.Instant = .now) {
        arriving.withLock { $0.touch(place, now) }
    }

    /// That body is whole: what it had reserved becomes what carrying it out takes.
    /// - Returns: the latter, to be given back with ``leave(_:)``; or why it cannot be carried out.
    func complete(_ place: Place, _ bodyBytes: Int, now: ContinuousClock.Instant = .now) -> Result<Int, Refusal> {
        guard end(place) else { return .failure(.slow) }
        guard let charge = enter(bodyBytes, now: now) else { return .failure(.full) }
        return .success(charge)
    }

    /// Nothing more is read of that body. Gives back what it had reserved.
    /// - Returns: whether it still had its place.
    @discardableResult
    func end(_ place: Place) -> Bool {
        guard let reserved = arriving.withLock({ $0.remove(place) }) else { return false }
        add(-reserved)
        return true
    }

    // MARK: Room

    /// Makes those leave that are slower than they may be, the slowest first, until there is room.
    /// - Returns: those who are to be told.
    private func evict(
        from arriving: inout Arriving, until hasRoom: (Arriving) -> Bool, _ now: ContinuousClock.Instant
    ) -> [Arriving.Body] {
        var evicted: [Arriving.Body] = []
        while !hasRoom(arriving), let body = arriving.slowest(since: now - pace.patience) {
            if let reserved = arriving.remove(body.place) { add(-reserved) }
            count(.slow)
            evicted.append(body)
        }
        return evicted
    }

    /// Outside of the lock, since it leads to channels.
    private func tell(_ evicted: [Arriving.Body]) {
        for body in evicted { body.evict(body.place) }
    }

    private func fits(_ bytes: Int) -> Bool { taken.load(ordering: .relaxed) + bytes <= limit }

    private func take(_ bytes: Int) -> Bool {
        let after = taken.add(bytes, ordering: .relaxed).newValue
        guard after <= limit else {
            taken.subtract(bytes, ordering: .relaxed)
            return false
        }
        held.set(Int64(after))
        return true
    }

    private func add(_ bytes: Int) { held.set(Int64(taken.add(bytes, ordering: .relaxed).newValue)) }
}

extension BodyMemory {
    /// The bodies that are arriving, in the order in which they last went on: a list whose links are keys, so that a body moves to
    /// its end, and leaves it, in constant time.
    fileprivate struct Arriving {
        struct Body: Sendable {
            let place: Place
            let reserved: Int
            let evict: @Sendable (Place) -> Void
            var wentOn: ContinuousClock.Instant
            var previous: Place?, next: Place?
        }

        private var bodies: [Place: Body] = [:]
        private var first: Place?, last: Place?
        private var latest: UInt64 = 0
        /// Reserved by all of them.
        private(set) var bytes = 0

        mutating func append(_ reserved: Int, _ now: ContinuousClock.Instant, _ evict: @escaping @Sendable (Place) -> Void) -> Place {
            latest += 1
            let place = Place(number: latest)
            bytes += reserved
            link(Body(place: place, reserved: reserved, evict: evict, wentOn: now))
            return place
        }

        /// The first in order, if it has not gone on since then.
        func slowest(since then: ContinuousClock.Instant) -> Body? {
            guard let body = first.flatMap({ bodies[$0] }), body.wentOn <= then else { return nil }
            return body
        }

        mutating func touch(_ place: Place, _ now: ContinuousClock.Instant) {
            guard var body = unlink(place) else { return }
            body.wentOn = now
            link(body)
        }

        /// - Returns: what it had reserved; `nil` if it is not there.
        mutating func remove(_ place: Place) -> Int? {
            guard let body = unlink(place) else { return nil }
            bytes -= body.reserved
            return body.reserved
        }

        private mutating func link(_ body: Body) {
            var body = body
            (body.previous, body.next) = (last, nil)
            if let last { bodies[last]?.next = body.place } else { first = body.place }
            last = body.place
            bodies[body.place] = body
        }

        private mutating func unlink(_ place: Place) -> Body? {
            guard let body = bodies.removeValue(forKey: place) else { return nil }
            if let previous = body.previous { bodies[previous]?.next = body.next } else { first = body.next }
            if let next = body.next { bodies[next]?.previous = body.previous } else { last = body.previous }
            return body
        }
    }
}

extension BodyMemory.Refusal {
    var problem: Problem {
        switch self {
        case .full:
            .unavailable(
                "this gateway has no memory left for bodies; nothing was done",
                cause: "GATEWAY_BODY_MEMORY is taken; run more gateways, send smaller batches, or raise it")
        case .slow:
            Problem(
                .requestTimeout, "the body came so slowly that its place went to another; nothing was done",
                headers: [.connection: "close"])
        }
    }
}
