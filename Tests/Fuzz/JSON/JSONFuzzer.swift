@testable import TaskJSON

/// The JSON reader and writer.
///
/// What must hold: what is read is written as text that reads the same, also indented; a refusal names a place within the text;
/// nothing nests deeper than allowed.
enum JSONFuzzer: Fuzzer {
    static func run(_ bytes: [UInt8]) {
        let read = timed("reading", milliseconds: 100) { Result { try JSONValue(parsing: bytes, maxBytes: 1 << 16) } }
        guard case .success(let value) = read else {
            if case .failure(let error) = read { require(!"\(error)".isEmpty, "a refusal without a reason") }
            return
        }
        require(depth(value) <= JSONValue.maxDepth, "nested \(depth(value)) deep")
        for isIndented in [false, true] {
            let text = value.bytes(isIndented: isIndented)
            let again = try? JSONValue(parsing: text, maxBytes: text.count)
            require(again == value, "it reads as something else: \(String(decoding: text, as: UTF8.self))")
        }
        checkPointers(value)
    }

    private static func checkPointers(_ value: JSONValue) {
        guard case .object(let object) = value else { return }
        for member in object.members {
            require(object[member.name] == member.value, "a member is not found by its name: \(member.name)")
            let pointer = JSONPointer.root.appending(member.name).description
            require(pointer.hasPrefix("/"), "a pointer that is none: \(pointer)")
        }
    }

    private static func depth(_ value: JSONValue) -> Int {
        switch value {
        case .array(let items): 1 + (items.map(depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map { depth($0.value) }.max() ?? 0)
        default: 0
        }
    }
}
