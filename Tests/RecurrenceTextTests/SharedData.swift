import Foundation

/// The cases of `shared/recurrence`, which lies beside the repository.
enum SharedData {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/recurrence")

    /// One object a line.
    static func cases(_ name: String) throws -> [[String: Any]] {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return try text.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// The `rule` of each case.
    static func rules(_ name: String) throws -> [String] { try cases(name).compactMap { $0["rule"] as? String } }
}
