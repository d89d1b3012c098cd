import Foundation

/// The recurrence cases of this folder, which several test targets read; its README says what each file holds.
public enum RecurrenceData {
    /// Reads the cases of a file, one JSON object a line.
    public static func cases(_ file: String) throws -> [[String: Any]] {
        let text = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: file), encoding: .utf8)
        return try text.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// Reads the `rule` of each case of a file.
    public static func rules(_ file: String) throws -> [String] { try cases(file).compactMap { $0["rule"] as? String } }
}
