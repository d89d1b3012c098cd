@testable import TaskRecurrence

/// Makes the fields of an object form out of bytes: mostly plausible ones, so that many objects are accepted.
struct ObjectRecipe {
    private var bytes: ArraySlice<UInt8>

    /// Lists and objects nest no deeper; the reader must refuse even one level.
    private static let maximumDepth = 3
    private static let names = [
        "freq", "interval", "count", "until", "wkst", "bysetpos", "bymonth", "bymonthday", "byyearday", "byweekno", "byweekday", "byhour",
        "byminute", "bysecond", "cache", "dtstart", "byeaster", "byday", "FREQ", "",
    ]
    private static let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    mutating func fields() -> [(String, RuleFieldValue)] {
        var fields: [(String, RuleFieldValue)] = []
        // Most recipes begin with a frequency, without which none is accepted.
        let first = next()
        if first < 0xE0 { fields.append(("freq", .integer(Int64(first % 7)))) }
        while !bytes.isEmpty {
            let name = next()
            fields.append((name < 0xF8 ? ObjectRecipe.names[Int(name) % ObjectRecipe.names.count] : text(), value(depth: 0)))
        }
        return fields
    }

    private mutating func value(depth: Int) -> RuleFieldValue {
        let kind = next()
        switch kind {
        case 0..<96: return .integer(Int64(next() % 64))
        case 96..<128: return .integer(Int64(Int8(bitPattern: next())))
        case 128..<144: return .string(weekday())
        case 144..<150: return .integer(wide())
        case 150..<156: return .number(Double(Int8(bitPattern: next())) / (kind % 2 == 0 ? 1 : 2))
        case 156..<160: return .number(Double(bitPattern: UInt64(bitPattern: wide())))
        case 160..<164: return .null
        case 164..<168: return .bool(kind % 2 == 0)
        case 168..<176: return .string(text())
        case 176..<248 where depth < ObjectRecipe.maximumDepth:
            return .array((0..<Int(next() % 9)).map { _ in value(depth: depth + 1) })
        case 248..<250 where depth < ObjectRecipe.maximumDepth: return .object([("a", value(depth: depth + 1))])
        case 250: return .array(Array(repeating: .integer(Int64(next() % 8)), count: Int(next()) * 5))
        default: return .integer(Int64(kind))
        }
    }

    private mutating func weekday() -> String {
        let day = ObjectRecipe.days[Int(next() % 7)]
        let ordinal = Int(Int8(bitPattern: next()))
        return ordinal % 3 == 0 ? day : "\(ordinal % 60)\(day)"
    }

    private mutating func text() -> String {
        let count = Int(next() % 24)
        let piece = bytes.prefix(count)
        bytes = bytes.dropFirst(count)
        return String(decoding: piece, as: UTF8.self)
    }

    private mutating func wide() -> Int64 {
        (0..<8).reduce(Int64(0)) { number, _ in number << 8 | Int64(next()) }
    }

    /// 0 past the end, so that every input is a recipe.
    private mutating func next() -> UInt8 { bytes.popFirst() ?? 0 }
}
