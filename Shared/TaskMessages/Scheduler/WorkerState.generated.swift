// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    public enum WorkerState: UInt32, WireEnum {
        case attached = 1
        /// it takes nothing new, and finishes what it runs
        case draining = 2
        /// it left, or its connection was lost
        case detached = 3
    }
}
