internal import NIOCore
import ScheduledTasks
import TaskDomain
import TaskMessages

/// Tasks that go on for longer than their leases, and say how far they are.
///
/// A task goes on only once the scheduler has said so. Then it does also while the scheduler is away: until its deadline nobody else is
/// given the occurrence, by a scheduler that cannot hear this worker either.
extension SchedulerLink: LeaseKeeper {
    /// That one message says, together with the outcomes.
    private static let maxExtensionsPerMessage = 10_000

    func extend(
        _ lease: UInt64, of number: UInt64, byMilliseconds milliseconds: Int64, answer: @escaping @Sendable (TaskLease.Extended) -> Void
    ) {
        eventLoop.execute { [self] in
            guard let run = running[lease], run.number == number else { return answer(.failure(LeaseNotExtended("the run has ended"))) }
            guard !extensions.isAsked(lease) else {
                return answer(.failure(LeaseNotExtended("the run waits for the answer to another extension; ask for one at a time")))
            }
            extensions.add(run.wire(lease), milliseconds, answer: answer)
            places.flushSoon()
        }
    }

    /// The task is believed to go on only now, and only for as long as the scheduler holds the lease: that counts from later than here. It
    /// may be less than was believed before, of a dispatch that waited while this process stood still.
    func extended(_ answer: Proto.Extended) {
        guard let granted = extensions.answered(answer), let run = running[granted.lease] else { return }
        running[granted.lease]?.deadline = granted.until
        running[granted.lease]?.isExtended = true
        awaitOverrun(granted.lease)
        granted.tell(.success(run.limit.map { min($0, granted.until) } ?? granted.until))
    }

    func progressed(_ lease: UInt64, of run: UInt64, _ fraction: Double?, _ text: String) {
        guard progressReports.put(lease, run, fraction, text) else { return }
        eventLoop.execute { [self] in
            eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(progress.rest(now: SystemClock.monotonic))) { self.takeProgress() }
        }
    }

    private func takeProgress() {
        let reports = progressReports.take { lease, number in running[lease].flatMap { $0.number == number ? $0.authorization : nil } }
        progress.add(reports, now: SystemClock.monotonic)
        places.flushSoon()
    }

    /// Adds what tasks have asked for, and how far they are.
    func sayOfTasks(in message: inout Proto.WorkerMessage) {
        message.progress = progress.take()
        defer { if extensions.hasFresh || progress.hasFresh { places.flushSoon() } }
        guard extensions.hasFresh else { return }
        let now = CallDeadline.now, said = extensions.take(Self.maxExtensionsPerMessage, now: now)
        message.extensions = said
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(ExtensionAsks.answerMilliseconds)) { [self] in
            for number in extensions.areUnanswered(said, since: now) {
                extensions.refuse(
                    number, "the scheduler has not answered within \(ExtensionAsks.answerMilliseconds / 1_000) s; it may be of an older build, "
                        + "which knows of no extensions: update it")
            }
        }
    }
}
