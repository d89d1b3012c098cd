import Storage

/// Requests for changes in several strands: what is asked of one strand is one transaction, and all are answered together.
struct JointRequests {
    private struct Joint {
        /// In the order in which they were asked for; `nil`: not stored yet.
        var results: [StoreWriteResult?]
        /// By the number of the strand, where its changes are among all.
        var open: [Int: [Int]]
        var recall = Recalls.Request()
        /// A strand of it was lost, and the request refused.
        var isRefused = false
    }

    private var joints: [RequestID: Joint] = [:]

    /// - Parameter parts: by the number of the strand, where its changes are among all.
    mutating func begin(_ id: RequestID, of count: Int, _ parts: [Int: [Int]]) {
        joints[id] = Joint(results: Array(repeating: nil, count: count), open: parts)
    }

    /// What a strand was asked for is stored.
    /// - Returns: what the whole request came to; `nil`: more of it is to come, or it was refused.
    mutating func join(
        _ id: RequestID, _ results: [StoreWriteResult], _ recall: Recalls.Request, of strand: Strand
    ) -> (results: [StoreWriteResult], recall: Recalls.Request)? {
        guard !joints.isEmpty, var joint = joints[id] else { return (results, recall) }
        for (place, result) in zip(joint.open.removeValue(forKey: strand.number) ?? [], results) { joint.results[place] = result }
        joint.recall.add(recall)
        joints[id] = joint.open.isEmpty ? nil : joint
        guard joint.open.isEmpty, !joint.isRefused else { return nil }
        return (joint.results.compactMap { $0 }, joint.recall)
    }

    /// What a strand was asked for is not known to be stored, and will not be.
    /// - Returns: whether the request is still to be refused.
    mutating func lose(_ id: RequestID, of strand: Strand) -> Bool {
        guard var joint = joints[id] else { return true }
        let isFirst = !joint.isRefused
        joint.isRefused = true
        joint.open[strand.number] = nil
        joints[id] = joint.open.isEmpty ? nil : joint
        return isFirst
    }
}

extension SchedulerCore {
    /// A caller wants changes.
    mutating func request(_ id: RequestID, _ writes: [StoreWrite]) {
        guard ownsAll(writes) else { return effects.append(.refuse(id)) }
        if !waitsInLine(.changes(id, writes)) { carryOut(id, writes) }
    }

    /// Nothing else of what it changes is on its way.
    mutating func carryOut(_ id: RequestID, _ writes: [StoreWrite]) {
        let writes = possible(writes), parts = parts(of: writes)
        guard !parts.isEmpty, parts.allSatisfy({ takesRequests($0.strand) }) else { return effects.append(.refuse(id)) }
        for case .change(let reminder, let change, _, _) in writes { withdraw(reminder, for: change) }
        if parts.count > 1 {
            joints.begin(id, of: writes.count, Dictionary(uniqueKeysWithValues: parts.map { ($0.strand.number, $0.places) }))
        }
        for part in parts { part.strand.outbox.add(part.places.map { writes[$0] }, for: id) }
        if breaks(.answersChangesBeforeTheCommit) { effects.append(.answer(id, [])) }
    }

    /// Whether a strand takes another request.
    func takesRequests(_ strand: Strand) -> Bool {
        !strand.outbox.isFailing && strand.outbox.pendingRequests < configuration.maxPendingRequests
            && strands.pendingRequests < configuration.maxPendingRequestsInAll
    }

    /// By strand, which of the writes are its own, in the order in which they come first. What is of no shard is the first strand's.
    private func parts(of writes: [StoreWrite]) -> [(strand: Strand, places: [Int])] {
        guard let home = strands.home else { return [] }
        guard strands.hasSeveral, !writes.isEmpty else { return [(home, Array(writes.indices))] }
        var parts: [(strand: Strand, places: [Int])] = []
        for (place, write) in writes.enumerated() {
            let strand = write.shardAsked.flatMap { self.strand(of: $0) } ?? home
            if let index = parts.firstIndex(where: { $0.strand === strand }) {
                parts[index].places.append(place)
            } else {
                parts.append((strand, [place]))
            }
        }
        return parts
    }
}
