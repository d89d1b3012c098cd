import NIOCore
import TaskDomain
import TaskMessages

/// What one worker was told to be, and has not answered yet.
///
/// Used on the scheduler's event loop only.
struct WorkerControls {
    enum Answer: Sendable, Equatable {
        /// The worker says that it has done it, or begun.
        case done
        /// The worker has not answered for as long as its caller waits.
        case asked
        case refused(String)
        /// Its stream ended first.
        case gone(String)
    }

    /// How long an answer is waited for.
    static let answerMilliseconds: Int64 = 1_000

    private struct Waiting {
        let completion: @Sendable (Answer) -> Void
        let timeout: Scheduled<Void>
    }

    private var waiting: [UInt64: Waiting] = [:]
    private var lastID: UInt64 = 0

    /// Whether as many wait as may.
    var isFull: Bool { waiting.count >= WorkerLimits.waitingControls }

    /// - Parameter timeout: ends the wait for the answer, by ``answer(_:_:)``.
    /// - Returns: the number by which the worker answers.
    mutating func add(_ completion: @escaping @Sendable (Answer) -> Void, timeout: (_ id: UInt64) -> Scheduled<Void>) -> UInt64 {
        lastID += 1
        waiting[lastID] = Waiting(completion: completion, timeout: timeout(lastID))
        return lastID
    }

    /// Does nothing where nobody waits for it any more.
    mutating func answer(_ id: UInt64, _ answer: Answer) {
        guard let waiting = waiting.removeValue(forKey: id) else { return }
        waiting.timeout.cancel()
        waiting.completion(answer)
    }

    /// The worker's stream has ended.
    mutating func end(because reason: String) {
        for id in waiting.keys.sorted() { answer(id, .gone(reason)) }
    }
}
