// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// How far a task is, as it says itself; shown to people, and decides nothing.
    public struct Progress: WireMessage, Hashable {
        public var lease: UInt64 = 0
        /// done of the whole; absent: it does not say
        public var thousandths: Int64? = nil
        /// one line, 200 characters at most
        public var text: String = ""

        public init(lease: UInt64 = 0, thousandths: Int64? = nil, text: String = "") {
            self.lease = lease
            self.thousandths = thousandths
            self.text = text
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Progress>) throws(MessageError) {
            lease = c.pointee.lease
            if c.pointee._thousandths_case == TASK_SCHEDULER__V1__PROGRESS___THOUSANDTHS_THOUSANDTHS { thousandths = c.pointee.thousandths }
            text = Arena.string(c.pointee.text)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Progress>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__progress__init(c)
            c.pointee.lease = lease
            if let thousandths { (c.pointee._thousandths_case, c.pointee.thousandths) = (TASK_SCHEDULER__V1__PROGRESS___THOUSANDTHS_THOUSANDTHS, thousandths) }
            if !text.isEmpty { c.pointee.text = try arena.put(text) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Progress>) -> Int { task_scheduler__v1__progress__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Progress>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__progress__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Progress>? {
            task_scheduler__v1__progress__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
