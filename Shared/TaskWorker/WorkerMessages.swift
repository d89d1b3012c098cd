import TaskMessages

/// How many occurrences may come over a stream in all, as the scheduler is told, and as it was told before.
struct CreditNews {
    let limit: Int, before: Int
}

extension Proto.WorkerMessage {
    /// Says it, if there is something new. A scheduler of a build that knows of no limit goes by how much it changes.
    mutating func say(_ news: CreditNews?) {
        guard let news else { return }
        creditLimit = Int64(news.limit)
        credit = UInt32(clamping: news.limit - news.before)
        withdrawn = UInt32(clamping: news.before - news.limit)
    }
}

/// What a worker says to its scheduler, in messages far below the largest frame.
extension SchedulerLink {
    /// With the longest details far from the largest frame.
    static let maxOutcomesPerMessage = 1_000
    /// The same for what tasks returned, in bytes: a message ends with the result that goes beyond.
    static let maxResultBytesPerMessage = 256 << 10

    /// An announcement or what a tick brought, in as many messages as it takes.
    static func messages(
        _ outcomes: [ArraySlice<Proto.OutcomeReport>], attach: Proto.Attach? = nil, leaving: Bool = false
    ) -> [Proto.WorkerMessage] {
        let first = Proto.WorkerMessage(attach: attach, outcomes: Array(outcomes[0]), leaving: leaving)
        return [first] + outcomes.dropFirst().map { Proto.WorkerMessage(outcomes: Array($0)) }
    }

    /// Outcomes as messages take them; at least one part, which may be empty.
    static func parts(_ outcomes: [Proto.OutcomeReport]) -> [ArraySlice<Proto.OutcomeReport>] {
        var parts: [ArraySlice<Proto.OutcomeReport>] = [], start = 0, bytes = 0
        for (place, outcome) in outcomes.enumerated() {
            if place - start == maxOutcomesPerMessage || bytes > maxResultBytesPerMessage {
                parts.append(outcomes[start..<place])
                (start, bytes) = (place, 0)
            }
            bytes += outcome.result.count
        }
        return parts + [outcomes[start...]]
    }
}
