/// Why a task was not scheduled, or not cancelled.
public enum TaskSchedulerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was asked for is wrong, with all its faults; nothing was sent.
    case invalid(String)
    /// The scheduler does not take it, or whoever asks may not: over HTTP the gateway's own words.
    case refused(String)
    /// No scheduler could do it in time. Whether it did may not be known: of ``TaskScheduler/Options/id`` the same asks again without a
    /// second reminder.
    case unavailable(String)

    public var description: String {
        switch self {
        case .invalid(let reason): reason
        case .refused(let reason): "the scheduler refuses it: \(reason)"
        case .unavailable(let reason): "no scheduler could do it now: \(reason)"
        }
    }
}
