/// What waits for the writing thread, and how much of it goes into one transaction.
package final class WriterLane: Sendable {
    /// What the writing thread does next.
    package enum Turn {
        /// Writes that go into one transaction: those of all submissions that waited, as far as they fit.
        case writes([WriterTask.Submission])
        case task(WriterTask)
    }

    /// How much of a backlog has been done before it is forgotten.
    private static let forgotten = 4_096

    private let queue: TaskQueue<WriterTask>
    private let writesPerCommit: Int, bytesPerCommit: Int
    private let complete: Completions
    private let tooMany: StoreError

    /// - Parameters:
    ///   - queuedWrites: what may wait at most.
    ///   - queuedRefusals: refusals of others that may wait for their turn besides; beyond them, one does not wait.
    ///   - writesPerCommit, bytesPerCommit: of one transaction; a single submission may have more and then goes alone.
    package init(queuedWrites: Int, queuedRefusals: Int, writesPerCommit: Int, bytesPerCommit: Int, completions: Completions) {
        queue = TaskQueue(maximumWeight: queuedWrites, maximumRefusals: queuedRefusals)
        self.writesPerCommit = writesPerCommit
        self.bytesPerCommit = bytesPerCommit
        complete = completions
        tooMany = .unavailable(
            "more than \(queuedWrites) writes wait for it, and more than \(queuedRefusals) refusals of others. Slow down, and check whether its disk or "
                + "its server still answers")
    }

    /// - Parameter refused: told where there was no room for it: in the task's turn, unless there was none for that either.
    package func add(_ task: WriterTask, refused: @escaping @Sendable (StoreError) -> Void) {
        let isKept = queue.append(task, weight: task.weight, refusal: .refused(refused))
        if !isKept { complete(refused, tooMany) }
    }

    /// Adds a task that there is always room for.
    package func add(_ task: WriterTask) { queue.append(task, weight: 0, refusal: task) }

    /// Lets ``run(_:)`` return once all that waits is done.
    package func end() { queue.end() }

    /// Has everything that is added carried out, one turn after the other, until it is ended.
    package func run(_ carryOut: (Turn) -> Void) {
        var backlog: [WriterTask] = [], next = 0
        while true {
            if next == backlog.count {
                backlog.removeAll(keepingCapacity: backlog.capacity <= Self.forgotten)
                next = 0
            }
            // Also with work at hand: what arrived during the last commit joins this one.
            guard queue.drain(into: &backlog, wait: backlog.isEmpty) || !backlog.isEmpty else { return }
            carryOut(turn(backlog, &next))
            // Keeps a backlog that never empties from growing at its front.
            if next >= Self.forgotten {
                backlog.removeFirst(next)
                next = 0
            }
        }
    }

    /// The next task, together with the writes behind it that fit into one transaction.
    private func turn(_ backlog: [WriterTask], _ next: inout Int) -> Turn {
        var group: [WriterTask.Submission] = [], weight = 0, writes = 0, bytes = 0
        while next < backlog.count, case .submit(let submission) = backlog[next] {
            let size = submission.0.reduce(0) { $0 + $1.estimatedBytes }
            let fits = writes + submission.0.count <= writesPerCommit && bytes + size <= bytesPerCommit
            guard group.isEmpty || fits else { break }
            group.append(submission)
            weight += backlog[next].weight
            writes += submission.0.count
            bytes += size
            next += 1
        }
        guard group.isEmpty else {
            queue.taken(weight: weight)
            return .writes(group)
        }
        let task = backlog[next]
        next += 1
        let isRefusal = if case .refused = task { true } else { false }
        queue.taken(weight: task.weight, refusals: isRefusal ? 1 : 0)
        return .task(task)
    }
}
