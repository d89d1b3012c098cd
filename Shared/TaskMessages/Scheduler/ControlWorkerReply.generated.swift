// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ControlWorkerReply: WireMessage, Hashable {
        public enum Result: UInt32, WireEnum {
            /// the worker says so
            case done = 1
            /// the worker has not answered yet
            case asked = 2
            case notFound = 3
            /// it is not attached
            case gone = 4
            /// by the worker
            case refused = 5
            /// its build does not know of this
            case notControllable = 6
        }

        public var result: Result
        /// of RESULT_REFUSED and RESULT_GONE
        public var reason: String = ""
        /// as it is now, of one that was found
        public var worker: Worker? = nil

        public init(result: Result, reason: String = "", worker: Worker? = nil) {
            self.result = result
            self.reason = reason
            self.worker = worker
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ControlWorkerReply>) throws(MessageError) {
            result = try Result(number: c.pointee.result.rawValue, in: "ControlWorkerReply.result")
            reason = Arena.string(c.pointee.reason)
            if let value = c.pointee.worker { worker = try Worker(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ControlWorkerReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__control_worker_reply__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if !reason.isEmpty { c.pointee.reason = try arena.put(reason) }
            if let worker { c.pointee.worker = try arena.put(worker) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ControlWorkerReply>) -> Int { task_scheduler__v1__control_worker_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ControlWorkerReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__control_worker_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ControlWorkerReply>? {
            task_scheduler__v1__control_worker_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
