// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct CreateReply: WireMessage, Hashable {
        public enum Result: UInt32, WireEnum {
            /// on stable storage
            case created = 1
            /// its idempotency key came before, with the same request
            case replayed = 2
            /// its idempotency key came before, with another request
            case conflict = 3
            case refused = 4
            /// its caller has as many as pending_limit says
            case tooManyPending = 5
        }

        public var result: Result
        /// of RESULT_REPLAYED
        public var answer: [UInt8] = []
        /// of RESULT_REFUSED, in CreateManyReply only
        public var reason: String = ""
        /// of RESULT_TOO_MANY_PENDING: as many there are, at most one above the limit
        public var pending: UInt32 = 0

        public init(result: Result, answer: [UInt8] = [], reason: String = "", pending: UInt32 = 0) {
            self.result = result
            self.answer = answer
            self.reason = reason
            self.pending = pending
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateReply>) throws(MessageError) {
            result = try Result(number: c.pointee.result.rawValue, in: "CreateReply.result")
            answer = Arena.bytes(c.pointee.answer)
            reason = Arena.string(c.pointee.reason)
            pending = c.pointee.pending
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_reply__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if !answer.isEmpty { c.pointee.answer = try arena.put(answer) }
            if !reason.isEmpty { c.pointee.reason = try arena.put(reason) }
            c.pointee.pending = pending
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateReply>) -> Int { task_scheduler__v1__create_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateReply>? {
            task_scheduler__v1__create_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
