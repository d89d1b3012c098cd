/// The names that tasks and queues may have.
public enum TaskName {
    /// What ``isValid(_:)`` wants, for messages.
    public static let rule = "1 to 64 letters, digits, '.', '_' or '-'"

    public static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
            }
    }
}
