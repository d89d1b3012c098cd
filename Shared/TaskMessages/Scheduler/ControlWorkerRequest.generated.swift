// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ControlWorkerRequest: WireMessage, Hashable {
        public var instance: String = ""
        public var control: WorkerControl? = nil

        public init(instance: String = "", control: WorkerControl? = nil) {
            self.instance = instance
            self.control = control
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ControlWorkerRequest>) throws(MessageError) {
            instance = Arena.string(c.pointee.instance)
            if let value = c.pointee.control { control = try WorkerControl(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ControlWorkerRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__control_worker_request__init(c)
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
            if let control { c.pointee.control = try arena.put(control) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ControlWorkerRequest>) -> Int { task_scheduler__v1__control_worker_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ControlWorkerRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__control_worker_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ControlWorkerRequest>? {
            task_scheduler__v1__control_worker_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
