/// How far a task is, as it says itself.
public struct TaskProgress: Sendable, Hashable {
    /// Of the text, which is cut to them.
    public static let maxCharacters = 200, maxBytes = 800

    /// Thousandths of the whole that are done, 0 to 1,000; `nil`: it does not say.
    public let thousandths: Int?
    /// One line; empty: it says nothing.
    public let text: String

    /// Takes what is out of bounds for the nearest that is not.
    public init(thousandths: Int?, text: String) {
        self.thousandths = thousandths.map { min(max(0, $0), 1_000) }
        var line = "", bytes = 0
        for character in text.prefix(Self.maxCharacters) {
            let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
            bytes += isControl ? 1 : character.utf8.count
            guard bytes <= Self.maxBytes else { break }
            line.append(isControl ? " " : character)
        }
        self.text = line
    }

    /// - Parameter fraction: of the whole that is done, 0 to 1; one that is no number is as none.
    public init(fraction: Double?, text: String) {
        let known = fraction.flatMap { $0.isNaN ? nil : min(max(0, $0), 1) }
        self.init(thousandths: known.map { Int(($0 * 1_000).rounded(.down)) }, text: text)
    }
}
