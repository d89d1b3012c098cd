import TaskDomain

/// The worker's account of one stream: what came over it, and what may still come.
struct StreamCredit {
    /// Occurrences that came over the stream.
    private(set) var received = 0
    /// How many may come in all, as the scheduler was told last.
    private(set) var limit = 0
    /// How many may come in all, as long as the scheduler has not answered that it knows of a lower limit.
    private(set) var bound = 0
    /// Places that its occurrences take.
    var held = 0
    /// Places that are meant for it.
    fileprivate(set) var share = 0
    /// When its scheduler was last told that it may hand out more.
    fileprivate var since = MonotonicMilliseconds.distantPast
    /// Whether the scheduler has not answered a lower limit. Until it has, no other is said that is lower still.
    private(set) var isLowering = false
    /// When it was told of that.
    private var loweredAt = MonotonicMilliseconds.distantPast
    /// Whether it has not answered for so long that others have the places that were kept for it: it may stand still, and another scheduler
    /// have taken over what it had.
    private(set) var isOverdue = false
    /// Whether there are fewer places than there were.
    fileprivate var mustFall = false

    /// Places that are kept free for what may still come.
    var open: Int { isOverdue ? 0 : max(0, bound - received) }
    /// Whether its scheduler could not hand out more: it may have more.
    var isUsedUp: Bool { limit <= received }
    /// Places that it is to have besides those that it takes.
    var wanted: Int { max(0, share - held) }

    /// So many occurrences came.
    mutating func receive(_ count: Int = 1) { received += count }

    /// The scheduler has answered the lower limit, behind all that it had handed out before.
    mutating func confirmed() {
        (bound, isLowering, isOverdue) = (max(limit, received), false, false)
    }

    /// The scheduler is told another limit.
    fileprivate mutating func say(_ new: Int, now: MonotonicMilliseconds) {
        if new < limit, !isLowering { (isLowering, loweredAt) = (true, now) }
        (bound, limit) = (max(bound, new), new)
    }

    /// It is seen whether the scheduler takes too long to answer a lower limit.
    fileprivate mutating func look(now: MonotonicMilliseconds) {
        if isLowering, now - loweredAt >= Shares<Int>.answerMilliseconds { isOverdue = true }
    }
}

/// How a worker shares its places among the schedulers that it is connected to.
///
/// Every place is meant for one stream. A stream that has used up what it had is given what others have and do not use: they keep
/// ``floor`` each, so that what falls due there begins without a round trip. What is meant for a stream is promised to it only when it
/// is certain that nobody else can fill it.
struct Shares<ID: Hashable & Comparable> {
    static var floor: Int { 4 }
    /// How long a stream keeps a place that it does not use, where there are fewer places than streams and they go round.
    static var turnMilliseconds: Int64 { 50 }
    /// How long a scheduler may take to answer a lower limit before others have the places that are kept for it. What it hands out then is
    /// given back where there is no place for it.
    static var answerMilliseconds: Int64 { 500 }

    /// Those that are open.
    private(set) var streams: [ID: StreamCredit] = [:]
    private var spreadOver = (places: 0, streams: 0)
    private var now = MonotonicMilliseconds.distantPast
    /// Whether more may come than there are places for: some were kept for a scheduler that took too long to answer, and are others' now.
    private(set) var isOverdrawn = false

    /// It is seen whether what may come fits again.
    mutating func settle(_ places: Int, held: Int) {
        guard isOverdrawn, !streams.values.contains(where: { $0.isOverdue }) else { return }
        isOverdrawn = held + streams.values.reduce(0) { $0 + $1.open } > places
    }

    subscript(_ id: ID) -> StreamCredit? {
        get { streams[id] }
        set { streams[id] = newValue }
    }

    /// Whether there are too few places for each stream to have one.
    func goesRound(_ places: Int) -> Bool { (1..<max(1, streams.count)).contains(places) }

    /// Finds how many places are meant for each stream.
    mutating func spread(_ places: Int, now: MonotonicMilliseconds) {
        guard !streams.isEmpty else { return }
        let isNew = spreadOver != (places, streams.count), floor = min(Self.floor, places / streams.count)
        spreadOver = (places, streams.count)
        self.now = now
        for id in streams.keys { streams[id]?.look(now: now) }
        isOverdrawn = isOverdrawn || streams.values.contains { $0.isOverdue }
        let takers = streams.keys.filter { isNew || takesMore($0) }.sorted { isBefore($0, $1, floor: floor) }
        guard !takers.isEmpty else { return }
        var left = places
        for (id, stream) in streams where !takers.contains(id) {
            if floor > 0 || (!stream.isUsedUp && now - stream.since >= Self.turnMilliseconds) {
                streams[id]?.share = min(stream.share, stream.held + floor)
            }
            left -= streams[id]?.share ?? 0
        }
        left = max(0, left)
        for (index, id) in takers.enumerated() {
            streams[id]?.share = left / takers.count + (index < left % takers.count ? 1 : 0)
        }
    }

    /// Whether a stream has used up what it had, and is not about to be given more.
    private func takesMore(_ id: ID) -> Bool { streams[id].map { $0.isUsedUp && $0.wanted == 0 } ?? false }

    /// The odd places stay where they are, or go round.
    private func isBefore(_ a: ID, _ b: ID, floor: Int) -> Bool {
        guard let one = streams[a], let other = streams[b] else { return a < b }
        if floor > 0, one.share != other.share { return one.share > other.share }
        return one.since != other.since ? one.since < other.since : a < b
    }

    /// There are fewer places than there were.
    mutating func mustFall() { for id in streams.keys { streams[id]?.mustFall = true } }

    /// What the scheduler of a stream is to be told, counted as said; `nil`: nothing new.
    /// - Parameter held: places that are taken, also by what came over streams that are over.
    mutating func newLimit(of id: ID, places: Int, held: Int, mayGrow: Bool) -> Int? {
        guard var stream = streams[id] else { return nil }
        defer { streams[id] = stream }
        let wanted = stream.received + stream.wanted
        guard wanted < stream.limit else {
            stream.mustFall = false
            let free = max(0, places - held - streams.values.reduce(0) { $0 + $1.open })
            let limit = min(wanted, max(stream.bound, stream.received) + free)
            guard mayGrow, limit > stream.limit else { return nil }
            stream.since = now
            stream.say(limit, now: now)
            return limit
        }
        guard !stream.isLowering else { return nil }
        let isMissed = streams.contains { $0.key != id && $0.value.isUsedUp && $0.value.wanted > 0 }
        guard isMissed || stream.mustFall else { return nil }
        stream.mustFall = false
        stream.say(wanted, now: now)
        return wanted
    }
}
