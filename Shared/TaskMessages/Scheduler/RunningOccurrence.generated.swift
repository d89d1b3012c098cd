// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct RunningOccurrence: WireMessage, Hashable {
        /// the reminder's
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        /// from 1
        public var attempt: UInt32 = 0
        public var sinceMs: Int64 = 0
        /// that is left
        public var leaseMs: UInt32 = 0
        public var task: String = ""
        public var queue: String = ""
        /// done of the whole, as the task says; absent: it does not say
        public var progressThousandths: Int64? = nil
        public var progressText: String = ""

        public init(id: [UInt8] = [], scheduledAt: Int64 = 0, attempt: UInt32 = 0, sinceMs: Int64 = 0, leaseMs: UInt32 = 0, task: String = "", queue: String = "", progressThousandths: Int64? = nil, progressText: String = "") {
            self.id = id
            self.scheduledAt = scheduledAt
            self.attempt = attempt
            self.sinceMs = sinceMs
            self.leaseMs = leaseMs
            self.task = task
            self.queue = queue
            self.progressThousandths = progressThousandths
            self.progressText = progressText
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__RunningOccurrence>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            attempt = c.pointee.attempt
            sinceMs = c.pointee.since_ms
            leaseMs = c.pointee.lease_ms
            task = Arena.string(c.pointee.task)
            queue = Arena.string(c.pointee.queue)
            if c.pointee._progress_thousandths_case == TASK_SCHEDULER__V1__RUNNING_OCCURRENCE___PROGRESS_THOUSANDTHS_PROGRESS_THOUSANDTHS { progressThousandths = c.pointee.progress_thousandths }
            progressText = Arena.string(c.pointee.progress_text)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__RunningOccurrence>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__running_occurrence__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.attempt = attempt
            c.pointee.since_ms = sinceMs
            c.pointee.lease_ms = leaseMs
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            if let progressThousandths { (c.pointee._progress_thousandths_case, c.pointee.progress_thousandths) = (TASK_SCHEDULER__V1__RUNNING_OCCURRENCE___PROGRESS_THOUSANDTHS_PROGRESS_THOUSANDTHS, progressThousandths) }
            if !progressText.isEmpty { c.pointee.progress_text = try arena.put(progressText) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__RunningOccurrence>) -> Int { task_scheduler__v1__running_occurrence__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__RunningOccurrence>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__running_occurrence__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__RunningOccurrence>? {
            task_scheduler__v1__running_occurrence__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
