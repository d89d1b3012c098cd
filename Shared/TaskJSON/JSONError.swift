/// Why bytes are not a JSON text, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// RFC 8259's grammar wants something else here.
        case expected(String, found: String)
        case tooLarge(maxBytes: Int)
        case tooDeep(maxDepth: Int)
        case tooMany(maxValues: Int)
        /// Two members of one object have this name (cut to ``JSONError/maxShownScalars``).
        case duplicateName(String)
        case invalidUTF8
        /// A `\u` escape of half a surrogate pair, which stands for no character.
        case loneSurrogate
        /// A control character that must be escaped in a string.
        case controlCharacter
        /// A number beyond the range of 64-bit floating point.
        case numberOutOfRange
    }

    public let reason: Reason
    /// Bytes before the fault.
    public let offset: Int
    /// Both from 1; columns count characters (Unicode scalars).
    public let line: Int, column: Int

    /// How much of a name an error repeats.
    public static let maxShownScalars = 64

    public var description: String { "line \(line), column \(column): \(reason)" }
}

extension JSONError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .expected(let expected, let found): "expected \(expected), found \(found)"
        case .tooLarge(let maxBytes): "the text has more than \(maxBytes) bytes"
        case .tooDeep(let maxDepth): "lists and objects are nested more than \(maxDepth) deep"
        case .tooMany(let maxValues): "the text has more than \(maxValues) values, lists and objects counted too"
        case .duplicateName(let name): "the name \"\(name)\" stands twice in one object"
        case .invalidUTF8: "these bytes are not UTF-8"
        case .loneSurrogate: "this escape is half a surrogate pair; the other half is missing"
        case .controlCharacter: "a control character in a string must be escaped, as \\n or \\u000a"
        case .numberOutOfRange: "this number is beyond 64-bit floating point"
        }
    }
}

extension JSONError {
    /// - Parameter text: the whole text, to count lines in.
    init(_ reason: Reason, at offset: Int, in text: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in text[..<min(offset, text.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.reason = reason
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// What stands at `offset`, as a message may show it.
    static func found(at offset: Int, in text: UnsafeBufferPointer<UInt8>) -> String {
        guard offset < text.count else { return "the end of the text" }
        let byte = text[offset]
        if byte > 0x20, byte < 0x7F { return "'\(Character(UnicodeScalar(byte)))'" }
        let mostBytesPerScalar = 4
        let piece = text[offset..<min(offset + mostBytesPerScalar, text.count)]
        var decoder = UTF8()
        var bytes = piece.makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&bytes) else {
            return "byte \(hexadecimal(UInt32(byte), digits: 2))"
        }
        return "U+" + hexadecimal(scalar.value, digits: 4)
    }

    /// A name as a message may repeat it: cut, and without what could break a line.
    static func shown(_ name: String) -> String {
        var result = ""
        for (position, scalar) in name.unicodeScalars.enumerated() {
            if position == maxShownScalars { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
