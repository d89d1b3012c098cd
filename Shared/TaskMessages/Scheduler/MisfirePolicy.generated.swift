// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    /// What becomes of occurrences of a series that no scheduler could fire in time.
    public enum MisfirePolicy: UInt32, WireEnum {
        /// the latest is fired
        case fireOnce = 1
        /// the latest are fired, in order, see catch_up_limit
        case fireAll = 2
        /// none is fired
        case skip = 3
    }
}
