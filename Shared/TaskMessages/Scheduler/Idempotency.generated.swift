// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Idempotency: WireMessage, Hashable {
        public var key: [UInt8] = []
        public var request: [UInt8] = []
        public var answer: [UInt8] = []

        public init(key: [UInt8] = [], request: [UInt8] = [], answer: [UInt8] = []) {
            self.key = key
            self.request = request
            self.answer = answer
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Idempotency>) throws(MessageError) {
            key = Arena.bytes(c.pointee.key)
            request = Arena.bytes(c.pointee.request)
            answer = Arena.bytes(c.pointee.answer)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Idempotency>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__idempotency__init(c)
            if !key.isEmpty { c.pointee.key = try arena.put(key) }
            if !request.isEmpty { c.pointee.request = try arena.put(request) }
            if !answer.isEmpty { c.pointee.answer = try arena.put(answer) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Idempotency>) -> Int { task_scheduler__v1__idempotency__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Idempotency>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__idempotency__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Idempotency>? {
            task_scheduler__v1__idempotency__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
