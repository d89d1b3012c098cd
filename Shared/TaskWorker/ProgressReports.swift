import Synchronization
import TaskDomain
import TaskMessages

/// How far tasks say that they are, the latest of each, until it is sent: once in a while for all of them.
final class ProgressReports: Sendable {
    /// Of a text, before it is looked at: what is kept of it is less, and a credential that it quotes is seen whole.
    private static let maxCharacters = 2 * TaskProgress.maxCharacters

    private struct Report {
        let run: UInt64
        let fraction: Double?
        let text: String
    }

    /// Since the last was sent, by lease.
    private let inbox = Mutex<[UInt64: Report]>([:])

    /// Takes one, from any thread.
    /// - Returns: whether it is the first since the last were taken.
    func put(_ lease: UInt64, _ run: UInt64, _ fraction: Double?, _ text: String) -> Bool {
        let report = Report(run: run, fraction: fraction, text: String(text.prefix(Self.maxCharacters)))
        return inbox.withLock { inbox in
            defer { inbox[lease] = report }
            return inbox.isEmpty
        }
    }

    /// Takes what has come since the last were taken.
    /// - Parameter authorization: the credential of a run; `nil`: it has ended.
    func take(authorization: (_ lease: UInt64, _ run: UInt64) -> Secret?) -> [(lease: UInt64, progress: TaskProgress)] {
        let reports = inbox.withLock { inbox in
            defer { inbox = [:] }
            return inbox
        }
        return reports.compactMap { lease, report in
            guard let secret = authorization(lease, report.run) else { return nil }
            return (lease, TaskProgress(fraction: report.fraction, text: Redaction(of: secret).detail(report.text)))
        }
    }
}

/// How far tasks are, as the scheduler was told, or is to be.
struct ProgressNews {
    /// Between what is said of it, milliseconds.
    static let restMilliseconds: Int64 = 1_000
    /// That one message says.
    private static let maxPerMessage = 1_000

    private var known: [UInt64: TaskProgress] = [:]
    /// Of which it is to be told.
    private var fresh: Set<UInt64> = []
    private var addedAt: MonotonicMilliseconds?

    var hasFresh: Bool { !fresh.isEmpty }

    /// Milliseconds until something may be said again.
    func rest(now: MonotonicMilliseconds) -> Int64 { max(0, addedAt.map { $0 + Self.restMilliseconds - now } ?? 0) }

    mutating func add(_ reports: [(lease: UInt64, progress: TaskProgress)], now: MonotonicMilliseconds) {
        addedAt = now
        for report in reports {
            known[report.lease] = report.progress
            fresh.insert(report.lease)
        }
    }

    /// Takes what is to be said now.
    mutating func take() -> [Proto.Progress] {
        guard !fresh.isEmpty else { return [] }
        let taken = fresh.prefix(Self.maxPerMessage)
        fresh.subtract(taken)
        return taken.compactMap { lease in
            known[lease].map { Proto.Progress(lease: lease, thousandths: $0.thousandths.map(Int64.init), text: $0.text) }
        }
    }

    /// Another stream knows nothing of it.
    mutating func sayAgain() { fresh = Set(known.keys) }

    mutating func ended(_ lease: UInt64) { if !known.isEmpty { known[lease] = nil } }
}
