import FoundationEssentials

/// Text from and for JSON, and for people.
enum JSONText {
    /// The text of a JSON string, given what stands between its quotes.
    static func decoded(_ inside: ArraySlice<UInt8>) -> String {
        guard inside.contains(UInt8(ascii: "\\")) else { return String(decoding: inside, as: UTF8.self) }
        let quote = UInt8(ascii: "\"")
        let array = [UInt8(ascii: "["), quote] + inside + [quote, UInt8(ascii: "]")]
        return (try? JSONDecoder().decode([String].self, from: Data(array)))?.first ?? ""
    }

    /// A JSON string with its quotes.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard !isPlain else { return "\"\(text)\"" }
        guard let list = try? JSONEncoder().encode([text]) else { return "null" }
        return String(decoding: list.dropFirst().dropLast(), as: UTF8.self)
    }

    /// JSON in one line: a line break in JSON is white space, as a string cannot hold one.
    static func inOneLine(_ json: [UInt8]) -> String {
        guard json.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return String(decoding: json, as: UTF8.self) }
        return String(decoding: json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }

    /// Without what would move a terminal's cursor.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
