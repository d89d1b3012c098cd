public import HTTPTypes

/// The media types that a request accepts, by its `Accept` fields (RFC 9110 section 12.5.1).
public struct AcceptedMedia: Sendable {
    private struct Range {
        let type: String, subtype: String
        /// Parameters besides `q`, and `charset` where it is UTF-8's, since all that is offered is.
        let parameters: Int
        /// The weight in thousandths.
        let quality: Int

        /// The precision with which it names that type, `nil` if it does not.
        func precision(for type: String, _ subtype: String) -> Int? {
            // What is offered has no parameter that a range could ask for.
            guard parameters == 0 else { return nil }
            if self.type == "*", self.subtype == "*" { return 0 }
            guard self.type == type else { return nil }
            return self.subtype == "*" ? 1 : self.subtype == subtype ? 2 : nil
        }
    }

    private let ranges: [Range]

    /// A request without `Accept`, or with one that names nothing, accepts everything.
    public init(_ headers: HTTPFields) {
        ranges = headers[values: .accept].flatMap { Self.split($0[...], at: ",") }.compactMap(Self.range)
    }

    /// The one of `offered` that the request likes best; of equals the first.
    /// - Parameter offered: `type/subtype` in lower case.
    /// - Returns: `nil` if it accepts none of them.
    public func preferred(of offered: [String]) -> String? {
        guard !ranges.isEmpty else { return offered.first }
        var best: (type: String, quality: Int)?
        for type in offered {
            let quality = quality(of: type)
            if quality > best?.quality ?? 0 { best = (type, quality) }
        }
        return best?.type
    }

    /// The weight of the range that names the type most closely.
    private func quality(of offered: String) -> Int {
        let parts = offered.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return 0 }
        var best: (precision: Int, quality: Int)?
        for range in ranges {
            guard let precision = range.precision(for: parts[0], parts[1]), precision > best?.precision ?? -1 else { continue }
            best = (precision, range.quality)
        }
        return best?.quality ?? 0
    }

    // MARK: Reading

    /// `nil` for what is no media range; the others are read nevertheless.
    private static func range(_ text: Substring) -> Range? {
        let parts = split(text, at: ";").map { Trim.blanks($0).lowercased() }
        let names = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }), names[0] != "*" || names[1] == "*" else { return nil }
        var quality = 1_000, parameters = 0
        for part in parts.dropFirst() where !part.isEmpty {
            if part.hasPrefix("q=") {
                guard let weight = weight(part.dropFirst("q=".count)) else { return nil }
                quality = weight
            } else if part != "charset=utf-8", part != "charset=\"utf-8\"" {
                parameters += 1
            }
        }
        return Range(type: names[0], subtype: names[1], parameters: parameters, quality: quality)
    }

    /// `0.75` in thousandths: from 0 to 1, with at most three digits after the point (RFC 9110 section 12.4.2).
    private static func weight(_ text: Substring) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard parts[0] == "0" || parts[0] == "1", decimals.utf8.count <= 3, decimals.utf8.allSatisfy(Digits.isDigit) else { return nil }
        let padded = parts[0] + decimals + String(repeating: "0", count: 3 - decimals.utf8.count)
        return Digits.integer(padded, in: 0...1_000)
    }

    /// Parts between separators; one within a quoted string separates nothing.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var isQuoted = false, isEscaped = false
        return text.split(omittingEmptySubsequences: true) { character in
            defer { isEscaped = isQuoted && character == "\\" && !isEscaped }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            return character == separator && !isQuoted
        }
    }
}
