public import TaskDomain
public import TaskMessages

/// How a task ended.
public struct TaskResult: Sendable {
    /// The outcomes that a worker can report.
    public enum Outcome: Sendable, Hashable, CaseIterable {
        case delivered, retry, rejected, authRejected, cancelSchedule
        /// An end of which nobody knows whether it was done: whoever was to do it went away. Tried again at once, unless it
        /// happens over and over, twenty times at most.
        case lost
        /// Nothing was begun: whoever was to do it could not be reached, or refused to begin. No attempt; tried again, however often.
        case unsent
    }

    public var outcome: Outcome
    /// 0: the scheduler decides when to try again. Of `unsent`: how long nothing of this task can be begun here; 0: said of this one only.
    public var retryAfterMilliseconds: UInt32 = 0
    /// `nil`: the worker's own time of starting stands.
    public var startedAt: UnixMilliseconds?
    public var durationMicroseconds: Int64 = 0
    public var statusCode: UInt32 = 0
    /// For an operator. Whatever a task says, what is reported of it is one line without the task's credential.
    public var detail = ""
    /// The JSON text of what the task returned, of `delivered` and `cancelSchedule`; empty: nothing.
    public var output: [UInt8] = []

    public init(
        outcome: Outcome, retryAfterMilliseconds: UInt32 = 0, startedAt: UnixMilliseconds? = nil, durationMicroseconds: Int64 = 0,
        statusCode: UInt32 = 0, detail: String = "", output: [UInt8] = []
    ) {
        self.outcome = outcome
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.startedAt = startedAt
        self.durationMicroseconds = durationMicroseconds
        self.statusCode = statusCode
        self.detail = detail
        self.output = output
    }
}

extension TaskResult.Outcome {
    /// The same on the wire.
    public var wire: Proto.Outcome {
        switch self {
        case .delivered: .delivered
        case .retry: .retry
        case .rejected: .rejected
        case .authRejected: .authRejected
        case .cancelSchedule: .cancelSchedule
        case .lost: .lost
        case .unsent: .unsent
        }
    }
}

extension TaskResult {
    /// Runs an asynchronous task and says what its end means.
    public static func running(_ task: TaskRegistry.ProducingTask, _ invocation: TaskInvocation) async -> TaskResult {
        if Task.isCancelled { return TaskResult(outcome: .unsent, detail: "called off before it began") }
        do {
            let output = try await task(invocation)
            return TaskResult(outcome: .delivered, detail: output.fault, output: output.json)
        } catch is CancelSchedule {
            return TaskResult(outcome: .cancelSchedule)
        } catch let error as RejectOccurrence {
            return TaskResult(outcome: .rejected, detail: error.reason)
        } catch let error as TaskArgumentsError {
            // The next try would be given the same ones.
            return TaskResult(outcome: .rejected, detail: error.description)
        } catch let error as RetryLater {
            return TaskResult(outcome: .retry, retryAfterMilliseconds: error.milliseconds, detail: error.reason)
        } catch is CancellationError where Task.isCancelled {
            return TaskResult(outcome: .retry, detail: "the task was cancelled before its end")
        } catch {
            return TaskResult(outcome: .retry, detail: "\(error)")
        }
    }
}

extension RetryLater {
    /// At least 1: 0 means on the wire that the scheduler decides.
    fileprivate var milliseconds: UInt32 { UInt32(min(max(1, after / .milliseconds(1)), Double(Attempt.longestAskedMilliseconds))) }
}
