import TaskJSON
import Testing

@Suite("JSON strings")
struct StringTests {
    @Test("escapes stand for their characters")
    func escapes() throws {
        #expect(try read(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000""#) == .string("\"\\/\u{8}\u{C}\n\r\tAé€😀\u{0}"))
        #expect(try read(#""a\nb\nc""#) == .string("a\nb\nc"))
        #expect(try read(#""é\né""#) == .string("é\né"))
        #expect(try read(#"["\u0031","","plain","\u0032"]"#) == ["1", "", "plain", "2"])
    }

    @Test("noncharacters and the ends of the surrogate range are characters")
    func edges() throws {
        #expect(
            try read(#""\uffff\ufffe\ud7ff\ue000\udbff\udfff\ud800\udc00""#)
                == .string("\u{FFFF}\u{FFFE}\u{D7FF}\u{E000}\u{10FFFF}\u{10000}"))
        #expect(try read("\"\u{7F}\u{80}\u{10FFFF}\u{2028}\"") == .string("\u{7F}\u{80}\u{10FFFF}\u{2028}"))
    }

    @Test(
        "half a surrogate pair is refused",
        arguments: [
            #""\ud800""#, #""\udfff""#, #""\ud83d\u0041""#, #""\ud83d\ud83d""#, #""\ude00\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#,
            #""\udc00""#,
            #""\udbff""#
        ])
    func surrogates(text: String) {
        #expect(reason(text) == .loneSurrogate)
    }

    @Test("a surrogate pair cut anywhere is refused")
    func cutPairs() {
        let text = Array(#""\ud83d\ude00""#.utf8)
        for length in 1..<text.count { #expect(reason(Array(text[..<length])) != nil) }
    }

    @Test("a raw control character is refused, each of them", arguments: UInt8(0)..<0x20)
    func controls(byte: UInt8) throws {
        #expect(reason([0x22, 0x61, byte, 0x22]) == .controlCharacter)
        #expect(reason([0x22, 0x5C, 0x6E, byte, 0x22]) == .controlCharacter)
        #expect(
            try JSONValue(parsing: JSONValue.string("\(UnicodeScalar(byte))").bytes(), maxBytes: 10)
                == .string("\(UnicodeScalar(byte))"))
    }

    @Test(
        "bytes that are not UTF-8 are refused, where they stand",
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xF0, 0x9F, 0x98],
            [0xC3, 0x5C, 0x6E]
        ])
    func notUTF8(bytes: [UInt8]) throws {
        let before = Array("[\"é".utf8)
        for rest in [[], Array("\\n".utf8)] as [[UInt8]] {
            let text = before + bytes + rest + [0x22, 0x5D]
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text, maxBytes: 100) }
            #expect(error?.reason == .invalidUTF8)
            #expect(error?.offset == before.count)
        }
        #expect(reason([0x22, 0x5C, 0x6E] + bytes + [0x22]) == .invalidUTF8)
        #expect(reason(bytes) != nil)
    }

    @Test("writing escapes what must be escaped and nothing else")
    func writing() throws {
        #expect(
            JSONValue.string("a\"b\\c/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é😀\u{2028}").text()
                == "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}é😀\u{2028}\"")
        #expect(JSONValue.string("").text() == "\"\"")
        let all = String(String.UnicodeScalarView((0...0x2FFF).compactMap { Unicode.Scalar($0) }))
        #expect(try read(JSONValue.string(all).text()) == .string(all))
    }
}
