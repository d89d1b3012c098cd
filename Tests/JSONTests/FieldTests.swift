import TaskJSON
import Testing

private struct Order: Equatable {
    enum Speed: Sendable { case slow, fast }

    let name: String
    let times: Int64
    let note: String?
    let speed: Speed
    let isGift: Bool
    let tags: [String]
    let address: Address

    struct Address: Equatable {
        let street: String
        let zip: Int64

        static let type = FieldType<Address>.object { fields in
            Address(
                street: fields.required("street", .string(1...5), help: "where"),
                zip: fields.required("zip", .integer(1...99_999), help: "which town"))
        }
    }

    static let type = FieldType<Order>.object { fields in
        let order = Order(
            name: fields.required("name", .string(1...3), help: "who", example: "Ann"),
            times: fields.value("times", .integer(1...9), default: 1, documented: 1, help: "how often"),
            note: fields.optional("note", .string(0...4), help: "more"),
            speed: fields.value(
                "speed", .oneOf([("slow", .slow), ("fast", .fast)]), default: .slow, documented: "slow", help: "how"),
            isGift: fields.value("is_gift", .boolean, default: false, documented: false, help: "a present"),
            tags: fields.value("tags", .list(of: .string(1...2), 0...4), default: [], documented: [], help: "words"),
            address: fields.required("address", Address.type, help: "to"))
        fields.check { place in
            if order.times == 9, order.speed == .fast { place.appending("times").refuse("is too often for that speed") }
        }
        return order
    }
}

private func readOrder(_ text: String) throws -> (order: Order?, faults: [String]) {
    let faults = JSONFaults()
    let order = Order.type.read(try read(text), at: JSONPlace(faults))
    #expect((order == nil) == !faults.isEmpty)
    return (order, faults.all.map(\.description))
}

@Suite("Reading fields")
struct FieldTests {
    private static let whole =
        #"{"name":"Ann","times":2.0,"note":"x","speed":"fast","is_gift":true,"tags":["a","b"],"address":{"street":"S","zip":1}}"#

    @Test("a good object is read whole; absent and null fields have their defaults")
    func good() throws {
        let all = try readOrder(Self.whole).order
        #expect(
            all
                == Order(
                    name: "Ann", times: 2, note: "x", speed: .fast, isGift: true, tags: ["a", "b"],
                    address: .init(street: "S", zip: 1)))
        let least = Order(
            name: "A", times: 1, note: nil, speed: .slow, isGift: false, tags: [], address: .init(street: "S", zip: 1))
        #expect(try readOrder(#"{"name":"A","address":{"street":"S","zip":1}}"#).order == least)
        #expect(
            try readOrder(
                #"{"name":"A","times":null,"note":null,"speed":null,"is_gift":null,"tags":null,"address":{"street":"S","zip":1}}"#
            ).order == least)
    }

    @Test("every fault is reported at once, each with its place, and every unknown field")
    func allFaults() throws {
        let text =
            #"{"name":"","times":0,"note":5,"speed":"quick","is_gift":1,"tags":["a",2,"long",""],"address":{"street":null,"zip":"1","x/y":1},"more":1}"#
        let faults = try readOrder(text).faults
        #expect(
            faults == [
                "/name: must be a string of 1 to 3 characters; it had 0",
                "/times: must be a whole number from 1 to 9; it was 0",
                "/note: must be a string of at most 4 characters; it was a number",
                "/speed: must be one of \"slow\", \"fast\"",
                "/is_gift: must be true or false; it was a number",
                "/tags/1: must be a string of 1 to 2 characters; it was a number",
                "/tags/2: must be a string of 1 to 2 characters; it had 4",
                "/tags/3: must be a string of 1 to 2 characters; it had 0",
                "/address/street: is required; it must be a string of 1 to 5 characters",
                "/address/zip: must be a whole number from 1 to 99999; it was a string",
                "/address/x~1y: is not a known field",
                "/more: is not a known field"
            ])
        #expect(
            try readOrder("{}").faults == [
                "/name: is required; it must be a string of 1 to 3 characters", "/address: is required; it must be an object"
            ])
        for text in ["[]", "1", "null", "\"x\""] { #expect(try readOrder(text).faults.count == 1) }
    }

    @Test("bounds hold one below, at and one above")
    func bounds() throws {
        func faults(_ type: FieldType<String>, _ text: String) -> Int {
            let faults = JSONFaults()
            _ = type.read(.string(text), at: JSONPlace(faults))
            return faults.count
        }
        for (text, expected) in [
            ("a", 1), ("ab", 0), ("abc", 0), ("abcd", 1), ("éé", 0), ("é", 1), ("😀😀😀", 0), ("😀😀😀😀", 1), ("e\u{301}", 0)
        ] {
            #expect(faults(.string(2...3), text) == expected, "\(text)")
        }
        #expect(faults(.string(0...3), "a\u{0}b") == 1)
        let list = FieldType.list(of: .integer(0...1), 1...2)
        for (count, expected) in [(0, 1), (1, 0), (2, 0), (3, 1)] {
            let faults = JSONFaults()
            _ = list.read(.array(Array(repeating: 1, count: count)), at: JSONPlace(faults))
            #expect(faults.count == expected)
        }
        for (number, expected) in [("-1", 1), ("0", 0), ("1", 0), ("2", 1), ("0.5", 1), ("1e300", 1), ("1.0", 0), ("-0", 0)] {
            let faults = JSONFaults()
            _ = FieldType.integer(0...1).read(try read(number), at: JSONPlace(faults))
            #expect(faults.count == expected, "\(number)")
        }
    }

    @Test("a rule over several fields is looked at when the fields are good")
    func checks() throws {
        #expect(
            try readOrder(#"{"name":"A","times":9,"speed":"fast","address":{"street":"S","zip":1}}"#).faults == [
                "/times: is too often for that speed"
            ])
        #expect(
            try readOrder(#"{"name":"Anna","times":9,"speed":"fast","address":{"street":"S","zip":1}}"#).faults == [
                "/name: must be a string of 1 to 3 characters; it had 4"
            ])
    }

    @Test("faults are bounded, and the rest counted")
    func bounded() throws {
        let many = (0..<1_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        let faults = JSONFaults()
        #expect(Order.type.read(try read("{\(many)}"), at: JSONPlace(faults)) == nil)
        #expect(faults.all.count == 100)
        #expect(faults.omitted == 902)
    }

    @Test("the list of fields is the schema too")
    func schema() throws {
        let schema = JSONValue.object(Order.type.schema())
        #expect(schema["required"] == ["name", "address"])
        #expect(schema["additionalProperties"] == false)
        #expect(
            schema["properties"]?["times"] == [
                "type": ["integer", "null"], "minimum": 1, "maximum": 9, "description": "how often", "default": 1
            ])
        #expect(schema["properties"]?["name"]?["examples"] == ["Ann"])
        #expect(schema["properties"]?["speed"]?["enum"] == ["slow", "fast", nil])
        #expect(
            schema["properties"]?["tags"]?["items"] == [
                "type": "string", "minLength": 1, "maxLength": 2, "pattern": "^[^\\u0000]*$"
            ])
        #expect(schema["properties"]?["address"]?["required"] == ["street", "zip"])
    }

    @Test("no fault repeats a string's text")
    func secrets() throws {
        let text =
            #"{"name":"secret-value","note":"secret-value","speed":"secret-value","times":"secret-value","address":"secret-value"}"#
        for fault in try readOrder(text).faults { #expect(!fault.contains("secret")) }
    }
}
