// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// One transaction for all that can be accepted; each is answered on its own, in order.
    public struct CreateManyRequest: WireMessage, Hashable {
        public var creates: [CreateRequest] = []

        public init(creates: [CreateRequest] = []) {
            self.creates = creates
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateManyRequest>) throws(MessageError) {
            creates = try Arena.messages(c.pointee.creates, c.pointee.n_creates) { (c) throws(MessageError) in try CreateRequest(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateManyRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_many_request__init(c)
            (c.pointee.creates, c.pointee.n_creates) = try arena.put(messages: creates)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateManyRequest>) -> Int { task_scheduler__v1__create_many_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateManyRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_many_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateManyRequest>? {
            task_scheduler__v1__create_many_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
