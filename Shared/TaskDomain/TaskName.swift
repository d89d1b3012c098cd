/// The names that tasks and queues may have.
public enum TaskName {
    /// The task that delivers a notification. Its arguments are a packed `Notification` message; every other task's are JSON.
    public static let notification = "edvora.notification"

    /// Bytes of a name, all of them ASCII.
    public static let length = 1...64

    /// ``isValid(_:)`` but for the length, as a regular expression of JSON Schema's.
    public static let pattern = "^[A-Za-z0-9._-]+$"

    /// The wants of ``isValid(_:)``, for messages.
    public static let rule = "\(length.lowerBound) to \(length.upperBound) \(characters)"

    /// The characters of a name, for messages.
    public static let characters = "letters, digits, '.', '_' or '-'"

    public static func isValid(_ name: String) -> Bool {
        guard length.contains(name.utf8.count) else { return false }
        for byte in name.utf8 where !isCharacter(byte) { return false }
        return true
    }

    /// Tells whether a name may have this byte.
    public static func isCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
