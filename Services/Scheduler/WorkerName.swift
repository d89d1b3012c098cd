import Crypto
import TaskDomain
import TaskMessages

/// The name that the core and the store know a worker by: its instance, and the hash of the token that only its process can say. So a
/// worker that gives another's instance is another worker, and takes over nothing of it, whether that one is attached, lost for a moment,
/// or of a former process of the scheduler.
enum WorkerName {
    static let tokenBytes = 16...64

    static func of(_ attach: Proto.Attach) -> String {
        let hash = SHA256.hash(data: attach.token).prefix(hashBytes)
        return attach.instance + "#" + Hexadecimal.text(hash)
    }

    /// What the worker of that name says that it is.
    static func instance(of name: String) -> String {
        guard let mark = name.lastIndex(of: "#") else { return name }
        return String(name[..<mark])
    }

    /// Enough that nobody finds a second token with the same.
    private static let hashBytes = 16
}
