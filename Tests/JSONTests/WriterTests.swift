import TaskJSON
import Testing

@Suite("Writing JSON")
struct WriterTests {
    @Test("values are written without blanks, members in their order")
    func compact() {
        let value: JSONValue = ["b": [1, -2, 0.5, true, false, nil], "a": [:], "": []]
        #expect(value.text() == #"{"b":[1,-2,0.5,true,false,null],"a":{},"":[]}"#)
    }

    @Test("for people there are line ends and indentation")
    func indented() {
        let value: JSONValue = ["a": [1, ["b": 2]], "c": [], "d": [:]]
        #expect(
            value.text(isIndented: true)
                == "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}")
    }

    @Test("members of an object are set, replaced in their place and removed")
    func members() {
        var object: JSONObject = ["a": 1, "b": 2, "a": 3]
        #expect(JSONValue.object(object).text() == #"{"a":3,"b":2}"#)
        object["c"] = 4
        object["a"] = 5
        object["b"] = nil
        #expect(JSONValue.object(object).text() == #"{"a":5,"c":4}"#)
        #expect(object["b"] == nil)
    }

    @Test("a pointer escapes what RFC 6901 gives a meaning")
    func pointers() {
        #expect(JSONPointer.root.description == "")
        #expect(JSONPointer.root.appending("rrule").appending("byweekday").appending(0).description == "/rrule/byweekday/0")
        #expect(JSONPointer.root.appending("a/b").appending("m~n").appending("").appending("~1").description == "/a~1b/m~0n//~01")
        #expect(JSONPointer.root.appending("é \"").description == "/é \"")
    }
}
