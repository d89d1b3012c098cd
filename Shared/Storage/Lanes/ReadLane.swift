/// What waits for one of the reading threads: by number, by how long it has waited, and only as long as somebody waits for it.
package final class ReadLane: Sendable {
    package struct Read: Sendable {
        package let task: ReaderTask
        package let asker: Asker
        /// When it was asked.
        package let since: SuspendingClock.Instant
        /// What was taken in before it was asked has been filed, or could not be.
        package var filing: Result<Void, StoreError>?
    }

    private let queue: TaskQueue<Read>
    private let longestWait: Duration
    private let maximum: Int
    private let complete: Completions

    /// - Parameters:
    ///   - queuedReads: what may wait at most.
    ///   - queuedRefusals: refusals of others that may wait for their turn besides; beyond them, one does not wait.
    ///   - readWait: how long each may.
    package init(queuedReads: Int, queuedRefusals: Int, readWait: Duration, completions: Completions) {
        queue = TaskQueue(maximumWeight: queuedReads, maximumRefusals: queuedRefusals)
        complete = completions
        maximum = queuedReads
        longestWait = readWait
    }

    package func add(_ task: ReaderTask, for asker: Asker) {
        let now = SuspendingClock.now
        let refusal = StoreError.overloaded("more than \(maximum) questions wait to be read. Ask again later, and less at once")
        let isKept = queue.append(
            Read(task: task, asker: asker, since: now), weight: 1,
            refusal: Read(task: .refused(task, refusal), asker: asker, since: now))
        if !isKept { task.refuse(refusal, complete) }
    }

    package func close(_ done: @escaping @Sendable () -> Void) {
        let read = Read(task: .close(done), asker: .patient, since: .now)
        queue.append(read, weight: 0, refusal: read)
    }

    /// What waited for a filing has its turn again. It never gave its place back.
    package func add(_ reads: [Read], filed: Result<Void, StoreError>) {
        for var read in reads {
            read.filing = filed
            queue.append(read, weight: 0, refusal: read)
        }
    }

    /// See `TaskQueue`.
    package func drain(into reads: inout [Read]) -> Bool { queue.drain(into: &reads, wait: true) }

    /// It waits no more: it is carried out, or refused.
    package func left(_ read: Read) {
        if read.task.hasPlace { queue.taken(weight: 1) }
        if case .refused = read.task { queue.taken(weight: 0, refusals: 1) }
    }

    /// Why a read is not to be carried out.
    package func refusal(of read: Read) -> StoreError? {
        guard read.task.hasPlace else { return nil }
        guard read.asker.isWaiting() else { return .overloaded("nobody waits for the answer any more") }
        guard SuspendingClock.now - read.since > longestWait else { return nil }
        return .overloaded("the question waited more than \(longestWait) for its turn. Ask again later, and less at once")
    }

    package func end() { queue.end() }
}
