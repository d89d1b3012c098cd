import TaskJSON
import Testing

func read(_ text: String, maxBytes: Int = 1 << 20, maxDepth: Int = JSONValue.maxDepth) throws(JSONError) -> JSONValue {
    try JSONValue(parsing: Array(text.utf8), maxBytes: maxBytes, maxDepth: maxDepth)
}

func reason(_ text: String) -> JSONError.Reason? { reason(Array(text.utf8)) }

func reason(_ bytes: [UInt8]) -> JSONError.Reason? {
    do throws(JSONError) {
        _ = try JSONValue(parsing: bytes, maxBytes: 1 << 20)
        return nil
    } catch { return error.reason }
}

@Suite("Reading JSON")
struct ReaderTests {
    @Test("every kind of value is read, with blanks anywhere between")
    func kinds() throws {
        let text = " \t\r\n{ \"a\" : [ null , true,false ,-1.5e2, 7 ],\"b\":{\"\":\"x\"} , \"c\" : [ ] , \"d\":{ } } \n"
        let expected: JSONValue = ["a": [nil, true, false, -150.0, 7], "b": ["": "x"], "c": [], "d": [:]]
        #expect(try read(text) == expected)
    }

    @Test("a text may be a single value of any kind", arguments: ["null", "true", "0", "\"\"", "[]", "{}"])
    func single(text: String) throws {
        #expect(try read(text).text() == text)
    }

    @Test("members keep their order")
    func order() throws {
        #expect(try read(#"{"z":1,"a":2,"m":3}"#).text() == #"{"z":1,"a":2,"m":3}"#)
    }

    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "tru", "[1,]", "[,1]", "[1 2]", "[1", "{\"a\":1,}", "{,}", "{\"a\"}",
            "{\"a\":}", "{\"a\" 1}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1", "[1]]", "{}{}", "1 2", "// x\n1", "[1]//",
            "/* */1", "'a'", "\"a", "\"\\", "\"\\u12\"", "\"\\x41\"", "\"\\u123g\"", "\"\\", "NaN", "Infinity", "-Infinity",
            "\u{FEFF}1", "[1]\u{0}", "\u{A0}1", "\u{2028}1", "\u{0B}1", "undefined", "[\"a\"\"b\"]", "[1;2]", "{\"a\":1 \"b\":2}"
        ])
    func refused(text: String) {
        #expect(reason(text) != nil)
    }

    @Test("every cut of a text is refused, and none crashes")
    func truncated() throws {
        let text = Array(#"{"a":[1.5e+3,-2,true,false,null,"xé\u00e9\ud83d\ude00\n"],"b":{"c":"d"}}"#.utf8)
        _ = try JSONValue(parsing: text, maxBytes: 1_000)
        for length in 0..<text.count { #expect(reason(Array(text[..<length])) != nil) }
    }

    @Test("changing any byte of a text never crashes, and what is read can be written and read again")
    func mutated() throws {
        let text = Array(#"{"a":[1.5e+3,-2,true,null,"xé\u00e9\ud83d\ude00"],"b":{"c":"d"}}"#.utf8)
        for place in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[place] = byte
                guard let value = try? JSONValue(parsing: changed, maxBytes: 1_000) else { continue }
                #expect(try JSONValue(parsing: value.bytes(), maxBytes: 1_000) == value)
            }
        }
    }

    @Test("a fault names its line and column, counted in characters")
    func places() throws {
        let error = #expect(throws: JSONError.self) { try read("{\n  \"é\": 1,\r\n  \"üx\": tru\n}") }
        #expect(error?.line == 3)
        #expect(error?.column == 12)
        #expect(error?.description == "line 3, column 12: expected true, found U+000A")
        #expect(throws: JSONError.self) { try read("[1,") }
        #expect(reason("[1,") == .expected("a value", found: "the end of the text"))
        #expect(reason("[1}") == .expected("',' or ']'", found: "'}'"))
        #expect(reason([0x5B, 0xFF]) == .expected("a value", found: "byte FF"))
        #expect(reason("[ü") == .expected("a value", found: "U+00FC"))
    }

    @Test("nesting is allowed up to its bound and no further")
    func depth() throws {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try read(nested(32))
        #expect(reason(nested(33)) == .tooDeep(maxDepth: 32))
        #expect(reason(String(repeating: "[", count: 100_000)) == .tooDeep(maxDepth: 32))
        #expect(reason(String(repeating: "{\"a\":", count: 100_000)) == .tooDeep(maxDepth: 32))
        _ = try read("{\"a\":[{}]}", maxDepth: 3)
        #expect(throws: JSONError.self) { try read("{\"a\":[{}]}", maxDepth: 2) }
        _ = try read("1", maxDepth: 0)
    }

    @Test("values are counted while they are read, and allowed up to their bound and no further")
    func values() throws {
        let text = Array(#"{"a":[0,"",null,{}],"b":true}"#.utf8)
        _ = try JSONValue(parsing: text, maxBytes: 100, maxValues: 7)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text, maxBytes: 100, maxValues: 6) }
        #expect(error?.reason == .tooMany(maxValues: 6))
        // What comes after the one that is too many is not looked at.
        #expect(error?.offset == 24)
        let zeros = Array(("[" + String(repeating: "0,", count: 1_000_000)).utf8)
        let early = #expect(throws: JSONError.self) { try JSONValue(parsing: zeros, maxBytes: zeros.count, maxValues: 1_000) }
        #expect(early?.reason == .tooMany(maxValues: 1_000))
        #expect(early?.offset == 2 * 999 + 1)
    }

    @Test("size is allowed up to its bound and no further")
    func size() throws {
        _ = try read("[1]", maxBytes: 3)
        let error = #expect(throws: JSONError.self) { try read("[12]", maxBytes: 3) }
        #expect(error?.reason == .tooLarge(maxBytes: 3))
    }

    @Test("a name twice in one object is refused, in small objects and large ones, however it is written")
    func duplicates() throws {
        #expect(reason(#"{"a":1,"a":1}"#) == .duplicateName("a"))
        #expect(reason(#"{"a":1,"\u0061":2}"#) == .duplicateName("a"))
        #expect(reason(#"{"":1,"":2}"#) == .duplicateName(""))
        _ = try read(#"{"a":{"a":{"a":1}},"A":1}"#)
        let many = (0..<5_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        _ = try read("{\(many)}")
        for name in ["k0", "k7", "k8", "k4999"] { #expect(reason("{\(many),\"\(name)\":0}") == .duplicateName(name)) }
        // Composed and decomposed, which Swift's == calls the same.
        #expect(try read("{\"\u{E9}\":1,\"e\u{301}\":2}")["e\u{301}"] == 2)
        let long = String(repeating: "n\n", count: 100)
        #expect(
            reason("{\"\(long.replacing("\n", with: "\\n"))\":1,\"\(long.replacing("\n", with: "\\n"))\":1}")
                == .duplicateName(String(repeating: "n\\u{a}", count: 32) + "…"))
    }
}

extension String {
    fileprivate func replacing(_ old: Character, with new: String) -> String {
        reduce(into: "") { $0 += $1 == old ? new : String($1) }
    }
}
