// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ChangeOccurrencesRequest: WireMessage, Hashable {
        public enum Action: UInt32, WireEnum {
            case replay = 1
            case discard = 2
        }

        public var action: Action
        public var filter: OccurrenceFilter? = nil
        public var limit: UInt32 = 0
        /// of the answer before; empty: from the latest on
        public var cursor: [UInt8] = []

        public init(action: Action, filter: OccurrenceFilter? = nil, limit: UInt32 = 0, cursor: [UInt8] = []) {
            self.action = action
            self.filter = filter
            self.limit = limit
            self.cursor = cursor
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesRequest>) throws(MessageError) {
            action = try Action(number: c.pointee.action.rawValue, in: "ChangeOccurrencesRequest.action")
            if let value = c.pointee.filter { filter = try OccurrenceFilter(reading: value) }
            limit = c.pointee.limit
            cursor = Arena.bytes(c.pointee.cursor)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_occurrences_request__init(c)
            c.pointee.action = .init(rawValue: action.rawValue)
            if let filter { c.pointee.filter = try arena.put(filter) }
            c.pointee.limit = limit
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesRequest>) -> Int { task_scheduler__v1__change_occurrences_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_occurrences_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesRequest>? {
            task_scheduler__v1__change_occurrences_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
