extension JSONValue {
    /// How deep lists and objects may be nested.
    public static let maxDepth = 32
    /// Values in one text, unless its reader says otherwise.
    public static let maxValues = 1_000_000

    /// Reads one JSON text strictly as RFC 8259 has it: UTF-8 without a byte order mark, nothing after the value, and
    /// every name once in its object.
    /// - Parameters:
    ///   - maxBytes: a longer text is refused before anything of it is read.
    ///   - maxDepth: how deep lists and objects may be nested; each level costs stack.
    ///   - maxValues: values of any kind in the text, each list and object among them. They are counted while they are read, since
    ///     two bytes of text can become a value of sixteen or more.
    /// - Throws: the first fault, with its place.
    public init(
        parsing bytes: UnsafeRawBufferPointer, maxBytes: Int, maxDepth: Int = JSONValue.maxDepth,
        maxValues: Int = JSONValue.maxValues
    ) throws(JSONError) {
        let result: Result<JSONValue, JSONError> = bytes.withMemoryRebound(to: UInt8.self) { text in
            var reader = JSONReader(text, maxDepth: maxDepth, maxValues: maxValues)
            do throws(JSONError) { return .success(try reader.read(maxBytes: maxBytes)) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    public init(
        parsing bytes: [UInt8], maxBytes: Int, maxDepth: Int = JSONValue.maxDepth, maxValues: Int = JSONValue.maxValues
    ) throws(JSONError) {
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBytes { raw in
            do throws(JSONError) {
                return .success(try JSONValue(parsing: raw, maxBytes: maxBytes, maxDepth: maxDepth, maxValues: maxValues))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

/// Takes a text apart: one pass, recursion bounded by `maxDepth`. Strings and numbers have files of their own.
struct JSONReader {
    let text: UnsafeBufferPointer<UInt8>
    /// The next byte to look at.
    var at = 0
    /// Where strings with escapes are put together; kept, so that it grows once.
    var scratch: [UInt8] = []
    /// Members of the objects that are being read, the innermost's last; kept as well.
    private var members: [JSONObject.Member] = []
    private let maxDepth: Int
    private let maxValues: Int
    private var values = 0

    /// Objects with more members than this find repeated names by hashing.
    private static let maxComparedMembers = 8

    init(_ text: UnsafeBufferPointer<UInt8>, maxDepth: Int, maxValues: Int) {
        self.text = text
        self.maxDepth = maxDepth
        self.maxValues = maxValues
    }

    mutating func read(maxBytes: Int) throws(JSONError) -> JSONValue {
        guard text.count <= maxBytes else { throw fault(.tooLarge(maxBytes: maxBytes), at: maxBytes) }
        skipBlanks()
        let value = try self.value(depth: 0)
        skipBlanks()
        guard at == text.count else { throw expected("the end of the text") }
        return value
    }

    // MARK: Bytes

    /// `nil` at the end.
    var current: UInt8? { at < text.count ? text[at] : nil }

    /// Steps over the byte if it is this one.
    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        at += 1
        return true
    }

    private mutating func skipBlanks() {
        while at < text.count {
            switch text[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at += 1
            default: return
            }
        }
    }

    func fault(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason, at: offset ?? at, in: text)
    }

    func expected(_ what: String) -> JSONError {
        fault(.expected(what, found: JSONError.found(at: at, in: text)))
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard let byte = current else { throw expected("a value") }
        values += 1
        guard values <= maxValues else { throw fault(.tooMany(maxValues: maxValues)) }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw expected("a value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for position in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[position]) else { throw expected("\(word)") }
        }
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= maxDepth else { throw fault(.tooDeep(maxDepth: maxDepth)) }
        at += 1
        skipBlanks()
        var items: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return items }
        while true {
            items.append(try value(depth: depth))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw expected("',' or ']'") }
            skipBlanks()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= maxDepth else { throw fault(.tooDeep(maxDepth: maxDepth)) }
        at += 1
        skipBlanks()
        let first = members.count
        var names: Set<ExactName> = []
        if take(UInt8(ascii: "}")) { return JSONObject() }
        while true {
            guard current == UInt8(ascii: "\"") else {
                throw expected(members.count == first ? "a name in quotes or '}'" : "a name in quotes")
            }
            let start = at
            let name = try string()
            guard isNew(name, from: first, &names) else { throw fault(.duplicateName(JSONError.shown(name)), at: start) }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw expected("':'") }
            skipBlanks()
            let value = try value(depth: depth)
            members.append(JSONObject.Member(name: name, value: value))
            skipBlanks()
            if take(UInt8(ascii: "}")) {
                defer { members.removeSubrange(first...) }
                return JSONObject(distinct: Array(members[first...]))
            }
            guard take(UInt8(ascii: ",")) else { throw expected("',' or '}'") }
            skipBlanks()
        }
    }

    /// Notes the name of a member to come.
    private func isNew(_ name: String, from first: Int, _ names: inout Set<ExactName>) -> Bool {
        let others = members[first...]
        if others.count < Self.maxComparedMembers { return !others.contains { JSONObject.isSame($0.name, name) } }
        if names.isEmpty { names = Set(others.map { ExactName(text: $0.name) }) }
        return names.insert(ExactName(text: name)).inserted
    }
}

/// A name that is the same only code unit by code unit.
private struct ExactName: Hashable {
    let text: String

    static func == (a: ExactName, b: ExactName) -> Bool { JSONObject.isSame(a.text, b.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
