// Generated from Shared/Protos/notifier.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// The arguments of the task `edvora.notification`.
    public struct Notification: WireMessage, Hashable {
        public var title: String = ""
        public var body: String = ""
        public var image: String = ""
        public var kind: Int64 = 0
        public var classroomId: String = ""
        /// unix seconds
        public var createdAt: Int64 = 0
        public var createdBy: String = ""
        /// the JSON text of a string or a list of strings, passed on as it came
        public var itemIdJson: [UInt8] = []
        public var action: Bool = false
        public var actionPath: [String] = []
        public var extraPath: String = ""
        public var usernames: [String] = []
        /// The fields that it came with and this build does not know; they are not in what is packed.
        public private(set) var unknownFields = UnknownFields()

        public init(title: String = "", body: String = "", image: String = "", kind: Int64 = 0, classroomId: String = "", createdAt: Int64 = 0, createdBy: String = "", itemIdJson: [UInt8] = [], action: Bool = false, actionPath: [String] = [], extraPath: String = "", usernames: [String] = []) {
            self.title = title
            self.body = body
            self.image = image
            self.kind = kind
            self.classroomId = classroomId
            self.createdAt = createdAt
            self.createdBy = createdBy
            self.itemIdJson = itemIdJson
            self.action = action
            self.actionPath = actionPath
            self.extraPath = extraPath
            self.usernames = usernames
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Notification>) throws(MessageError) {
            title = Arena.string(c.pointee.title)
            body = Arena.string(c.pointee.body)
            image = Arena.string(c.pointee.image)
            kind = c.pointee.kind
            classroomId = Arena.string(c.pointee.classroom_id)
            createdAt = c.pointee.created_at
            createdBy = Arena.string(c.pointee.created_by)
            itemIdJson = Arena.bytes(c.pointee.item_id_json)
            action = c.pointee.action != 0
            actionPath = Arena.strings(c.pointee.action_path, c.pointee.n_action_path)
            extraPath = Arena.string(c.pointee.extra_path)
            usernames = Arena.strings(c.pointee.usernames, c.pointee.n_usernames)
            unknownFields = UnknownFields(areAny: c.pointee.base.n_unknown_fields > 0)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Notification>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__notification__init(c)
            if !title.isEmpty { c.pointee.title = try arena.put(title) }
            if !body.isEmpty { c.pointee.body = try arena.put(body) }
            if !image.isEmpty { c.pointee.image = try arena.put(image) }
            c.pointee.kind = kind
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            c.pointee.created_at = createdAt
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            if !itemIdJson.isEmpty { c.pointee.item_id_json = try arena.put(itemIdJson) }
            c.pointee.action = action ? 1 : 0
            (c.pointee.action_path, c.pointee.n_action_path) = try arena.put(strings: actionPath)
            if !extraPath.isEmpty { c.pointee.extra_path = try arena.put(extraPath) }
            (c.pointee.usernames, c.pointee.n_usernames) = try arena.put(strings: usernames)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Notification>) -> Int { task_scheduler__v1__notification__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Notification>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__notification__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Notification>? {
            task_scheduler__v1__notification__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
