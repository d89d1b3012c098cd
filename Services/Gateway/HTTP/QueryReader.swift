import TaskJSON

/// Reads a query, `count=5&after=7`, as the fields of an object.
struct QueryReader<Query: Sendable>: Sendable {
    private let type: FieldType<Query>
    /// Parameters whose values are numbers: a query has only text.
    private let numbers: Set<String>

    /// Parameters in one query at most.
    private let maxParameters = 100

    init(_ type: FieldType<Query>) {
        self.type = type
        guard case .object(let properties)? = type.schema()["properties"] else {
            numbers = []
            return
        }
        numbers = Set(
            properties.members.filter { $0.value["type"] == ["integer", "null"] || $0.value["type"] == "integer" }.map(\.name))
    }

    func read(_ query: String) throws(Problem) -> Query {
        var object = JSONObject()
        let faults = JSONFaults()
        let place = JSONPlace(faults)
        let pieces = query.split(separator: "&", maxSplits: maxParameters)
        guard pieces.count <= maxParameters else {
            throw Problem(.badRequest, "the query has more than \(maxParameters) parameters")
        }
        for piece in pieces {
            let halves = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(halves[0], plusIsBlank: true),
                let text = PercentEncoding.decode(halves.count > 1 ? halves[1] : "", plusIsBlank: true)
            else { throw Problem(.badRequest, "the query holds a '%' that no two hexadecimal digits follow, or is not UTF-8") }
            if object[name] != nil { place.appending(name).refuse("stands twice in the query") }
            object[name] = value(text, of: name)
        }
        guard let result = type.read(.object(object), at: place), faults.isEmpty else { throw .parameters(faults) }
        return result
    }

    private func value(_ text: String, of name: String) -> JSONValue {
        guard numbers.contains(name), let first = text.utf8.first, first != UInt8(ascii: "+"), let number = Int64(text) else {
            return .string(text)
        }
        return .integer(number)
    }
}

/// RFC 3986 section 2.1.
enum PercentEncoding {
    /// `nil` if a `%` stands without its two digits, or the result is not UTF-8.
    static func decode(_ text: Substring, plusIsBlank: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
