/// Walks over JSON of a known shape (RFC 8259) and says where its strings are.
struct JSONScanner {
    typealias Fault = NotificationBody.Fault

    private let bytes: [UInt8]
    private var index = 0
    /// Whether the object being read has had a field.
    private var isFirst = true

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return index == bytes.count
        }
    }

    var isAtList: Bool {
        mutating get {
            skipSpace()
            return index < bytes.count && bytes[index] == UInt8(ascii: "[")
        }
    }

    mutating func open(_ bracket: Unicode.Scalar, _ fault: String) throws(Fault) {
        guard take(bracket) else { throw Fault(description: fault) }
        isFirst = true
    }

    /// The name of an object's next field, after which its value is to be read; nil after the last.
    mutating func fieldName() throws(Fault) -> String? {
        if take("}") {
            // What the object stands in goes on after it.
            isFirst = false
            return nil
        }
        guard isFirst || take(",") else { throw Fault(description: "the body's JSON is broken at byte \(index)") }
        isFirst = false
        let range = try string("a field's name")
        guard take(":") else { throw Fault(description: "the body's JSON is broken at byte \(index)") }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// Where a string stands, without its quotes.
    mutating func string(_ name: String) throws(Fault) -> Range<Int> {
        guard take("\"") else { throw Fault(description: "\(name) is not a string") }
        let start = index
        while index < bytes.count, bytes[index] >= 0x20 {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return start..<(index - 1)
            case UInt8(ascii: "\\"):
                guard takeEscape() else { throw Fault(description: "\(name) holds a broken escape") }
            default: index += 1
            }
        }
        throw Fault(description: "\(name) is a broken string")
    }

    /// A list of strings: how many.
    mutating func strings(_ name: String) throws(Fault) -> Int {
        guard take("[") else { throw Fault(description: "\(name) is not a list") }
        if take("]") { return 0 }
        var count = 0
        repeat {
            _ = try string(name)
            count += 1
        } while take(",")
        guard take("]") else { throw Fault(description: "\(name) is a broken list") }
        return count
    }

    mutating func integer(_ name: String) throws(Fault) {
        skipSpace()
        let start = index
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard Int64(String(decoding: bytes[start..<index], as: UTF8.self)) != nil else {
            throw Fault(description: "\(name) is not an integer")
        }
    }

    mutating func boolean(_ name: String) throws(Fault) {
        skipSpace()
        for word in ["true", "false"] where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return
        }
        throw Fault(description: "\(name) is neither true nor false")
    }

    private mutating func takeEscape() -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "u"):
            let digits = bytes[(index + 2)...].prefix(4)
            index += 6
            return digits.count == 4 && digits.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
        case 0x22, 0x2F, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74:
            index += 2
            return true
        default: return false
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }
}
