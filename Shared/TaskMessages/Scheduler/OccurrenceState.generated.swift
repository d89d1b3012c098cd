// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    /// Where an occurrence stands.
    public enum OccurrenceState: UInt32, WireEnum {
        /// it waits for a new credential
        case held = 1
        /// in the dead-letter list
        case dead = 2
        /// due, and waits for a worker; in lists only
        case ready = 3
        /// a worker has it; in lists only
        case running = 4
        /// a try at it has failed, and it waits for the next; in lists only
        case retrying = 5
    }
}
