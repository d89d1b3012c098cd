// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct OverviewRequest: WireMessage, Hashable {
        /// queues, and workers, that are named; 0: as many as one answer may hold
        public var limit: UInt32 = 0

        public init(limit: UInt32 = 0) {
            self.limit = limit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OverviewRequest>) throws(MessageError) {
            limit = c.pointee.limit
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OverviewRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__overview_request__init(c)
            c.pointee.limit = limit
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OverviewRequest>) -> Int { task_scheduler__v1__overview_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OverviewRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__overview_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OverviewRequest>? {
            task_scheduler__v1__overview_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
