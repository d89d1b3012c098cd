extension JSONValue {
    /// Its text in UTF-8, without blanks; members in their order. What is read is written so that it reads the same.
    /// - Parameter isIndented: with line ends and two blanks a level, for people.
    public func bytes(isIndented: Bool = false) -> [UInt8] {
        var writer = JSONWriter(isIndented: isIndented)
        writer.write(self)
        return writer.bytes
    }

    /// As ``bytes(isIndented:)``, as a string.
    public func text(isIndented: Bool = false) -> String { String(decoding: bytes(isIndented: isIndented), as: UTF8.self) }
}

/// Puts the text of values together.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let isIndented: Bool
    private var depth = 0

    init(isIndented: Bool = false) {
        self.isIndented = isIndented
        bytes.reserveCapacity(256)
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let bool): raw(bool ? "true" : "false")
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        // JSON has no infinities and no NaN. None is ever read, and null is what JavaScript writes for them.
        case .double(let double): double.isFinite ? bytes.append(contentsOf: double.description.utf8) : raw("null")
        case .string(let string): write(string)
        case .array(let items): list("[", items, "]") { $0.write($1) }
        case .object(let object):
            list("{", object.members, "}") { writer, member in
                writer.write(member.name)
                writer.raw(writer.isIndented ? ": " : ":")
                writer.write(member.value)
            }
        }
    }

    private mutating func list<Item>(
        _ open: StaticString, _ items: [Item], _ close: StaticString, _ each: (inout JSONWriter, Item) -> Void
    ) {
        raw(open)
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { raw(",") }
            newLine()
            each(&self, item)
        }
        depth -= 1
        if !items.isEmpty { newLine() }
        raw(close)
    }

    private mutating func newLine() {
        guard isIndented else { return }
        raw("\n")
        for _ in 0..<depth { raw("  ") }
    }

    private mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string in quotes; what section 7 wants escaped is escaped, nothing else.
    private mutating func write(_ string: String) {
        var string = string
        raw("\"")
        string.withUTF8 { text in
            var plain = 0
            for (place, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                bytes.append(contentsOf: text[plain..<place])
                escape(byte)
                plain = place + 1
            }
            bytes.append(contentsOf: text[plain...])
        }
        raw("\"")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: raw("\\\"")
        case 0x5C: raw("\\\\")
        case 0x08: raw("\\b")
        case 0x0C: raw("\\f")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        default:
            let hexadecimal: StaticString = "0123456789abcdef"
            raw("\\u00")
            bytes.append(hexadecimal.utf8Start[Int(byte >> 4)])
            bytes.append(hexadecimal.utf8Start[Int(byte & 15)])
        }
    }
}
