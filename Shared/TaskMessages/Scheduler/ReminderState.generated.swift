// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    public enum ReminderState: UInt32, WireEnum {
        case scheduled = 1
        case paused = 2
        case completed = 3
        case cancelled = 4
    }
}
