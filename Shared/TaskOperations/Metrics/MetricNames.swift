/// The names and labels that the exposition format allows.
enum MetricNames {
    /// Bounds of a name and of a label's value, in bytes.
    static let maxNameBytes = 200, maxLabelBytes = 256

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`: any other character becomes `_`.
    static func metric(_ text: String, suffix: String = "") -> String {
        let name = sanitized(text, isAllowed: { $0 == UInt8(ascii: ":") })
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`. Two underscores in front are Prometheus' own, and `le` is the histogram's.
    static func label(_ text: String) -> String {
        let name = sanitized(text, isAllowed: { _ in false })
        return name.hasPrefix("__") || name == "le" ? "label_" + name : name
    }

    private static func sanitized(_ text: String, isAllowed: (UInt8) -> Bool) -> String {
        var bytes = text.utf8.prefix(maxNameBytes).map { byte in
            Digits.isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || isAllowed(byte) ? byte : UInt8(ascii: "_")
        }
        if bytes.first.map(Digits.isDigit) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `a="1",b="2"`, sorted by name: the same labels in another order are the same series. Of two labels that have the
    /// same name after sanitising, the first is kept.
    static func labels(_ dimensions: [(String, String)]) -> String {
        var seen: Set<String> = [], labels: [(name: String, value: String)] = []
        for (name, value) in dimensions {
            let name = label(name)
            if seen.insert(name).inserted { labels.append((name, value)) }
        }
        return labels.sorted { $0.name < $1.name }.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    /// A label's value: backslash, quote and line end are escaped.
    private static func escaped(_ value: String) -> String {
        var result = "", used = 0
        for scalar in value.unicodeScalars {
            used += String(scalar).utf8.count
            guard used <= maxLabelBytes else { return result + OneLine.ellipsis }
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
