import TaskDomain

/// A statement with its parameters.
struct Query {
    var sql: String
    var parameters: [Parameter]

    init(_ sql: String, _ parameters: [Parameter] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}

/// A value that goes to the server in its binary form; the statement's casts say which type it has there.
enum Parameter {
    /// smallint
    case shard(Shard)
    /// smallint[]
    case shards([Shard])
    /// bigint
    case int(Int64?)
    /// uuid
    case id(ReminderID)
    /// bytea
    case bytes([UInt8]?)
    /// bigint[]
    case ints([Int64?])
    /// uuid[]
    case ids([ReminderID])
    /// bytea[]
    case blobs([[UInt8]?])

    static func text(_ text: String?) -> Parameter { .bytes(text.map { Array($0.utf8) }) }
    static func time(_ instant: (some Instant)?) -> Parameter { .int(instant?.count) }

    private static let smallint: Int32 = 21, bigint: Int32 = 20, uuid: Int32 = 2950, bytea: Int32 = 17

    /// What an array has in one place; anything else is the same in all.
    func element(_ place: Int) -> Parameter {
        switch self {
        case .shards(let shards): .shard(shards[place])
        case .ints(let values): .int(values[place])
        case .ids(let ids): .id(ids[place])
        case .blobs(let values): .bytes(values[place])
        case .shard, .int, .id, .bytes: self
        }
    }

    /// Appends the binary form.
    /// - Returns: `false` for NULL.
    func append(to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .shard(let shard): bytes.append(bigEndian: Int16(shard.number))
        case .shards(let shards):
            Self.begin(&bytes, Self.smallint, shards.count, hasNull: false)
            for shard in shards {
                bytes.append(bigEndian: Int32(2))
                bytes.append(bigEndian: Int16(shard.number))
            }
        case .int(let value):
            guard let value else { return false }
            bytes.append(bigEndian: value)
        case .id(let id): bytes.append(id)
        case .bytes(let value):
            guard let value else { return false }
            bytes += value
        case .ints(let values):
            Self.begin(&bytes, Self.bigint, values.count, hasNull: values.contains { $0 == nil })
            for value in values {
                guard let value else {
                    bytes.append(bigEndian: Int32(-1))
                    continue
                }
                bytes.append(bigEndian: Int32(8))
                bytes.append(bigEndian: value)
            }
        case .ids(let ids):
            Self.begin(&bytes, Self.uuid, ids.count, hasNull: false)
            for id in ids {
                bytes.append(bigEndian: Int32(16))
                bytes.append(id)
            }
        case .blobs(let values):
            Self.begin(&bytes, Self.bytea, values.count, hasNull: values.contains { $0 == nil })
            for value in values {
                guard let value else {
                    bytes.append(bigEndian: Int32(-1))
                    continue
                }
                bytes.append(bigEndian: Int32(truncatingIfNeeded: value.count))
                bytes += value
            }
        }
        return true
    }

    /// The head of an array of one dimension.
    private static func begin(_ bytes: inout [UInt8], _ type: Int32, _ count: Int, hasNull: Bool) {
        bytes.append(bigEndian: Int32(count == 0 ? 0 : 1))
        bytes.append(bigEndian: Int32(hasNull ? 1 : 0))
        bytes.append(bigEndian: type)
        guard count > 0 else { return }
        bytes.append(bigEndian: Int32(truncatingIfNeeded: count))
        bytes.append(bigEndian: Int32(1))
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ id: ReminderID) {
        append(bigEndian: id.high)
        append(bigEndian: id.low)
    }
}
