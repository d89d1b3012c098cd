// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// What two services must have the same of to compute the same times.
    public struct Bases: WireMessage, Hashable {
        /// version and digest of the zone data; empty: not known
        public var tzdata: String = ""

        public init(tzdata: String = "") {
            self.tzdata = tzdata
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Bases>) throws(MessageError) {
            tzdata = Arena.string(c.pointee.tzdata)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Bases>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__bases__init(c)
            if !tzdata.isEmpty { c.pointee.tzdata = try arena.put(tzdata) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Bases>) -> Int { task_scheduler__v1__bases__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Bases>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__bases__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Bases>? {
            task_scheduler__v1__bases__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
