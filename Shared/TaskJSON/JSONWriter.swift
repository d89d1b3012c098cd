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

/// Puts JSON (RFC 8259) together from whole values, or piece by piece; then the caller sees to the structure.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    private let isIndented: Bool
    private var depth = 0

    /// - Parameter isIndented: of whole values, with line ends and two blanks a level.
    public init(isIndented: Bool = false, capacity: Int = 256) {
        self.isIndented = isIndented
        bytes.reserveCapacity(capacity)
    }

    // MARK: Whole values

    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let bool): boolean(bool)
        case .integer(let integer): self.integer(integer)
        // JSON has no infinities and no NaN. None is ever read, and null is what JavaScript writes for them.
        case .double(let double): double.isFinite ? bytes.append(contentsOf: double.description.utf8) : raw("null")
        case .string(let string): self.string(string)
        case .array(let items): list("[", items, "]") { $0.write($1) }
        case .object(let object):
            list("{", object.members, "}") { writer, member in
                writer.string(member.name)
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

    // MARK: Pieces

    /// Text that is JSON already: names, colons, brackets.
    public mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Bytes that are JSON already.
    public mutating func raw(_ text: [UInt8]) { bytes.append(contentsOf: text) }

    public mutating func integer(_ value: Int64) { bytes.append(contentsOf: String(value).utf8) }

    public mutating func boolean(_ value: Bool) { value ? raw("true") : raw("false") }

    /// A string in quotes; what section 7 wants escaped is escaped, nothing else.
    public mutating func string(_ value: String) {
        var value = value
        raw("\"")
        value.withUTF8 { text in
            // Copied in runs: most strings are one run.
            var plain = 0
            for (place, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                bytes.append(contentsOf: text[plain..<place])
                escape(UInt32(byte))
                plain = place + 1
            }
            bytes.append(contentsOf: text[plain...])
        }
        raw("\"")
    }

    /// An array of integers.
    public mutating func integers(_ values: [Int64]) { list("[", values, "]") { $0.integer($1) } }

    /// An array of strings.
    public mutating func strings(_ values: [String]) { list("[", values, "]") { $0.string($1) } }

    /// The escape of one character of the Basic Multilingual Plane, without quotes around it.
    public mutating func escape(_ character: UInt32) {
        switch character {
        case 0x22: raw("\\\"")
        case 0x5C: raw("\\\\")
        case 0x08: raw("\\b")
        case 0x0C: raw("\\f")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        default:
            let hexadecimal: StaticString = "0123456789abcdef"
            raw("\\u")
            for shift: UInt32 in [12, 8, 4, 0] { bytes.append(hexadecimal.utf8Start[Int(character >> shift & 15)]) }
        }
    }
}
