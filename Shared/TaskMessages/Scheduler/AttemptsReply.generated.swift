// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct AttemptsReply: WireMessage, Hashable {
        public var found: Bool = false
        public var attempts: [Attempt] = []

        public init(found: Bool = false, attempts: [Attempt] = []) {
            self.found = found
            self.attempts = attempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__AttemptsReply>) throws(MessageError) {
            found = c.pointee.found != 0
            attempts = try Arena.messages(c.pointee.attempts, c.pointee.n_attempts) { (c) throws(MessageError) in try Attempt(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__AttemptsReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attempts_reply__init(c)
            c.pointee.found = found ? 1 : 0
            (c.pointee.attempts, c.pointee.n_attempts) = try arena.put(messages: attempts)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__AttemptsReply>) -> Int { task_scheduler__v1__attempts_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__AttemptsReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attempts_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__AttemptsReply>? {
            task_scheduler__v1__attempts_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
