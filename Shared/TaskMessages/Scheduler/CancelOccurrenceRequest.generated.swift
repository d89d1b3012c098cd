// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// Calls off an occurrence that a worker has, that is ready, or that waits for its next try.
    public struct CancelOccurrenceRequest: WireMessage, Hashable {
        public var occurrence: OccurrenceRef? = nil
        /// not empty: only if it is this caller's
        public var caller: String = ""

        public init(occurrence: OccurrenceRef? = nil, caller: String = "") {
            self.occurrence = occurrence
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CancelOccurrenceRequest>) throws(MessageError) {
            if let value = c.pointee.occurrence { occurrence = try OccurrenceRef(reading: value) }
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CancelOccurrenceRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__cancel_occurrence_request__init(c)
            if let occurrence { c.pointee.occurrence = try arena.put(occurrence) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CancelOccurrenceRequest>) -> Int { task_scheduler__v1__cancel_occurrence_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CancelOccurrenceRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__cancel_occurrence_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CancelOccurrenceRequest>? {
            task_scheduler__v1__cancel_occurrence_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
