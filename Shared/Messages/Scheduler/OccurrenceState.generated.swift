// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    /// Why an occurrence waits for a person.
    public enum OccurrenceState: UInt32, WireEnum {
        /// for a new credential
        case held = 1
        /// in the dead-letter list
        case dead = 2
    }
}
