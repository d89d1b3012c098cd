// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

extension Proto {
    public enum FairShare: UInt32, WireEnum {
        /// the owner of the API key; those without one are one
        case caller = 1
        case createdBy = 2
        case classroomId = 3
        /// all that is ready is one backlog
        case nobody = 4
    }
}
