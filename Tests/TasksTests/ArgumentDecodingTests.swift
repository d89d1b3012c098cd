import FoundationEssentials
import ScheduledTasks
import TaskJSON
import Testing

private enum Colour: String, Codable { case red, green }

/// Every kind of value that a type's own coding asks for.
private struct Everything: Codable, Equatable {
    var text = "ü\u{0}\"/\u{2028}💡", flag = true, none: Int?, some: Int? = 3
    var small: Int8 = -128, byte: UInt8 = 255, whole = Int.max, least = Int64.min, long: UInt64 = 1 << 53, float: Float = 0.1
    var double = 1.0e300, tiny = Double.leastNonzeroMagnitude
    var date = Date(timeIntervalSince1970: 1_795_000_000.25), data = Data([0, 255, 7]), decimal = Decimal(string: "3.133")
    var url = URL(string: "https://example.org/a?b=c#d")
    var colour = Colour.green, list = [[1, 2], []], options: [Int?] = [1, nil]
    var named = ["a": [true], "b": []], numbered = [7: "seven"], set: Set = [1, 2, 3]
    var nested = Nested(kind: .pair(1, name: "x"))

    struct Nested: Codable, Equatable { let kind: Kind }
    enum Kind: Codable, Equatable { case nothing, pair(Int, name: String) }
}

private class Base: Codable { var a = 1 }
private final class Derived: Base {
    private(set) var b = 2
    private enum Keys: CodingKey { case b }
    override init() { super.init() }
    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        b = try container.decode(Int.self, forKey: .b)
        try super.init(from: container.superDecoder())
    }
    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(b, forKey: .b)
        try super.encode(to: container.superEncoder())
    }
}

/// Reads its list item by item, as nested containers allow.
private struct ByHand: Codable {
    var first = 1, second = ["x": 2], third = [3]
    private enum Keys: CodingKey { case items, name }

    init() {}
    init(from decoder: any Decoder) throws {
        let whole = try decoder.container(keyedBy: Keys.self)
        var items = try whole.nestedUnkeyedContainer(forKey: .items)
        #expect(items.count == 4)
        #expect(throws: DecodingError.self) { try items.decode(String.self) }
        first = try items.decode(Int.self)
        #expect(try items.decodeNil())
        let inner = try items.nestedContainer(keyedBy: Keys.self)
        second = ["x": try inner.decode(Int.self, forKey: .name)]
        var list = try items.nestedUnkeyedContainer()
        third = [try list.decode(Int.self)]
        #expect(items.isAtEnd && list.isAtEnd)
        _ = try items.decode(Int.self)
    }
    func encode(to encoder: any Encoder) throws {}
}

@Suite("A type's arguments")
struct ArgumentDecodingTests {
    private func fault<T: Decodable>(_ type: T.Type, _ kwargs: JSONObject) -> String {
        do throws(TaskArgumentsError) {
            _ = try TaskArguments(kwargs: kwargs).decode(type)
            return ""
        } catch { return error.description }
    }

    @Test("are read as they were written, through the store's bytes, whatever their type")
    func everything() throws {
        let written = try TaskArguments(encoding: Everything())
        #expect(try TaskArguments(json: written.json).decode(Everything.self) == Everything())
        #expect(written.kwargs["date"] == 1_795_000_000.25 && written.kwargs["data"] == "AP8H")
        let derived = try TaskArguments(encoding: Derived()).decode(Derived.self)
        #expect(derived.a == 1 && derived.b == 2)
    }

    @Test("a fault is named by its place")
    func places() {
        struct Person: Decodable { let born: Date, colour: Colour? }
        struct People: Decodable { let people: [Person], size: [String: Bool]? }
        #expect(fault(People.self, ["people": [["born": 0], ["burn": 1]]]) == "argument people[1].born is missing")
        #expect(fault(People.self, ["people": [["born": "x"]]]) == "argument people[0].born must be a number; it was a string")
        #expect(fault(People.self, ["people": 1]) == "argument people must be a list; it was 1")
        #expect(fault(People.self, ["people": [nil]]) == "argument people[0] must not be null")
        #expect(fault(People.self, ["people": [], "size": ["a": 1]]) == "argument size.a must be true or false; it was 1")
        #expect(fault(People.self, ["people": [["born": 0, "colour": "blue"]]]).hasPrefix("argument people[0].colour: "))
        #expect(fault(People.self, ["people": [["born": 0, "colour": nil]], "unknown": 1]) == "")
        #expect(fault([Int].self, [:]) == "kwargs must be a list; it was an object")
        #expect(fault(ByHand.self, ["items": [1, nil, ["name": 2], [3]]]) == "argument items[4] is missing")
    }

    @Test("a number that its type cannot hold, or that has lost digits, is refused")
    func numbers() {
        struct Numbers: Decodable { var a: Int?, b: UInt8?, c: UInt64?, d: Float?, e: Date? }
        for (kwargs, name) in [
            (["a": 2.5], "a"), (["a": .double(9.3e18)], "a"), (["b": 256], "b"), (["b": -1], "b"), (["c": -1], "c"),
            (["c": .double(9_223_372_036_854_775_808)], "c"), (["d": 1e300], "d"),
        ] as [(JSONObject, String)] {
            #expect(fault(Numbers.self, kwargs).hasPrefix("argument \(name) must be a "), "\(kwargs)")
        }
        #expect(fault(Numbers.self, ["b": 256]) == "argument b must be a whole number of 0 to 255; it was 256")
        for kwargs in [["a": 2.0], ["a": .integer(.min)], ["b": 255], ["c": .integer(.max)], ["d": 1], ["e": 1]] as [JSONObject] {
            #expect(fault(Numbers.self, kwargs) == "", "\(kwargs)")
        }
    }

    @Test("text that is no Base64 or no URL is refused")
    func texts() {
        struct Texts: Decodable { var data: Data?, url: URL? }
        #expect(fault(Texts.self, ["data": "?"]) == "argument data must be Base64 as a string; it was a string")
        #expect(fault(Texts.self, ["url": ""]) == "argument url must be a URL as a string; it was a string")
        #expect(fault(Texts.self, ["url": 1]) == "argument url must be a string; it was 1")
    }
}
