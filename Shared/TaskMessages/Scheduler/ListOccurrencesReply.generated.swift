// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListOccurrencesReply: WireMessage, Hashable {
        public var occurrences: [Occurrence] = []
        public var cursor: [UInt8] = []
        public var attempts: [Attempt] = []

        public init(occurrences: [Occurrence] = [], cursor: [UInt8] = [], attempts: [Attempt] = []) {
            self.occurrences = occurrences
            self.cursor = cursor
            self.attempts = attempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListOccurrencesReply>) throws(MessageError) {
            occurrences = try Arena.messages(c.pointee.occurrences, c.pointee.n_occurrences) { (c) throws(MessageError) in try Occurrence(reading: c) }
            cursor = Arena.bytes(c.pointee.cursor)
            attempts = try Arena.messages(c.pointee.attempts, c.pointee.n_attempts) { (c) throws(MessageError) in try Attempt(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_occurrences_reply__init(c)
            (c.pointee.occurrences, c.pointee.n_occurrences) = try arena.put(messages: occurrences)
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
            (c.pointee.attempts, c.pointee.n_attempts) = try arena.put(messages: attempts)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesReply>) -> Int { task_scheduler__v1__list_occurrences_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_occurrences_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesReply>? {
            task_scheduler__v1__list_occurrences_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
