import SchedulerCore
import Storage
import TaskDomain

/// Which strands a scheduler's process has: it takes some as it starts and others later, gives them away, loses them, and has them again.
/// Meanwhile nobody has them.
final class StrandKeeping {
    private enum State {
        case own, away
        /// Another has it, which it does not know yet.
        case losing
        /// It is being released, and is to be away for so long.
        case leaving(Int64)
    }

    private final class Kept {
        var state = State.away
        /// By which the store knows its writes, and the shards as they were taken.
        var taking = 0, shards: [OwnedShard] = []
        /// Batches of it that the store has not answered.
        var unanswered = 0
        /// It goes when it is read next.
        var goWhenRead: (() -> Void)?
        /// What is read of it is told when it is there again.
        var isStuck = false
        var late: [Event] = []
    }

    private unowned let life: Life, process: SchedulerProcess
    private let kept: [Kept]

    init(_ life: Life, _ process: SchedulerProcess) {
        self.life = life
        self.process = process
        kept = (0..<life.plan.strands).map { _ in Kept() }
    }

    private func strand(of shard: Shard) -> Kept { kept[life.store.strand(of: shard)] }

    /// Whether a shard is its own, as far as it knows.
    func owns(_ shard: Shard) -> Bool {
        switch strand(of: shard).state {
        case .own, .losing: true
        case .away, .leaving: false
        }
    }

    /// Whether shards are still its own as they were taken then.
    func isTaken(_ shards: [OwnedShard]) -> Bool {
        guard let first = shards.first?.shard else { return false }
        return owns(first) && strand(of: first).shards == shards
    }

    // MARK: Coming

    /// The process has opened the store.
    func begin(_ strands: [ModelStore.Taken], queues: [QueueSettings]) {
        for taken in strands {
            let late = taken.strand < life.plan.lateMilliseconds.count ? life.plan.lateMilliseconds[taken.strand] : 0
            if late > 0 { takeBack(taken.strand, in: late) } else { take(taken, queues) }
        }
    }

    private func take(_ taken: ModelStore.Taken, _ queues: [QueueSettings] = []) {
        let strand = kept[taken.strand]
        strand.state = .own
        (strand.taking, strand.shards, strand.unanswered) = (taken.taking, taken.shards, 0)
        process.zonesOf(taken)
        process.handle(.take(taken.shards, rejoin: taken.workers, queues: queues, passed: taken.passed))
        // They came by a way of their own.
        strand.isStuck = false
        for event in strand.late { life.timeline.schedule(in: life.chance.int(0...5), for: process) { [self] in process.handle(event) } }
        strand.late = []
    }

    private func takeBack(_ strand: Int, in milliseconds: Int64) {
        life.timeline.schedule(in: milliseconds, for: process) { [self] in
            guard !process.isDraining else { return }
            guard life.store.isWritable(strand) else { return takeBack(strand, in: 500) }
            let taken = life.store.take(strand)
            life.checker.taken(taken)
            take(taken)
            process.ask(about: taken.shards)
        }
    }

    // MARK: Going

    /// A strand is given away, or another takes it, which is noticed a moment later; every other time while it is read, and then over a
    /// connection that tells of it much later.
    func goes(_ number: Int, isPlanned: Bool, for milliseconds: Int64) {
        let number = number % kept.count
        guard life.chance.one(in: 2) else { return go(number, isPlanned, milliseconds) }
        kept[number].goWhenRead = { [unowned self] in
            guard life.isFaulty else { return }
            life.checker.isTroubled(for: milliseconds)
            go(number, isPlanned, milliseconds)
            if case .own = kept[number].state {} else { kept[number].isStuck = true }
        }
    }

    private func go(_ number: Int, _ isPlanned: Bool, _ milliseconds: Int64) {
        let strand = kept[number], shards = life.store.shards(of: number)
        guard case .own = strand.state else { return }
        guard !isPlanned else {
            strand.state = .leaving(milliseconds)
            life.checker.went(shards)
            return process.handle(.release(shards[0]))
        }
        strand.state = .losing
        life.store.lose(number)
        life.timeline.schedule(in: life.chance.spread(1...500), for: process) { [self] in
            strand.state = .away
            life.checker.went(shards)
            takeBack(number, in: milliseconds)
            process.handle(.lose(shards[0]))
        }
    }

    /// Nothing of a strand is on its way any more.
    func released(_ shards: [Shard]) {
        let strand = strand(of: shards[0])
        guard case .leaving(let milliseconds) = strand.state else { return }
        if strand.unanswered > 0 { life.checker.releasedEarly(shards[0]) }
        strand.state = .away
        takeBack(life.store.strand(of: shards[0]), in: milliseconds)
    }

    // MARK: Reads

    /// Something of a strand is about to be read.
    /// - Returns: what takes the answer.
    func reads(_ shard: Shard) -> (Event) -> Void {
        let strand = strand(of: shard)
        if let go = strand.goWhenRead {
            strand.goWhenRead = nil
            process.later(go)
        }
        return { [self] event in
            if strand.isStuck { strand.late.append(event) } else { process.later { [self] in process.handle(event) } }
        }
    }

    // MARK: Writes

    func submit(_ writes: [StoreWrite], of shard: Shard, completion: @escaping (Result<[StoreWriteResult], StoreError>) -> Void) {
        let strand = strand(of: shard), taking = strand.taking
        strand.unanswered += 1
        life.store.submit(writes, of: shard, taking: taking) { result in
            if strand.taking == taking { strand.unanswered -= 1 }
            completion(result)
        }
    }

    /// By the first shard of a strand: its others are written with it.
    func first(of shard: Shard) -> Shard { life.store.shards(of: life.store.strand(of: shard))[0] }

    /// Creates, and marks of zones, reach the store beside what the core has written.
    func create(_ write: StoreWrite, in shard: Shard, completion: @escaping (Result<[StoreWriteResult], StoreError>) -> Void) {
        life.store.submit([write], of: shard, taking: strand(of: shard).taking, completion: completion)
    }
}
