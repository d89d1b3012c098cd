import Logging

/// One log line and its two forms. Whatever a caller puts in, the result is one line of bounded length.
struct LogLine {
    /// The longest line in bytes. What does not fit is left out, and the line says so by `truncated`.
    static let maxBytes = 16 << 10
    /// Shares of a line, in bytes as written.
    static let maxNameBytes = 128, maxMessageBytes = 8 << 10, maxValueBytes = 4 << 10
    /// How deep lists and dictionaries nest before they are written as flat text.
    static let maxDepth = 4
    /// Room for what closes a line.
    private static let reservedBytes = 32

    let time: String
    let level: Logger.Level
    let service: String
    let logger: String
    let message: String
    let fields: Logger.Metadata

    private var sortedFields: [(key: String, value: Logger.MetadataValue)] { fields.sorted { $0.key < $1.key } }

    // MARK: JSON

    /// The names that a line always has; metadata of the same name gets a `_` in front.
    private static let reservedNames: Set<String> = ["time", "level", "service", "logger", "message", "truncated"]

    /// `{"time":"…","level":"info","service":"gateway","logger":"api","message":"…","key":"value"}`
    func json() -> [UInt8] {
        var line = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\""
        line += ",\"service\":\(Self.quoted(service, Self.maxNameBytes)),\"logger\":\(Self.quoted(logger, Self.maxNameBytes))"
        line += ",\"message\":\(Self.quoted(message, Self.maxMessageBytes))"
        for (key, value) in sortedFields {
            let name = Self.reservedNames.contains(key) ? "_" + key : key
            let field = ",\(Self.quoted(name, Self.maxNameBytes)):\(Self.json(value, depth: 0))"
            guard line.utf8.count + field.utf8.count <= Self.maxBytes - Self.reservedBytes else {
                line += ",\"truncated\":true"
                break
            }
            line += field
        }
        return Array((line + "}\n").utf8)
    }

    private static func json(_ value: Logger.MetadataValue, depth: Int) -> String {
        switch value {
        case .array(let values) where depth < maxDepth:
            return "[\(values.map { json($0, depth: depth + 1) }.joined(separator: ","))]"
        case .dictionary(let values) where depth < maxDepth:
            let members = values.sorted { $0.key < $1.key }.map { "\(quoted($0.key, maxNameBytes)):\(json($0.value, depth: depth + 1))" }
            return "{\(members.joined(separator: ","))}"
        default:
            return quoted(value.description, maxValueBytes)
        }
    }

    /// A JSON string (RFC 8259 section 7).
    private static func quoted(_ text: String, _ limit: Int) -> String { "\"\(OneLine.escaping(text, limit: limit, isQuoted: true))\"" }

    // MARK: Text

    /// `2026-11-23T18:06:42.042Z info     gateway listening address=127.0.0.1:5000`
    func text(isColoured: Bool) -> [UInt8] {
        let name = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
        let levelText = isColoured ? "\(Self.colour(of: level))\(name)\u{1B}[0m" : name
        var line = "\(time) \(levelText) \(OneLine.escaping(service, limit: Self.maxNameBytes)) \(OneLine.escaping(message, limit: Self.maxMessageBytes))"
        for (key, value) in sortedFields {
            let field = " \(Self.plain(key, Self.maxNameBytes))=\(Self.plain(value.description, Self.maxValueBytes))"
            guard line.utf8.count + field.utf8.count <= Self.maxBytes - Self.reservedBytes else {
                line += " truncated=true"
                break
            }
            line += field
        }
        return Array((line + "\n").utf8)
    }

    /// In quotes only if it would otherwise not be told from its surroundings.
    private static func plain(_ text: String, _ limit: Int) -> String {
        let isPlain = !text.isEmpty && !text.unicodeScalars.contains { " \"=\\".unicodeScalars.contains($0) || OneLine.isControl($0) }
        return isPlain && text.utf8.count <= limit ? text : quoted(text, limit)
    }

    private static func colour(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[2m"
        case .info: "\u{1B}[32m"
        case .notice: "\u{1B}[36m"
        case .warning: "\u{1B}[33m"
        case .error, .critical: "\u{1B}[31m"
        }
    }
}
