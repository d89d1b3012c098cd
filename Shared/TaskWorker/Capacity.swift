import TaskDomain
import TaskMessages

/// What a worker takes: which queues' occurrences, and how many at once. It begins with the settings, and is what it is told to be until
/// the process ends.
struct Capacity: Equatable {
    /// Why it does not become what it is told to be.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    /// The settings.
    private let ownConcurrency: Int
    let maxConcurrency: Int
    private(set) var queues: [String]
    private(set) var concurrency: Int
    /// It takes nothing new, and stays.
    private(set) var isDrained = false
    /// The process ends when what it runs is done and acknowledged.
    private(set) var isShuttingDown = false

    /// - Parameter maxConcurrency: what `concurrency` may be raised to; at least as much as that is.
    init(queues: [String], concurrency: Int, maxConcurrency: Int) {
        self.queues = queues
        self.concurrency = concurrency
        ownConcurrency = concurrency
        self.maxConcurrency = max(concurrency, maxConcurrency)
    }

    /// Occurrences that it may have at once.
    var places: Int { isDrained ? 0 : concurrency }

    var standing: Proto.WorkerStanding { Proto.WorkerStanding(queues: queues, concurrency: UInt32(concurrency), draining: isDrained) }

    /// Becomes what it is told to be; all of it or nothing.
    mutating func apply(_ control: Proto.WorkerControl) throws(Refusal) {
        switch control.action {
        case .known(.change): try change(control)
        case .known(.drain): isDrained = true
        case .known(.resume):
            guard !isShuttingDown else { throw Refusal(reason: "it is shutting down") }
            isDrained = false
        case .known(.shutDown): (isDrained, isShuttingDown) = (true, true)
        case .unknown(let number): throw Refusal(reason: "it does not know action \(number); its build is older than that of whoever asks")
        }
    }

    private mutating func change(_ control: Proto.WorkerControl) throws(Refusal) {
        let wanted = control.concurrency.map { $0 == 0 ? Int64(ownConcurrency) : $0 } ?? Int64(concurrency)
        guard let concurrency = Int(exactly: wanted), (1...maxConcurrency).contains(concurrency) else {
            throw Refusal(reason: "concurrency must be 1 to \(maxConcurrency), its WORKER_MAX_CONCURRENCY; it was \(wanted)")
        }
        let dropped = Set(control.dropQueues), kept = queues.filter { !dropped.contains($0) }
        var queues = kept, known = Set(kept)
        for queue in control.takeQueues where known.insert(queue).inserted { queues.append(queue) }
        if let wrong = control.takeQueues.first(where: { !TaskName.isValid($0) }) {
            throw Refusal(reason: "the name of a queue must be \(TaskName.rule); it was \"\(wrong)\"")
        }
        guard WorkerLimits.queues.contains(queues.count) else {
            throw Refusal(
                reason: queues.isEmpty
                    ? "it would serve no queue; drain it, if it is to take nothing"
                    : "it would serve \(queues.count) queues; \(WorkerLimits.queues.upperBound) is the most")
        }
        (self.concurrency, self.queues) = (concurrency, queues)
    }
}
