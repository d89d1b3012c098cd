// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// Occurrences that were missed, and not fired.
    public struct Missed: WireMessage, Hashable {
        public var count: Int64 = 0
        /// there are more
        public var atLeast: Bool = false
        /// unix seconds
        public var first: Int64 = 0
        public var last: Int64 = 0

        public init(count: Int64 = 0, atLeast: Bool = false, first: Int64 = 0, last: Int64 = 0) {
            self.count = count
            self.atLeast = atLeast
            self.first = first
            self.last = last
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Missed>) throws(MessageError) {
            count = c.pointee.count
            atLeast = c.pointee.at_least != 0
            first = c.pointee.first
            last = c.pointee.last
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Missed>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__missed__init(c)
            c.pointee.count = count
            c.pointee.at_least = atLeast ? 1 : 0
            c.pointee.first = first
            c.pointee.last = last
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Missed>) -> Int { task_scheduler__v1__missed__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Missed>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__missed__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Missed>? {
            task_scheduler__v1__missed__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
