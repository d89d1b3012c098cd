// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Schedule: WireMessage, Hashable {
        /// unix seconds
        public var start: Int64 = 0
        /// RRULE text, or lines RRULE, EXRULE, EXDATE;VALUE=DATE; empty: one time
        public var rule: String = ""
        public var timezone: String = ""
        /// unix seconds, inclusive
        public var until: Int64? = nil
        public var rdates: [Int64] = []
        public var exdates: [Int64] = []
        /// The fields that it came with and this build does not know; they are not in what is packed.
        public private(set) var unknownFields = UnknownFields()

        public init(start: Int64 = 0, rule: String = "", timezone: String = "", until: Int64? = nil, rdates: [Int64] = [], exdates: [Int64] = []) {
            self.start = start
            self.rule = rule
            self.timezone = timezone
            self.until = until
            self.rdates = rdates
            self.exdates = exdates
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Schedule>) throws(MessageError) {
            start = c.pointee.start
            rule = Arena.string(c.pointee.rule)
            timezone = Arena.string(c.pointee.timezone)
            if c.pointee._until_case == TASK_SCHEDULER__V1__SCHEDULE___UNTIL_UNTIL { until = c.pointee.until }
            rdates = Array(UnsafeBufferPointer(start: c.pointee.rdates, count: c.pointee.n_rdates))
            exdates = Array(UnsafeBufferPointer(start: c.pointee.exdates, count: c.pointee.n_exdates))
            unknownFields = UnknownFields(areAny: c.pointee.base.n_unknown_fields > 0)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Schedule>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__schedule__init(c)
            c.pointee.start = start
            if !rule.isEmpty { c.pointee.rule = try arena.put(rule) }
            if !timezone.isEmpty { c.pointee.timezone = try arena.put(timezone) }
            if let until { (c.pointee._until_case, c.pointee.until) = (TASK_SCHEDULER__V1__SCHEDULE___UNTIL_UNTIL, until) }
            (c.pointee.rdates, c.pointee.n_rdates) = try arena.put(values: rdates)
            (c.pointee.exdates, c.pointee.n_exdates) = try arena.put(values: exdates)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Schedule>) -> Int { task_scheduler__v1__schedule__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Schedule>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__schedule__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Schedule>? {
            task_scheduler__v1__schedule__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
