/// Blots a credential out of text that came from elsewhere: a backend or a task may quote what it was given, in whole, cut short, or with
/// its own escapes in between. So every run of bytes that the credential holds too is blotted out.
public struct Redaction: Sendable {
    /// A shorter credential is no secret, and blotting it out would make any text unreadable.
    public static let minSecretBytes = 4
    /// The shortest run that gives something away; of a shorter credential, all of it.
    public static let runBytes = 8
    /// How many bytes more than are to be shown must be read, so that a run at the edge is seen for what it is, and a character too.
    public static let margin = runBytes + 4
    /// What stands in the place of a run.
    public static let mark = "[redacted]"
    /// Bytes of UTF-8 that the history of an attempt keeps of its detail.
    public static let maxDetailBytes = 1_024

    private let secret: [UInt8]
    private let run: Int

    /// - Parameter authorization: the value of an `Authorization` header; what follows its scheme is the secret.
    public init(of authorization: Secret) {
        let value = Array(authorization.value.utf8)
        let start = value.firstIndex(of: 0x20) ?? 0
        let secret = value[start...].drop { $0 == 0x20 }
        self.secret = secret.count >= Self.minSecretBytes ? Array(secret) : []
        run = min(Self.runBytes, self.secret.count)
    }

    /// One line for an operator: the credential blotted out, each control character a space, and not cut within a character.
    /// - Parameter limit: bytes of UTF-8 at most.
    public func line(_ text: some Collection<UInt8>, limit: Int) -> String {
        // Bytes that are no UTF-8 become longer when they are decoded, so the cut comes after.
        let line = apply(text, limit: limit).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        let decoded = String(decoding: line, as: UTF8.self)
        guard decoded.utf8.count > limit else { return decoded }
        return String(decoding: Self.cut(Array(decoded.utf8), to: limit), as: UTF8.self)
    }

    /// One line of what an attempt's history says of its end.
    public func detail(_ text: String) -> String { text.isEmpty ? text : line(text.utf8, limit: Self.maxDetailBytes) }

    /// The beginning of a text, each run replaced by a mark.
    /// - Parameter limit: bytes at most, not cut within a character.
    public func apply(_ text: some Collection<UInt8>, limit: Int) -> [UInt8] {
        let bytes = Array(text.prefix(limit + Self.margin))
        let hidden = hiddenPlaces(bytes)
        guard !hidden.isEmpty else { return Array(Self.cut(bytes, to: limit)) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (place, byte) in bytes.enumerated() {
            if !hidden[place] {
                result.append(byte)
            } else if place == 0 || !hidden[place - 1] {
                result += Self.mark.utf8
            }
        }
        return Array(Self.cut(result, to: limit))
    }

    /// Which bytes belong to a run that stands in the secret too; empty where none does.
    private func hiddenPlaces(_ bytes: [UInt8]) -> [Bool] {
        guard run > 0, bytes.count >= run else { return [] }
        var hidden: [Bool] = []
        let known = Words(of: secret, length: run)
        Words.forEach(bytes, length: run) { place, word in
            guard known.contains(word) else { return }
            if hidden.isEmpty { hidden = [Bool](repeating: false, count: bytes.count) }
            for covered in place..<(place + run) { hidden[covered] = true }
        }
        return hidden
    }

    private static func cut(_ text: [UInt8], to limit: Int) -> ArraySlice<UInt8> {
        guard text.count > limit else { return text[...] }
        // Bytes that are no UTF-8 are cut where they are.
        var end = limit
        while end > 0, limit - end < 3, text[end] & 0xC0 == 0x80 { end -= 1 }
        return text[..<(text[end] & 0xC0 == 0x80 ? limit : end)]
    }
}

/// The runs of a secret, each as one number, in a table with open addressing: every failed delivery's answer is looked through.
private struct Words {
    private var slots: [UInt64]
    private let mask: Int

    init(of bytes: [UInt8], length: Int) {
        let size = 1 << (Int.bitWidth - (2 * bytes.count - 1).leadingZeroBitCount)
        (slots, mask) = ([UInt64](repeating: 0, count: size), size - 1)
        Self.forEach(bytes, length: length) { _, word in
            var slot = place(of: word)
            while slots[slot] != 0, slots[slot] != word { slot = (slot + 1) & mask }
            slots[slot] = word
        }
    }

    func contains(_ word: UInt64) -> Bool {
        // No header has U+0000, so no run of one is nothing.
        guard word != 0 else { return false }
        var slot = place(of: word)
        while slots[slot] != 0 {
            if slots[slot] == word { return true }
            slot = (slot + 1) & mask
        }
        return false
    }

    /// Fibonacci hashing (D. E. Knuth, TAOCP 6.4).
    private func place(of word: UInt64) -> Int { Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask }

    /// Each place at which a run begins, and the run.
    static func forEach(_ bytes: [UInt8], length: Int, _ body: (_ place: Int, _ word: UInt64) -> Void) {
        let kept = UInt64.max >> UInt64(64 - 8 * length)
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = (word << 8 | UInt64(byte)) & kept
            if index + 1 >= length { body(index + 1 - length, word) }
        }
    }
}
