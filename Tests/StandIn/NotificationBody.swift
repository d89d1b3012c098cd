/// The body of a notification, checked: every field of the contract once, of its type, and no other.
struct NotificationBody {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Where in the body the title stands, between its quotes.
    private(set) var title = 0..<0

    private let bytes: [UInt8]
    private let forClassroom: Bool
    private var classroom: Range<Int>?
    private var usernames = 0

    init(_ bytes: [UInt8], forClassroom: Bool) throws(Fault) {
        self.bytes = bytes
        self.forClassroom = forClassroom
        guard bytes.count <= 1 << 20, String(validating: bytes, as: UTF8.self) != nil else {
            throw Fault(description: "the body is not UTF-8")
        }
        var scanner = JSONScanner(bytes)
        try message(&scanner)
        guard scanner.isAtEnd else { throw Fault(description: "something follows the body's JSON") }
        if forClassroom, usernames > 0 { throw Fault(description: "usernames is not empty") }
        if !forClassroom, usernames == 0 { throw Fault(description: "usernames is empty") }
    }

    private mutating func message(_ scanner: inout JSONScanner) throws(Fault) {
        var seen = Fields(forClassroom ? ["classroom_id", "topic", "payload", "usernames"] : ["usernames", "payload"])
        try scanner.open("{", "the body is not a JSON object")
        while let name = try scanner.fieldName() {
            switch try seen.take(name) {
            case "classroom_id", "topic": try classroomID(&scanner, name)
            case "payload": try payload(&scanner)
            default: usernames = try scanner.strings("usernames")
            }
        }
        try seen.checkComplete()
    }

    private mutating func payload(_ scanner: inout JSONScanner) throws(Fault) {
        let common = [
            "title", "body", "image", "kind", "created_at", "created_by", "item_id", "action", "action_path",
            "extra_path",
        ]
        var seen = Fields(forClassroom ? common + ["classroom_id"] : common, prefix: "payload.")
        try scanner.open("{", "payload is not an object")
        while let name = try scanner.fieldName() {
            switch try seen.take(name) {
            case "title": title = try scanner.string(name)
            case "kind", "created_at": try scanner.integer(name)
            case "item_id": if scanner.isAtList { _ = try scanner.strings(name) } else { _ = try scanner.string(name) }
            case "action": try scanner.boolean(name)
            case "action_path": _ = try scanner.strings(name)
            case "classroom_id": try classroomID(&scanner, "payload.classroom_id")
            default: _ = try scanner.string(name)
            }
        }
        try seen.checkComplete()
    }

    /// The classroom stands in three places, and is the same in all.
    private mutating func classroomID(_ scanner: inout JSONScanner, _ name: String) throws(Fault) {
        let range = try scanner.string(name)
        guard let classroom else { return classroom = range }
        guard bytes[classroom] == bytes[range] else { throw Fault(description: "\(name) is another classroom") }
    }

    /// Which fields an object has, and which are still to come.
    private struct Fields {
        private var missing: [String]
        private let prefix: String

        init(_ names: [String], prefix: String = "") {
            missing = names
            self.prefix = prefix
        }

        mutating func take(_ name: String) throws(Fault) -> String {
            guard let index = missing.firstIndex(of: name) else {
                let place = prefix.isEmpty ? "body" : "payload"
                throw Fault(description: "a field that the contract does not have, or has once, in the \(place)")
            }
            missing.swapAt(index, missing.count - 1)
            missing.removeLast()
            return name
        }

        func checkComplete() throws(Fault) {
            guard missing.isEmpty else { throw Fault(description: "\(prefix)\(missing.sorted()[0]) is missing") }
        }
    }
}
