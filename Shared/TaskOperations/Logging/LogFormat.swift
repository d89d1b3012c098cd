/// How log lines look.
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// For reading: `time level service message key=value`.
    case text
    /// For machines: one JSON object a line.
    case json
}
