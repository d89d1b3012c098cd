import Storage
import TaskDomain

/// Strands that go to another scheduler.
extension SchedulerCore {
    /// A strand is to go. From now on nothing of it is taken in or handed out: what its workers say they tell its next owner, too. What is
    /// on its way to the store is written and answered first, so that its next owner finds it.
    mutating func release(_ shard: Shard) {
        guard let strand = strands[shard] else { return }
        for (key, claim) in leases.claims.all where strands[key.reminder.shard] === strand {
            if claim.outcome == nil { changing[key.reminder]?.doubtful.append(key) }
            leases.claims.remove(key)
        }
        retire(strand)
    }

    /// A strand is another's already: what was to be written of it is not known to be stored, and nobody is told that it is.
    mutating func lose(_ shard: Shard) {
        guard let strand = strands[shard] ?? strands.all.first(where: { $0.shards.contains(shard) }) else { return }
        if breaks(.acknowledgesReleased) { return release(shard) }
        retire(strand)
        for request in strand.outbox.requests {
            if let end = cancellations.stored(request) {
                for id in end.requests { effects.append(.refuse(id)) }
            } else if request != .own, joints.lose(request, of: strand) {
                effects.append(.refuse(request))
            }
        }
        drop(strand)
    }

    private mutating func retire(_ strand: Strand) {
        strands.retire(strand)
        // What it brings may be older than what another does meanwhile.
        strand.shelf.load?.isVoid = true
        for id in cancellations.drop(in: strand.shards) { effects.append(.refuse(id)) }
        refuseLine(in: strand.shards)
        countOnWorkers()
    }

    /// Lets go of the strands of which nothing is on its way to the store any more.
    mutating func finishReleases() {
        guard strands.all.contains(where: { $0.isRetired }) else { return }
        for strand in strands.all where strand.isRetired && (strand.outbox.isEmpty || breaks(.handsOverBeforeTheFlush)) {
            drop(strand)
            effects.append(.released(strand.shards))
        }
    }

    /// Lets go of what is in memory of a strand. What workers have of it they go on with: nobody is told, as its next owner decides.
    private mutating func drop(_ strand: Strand) {
        let shards = Set(strand.shards), wasFarBehind = isFarBehind
        for key in leases.claims.all.map(\.key) where shards.contains(key.reminder.shard) { leases.claims.remove(key) }
        for id in changing.keys where shards.contains(id.shard) { changing[id] = nil }
        let leased = leases.all.filter { shards.contains($0.value.entry.key.reminder.shard) }.map(\.key).sorted()
        // Whoever waits for what was called off there is told that it may be on its way.
        for id in leased { endLease(id, isKnown: false)?.entry.state = .gone }
        let entries = table.all.filter { shards.contains($0.key.reminder.shard) }
        for entry in entries.sorted(by: { $0.key < $1.key }) { forget(entry) }
        for shard in strand.shards { windows[shard] = nil }
        passed.forget(in: shards)
        strands.remove(strand)
        holdersHaveChanged = true
        countOnWorkers()
        goOn(nil, wasFarBehind: wasFarBehind)
    }
}
