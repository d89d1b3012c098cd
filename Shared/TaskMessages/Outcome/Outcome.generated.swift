// Generated from Shared/Protos/outcome.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    /// How one attempt at an occurrence ended.
    public enum Outcome: UInt32, WireEnum {
        case delivered = 1
        /// to be tried again, after a delay
        case retry = 2
        /// refused for good: it becomes a dead letter
        case rejected = 3
        /// the credential was refused: held until a new one comes
        case authRejected = 4
        /// done, and the task asked for the end of its series
        case cancelSchedule = 5
        /// whether it was done is not known: tried again at once, no attempt
        case lost = 6
        /// not fired, as its misfire policy says; never reported by a worker
        case misfired = 7
        /// its time was over: it becomes a dead letter; never reported by a worker
        case expired = 8
        /// nothing was sent or begun: no attempt, and tried again when it can be
        case unsent = 9
        /// called off while it ran, or was about to: its end; never reported by a worker
        case cancelled = 10
    }
}
