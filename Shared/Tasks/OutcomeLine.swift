public import Messages

/// What an attempt's history says of a task's end: one line of bounded length, without the credential that the task had.
///
/// A task's error may say anything: a megabyte of an answer, or the request's headers. Every run of bytes that the
/// credential holds too is blotted out, so that neither quoting it in part nor in other quotes gives it away.
public enum OutcomeLine {
    /// Bytes of UTF-8 at most, as the store keeps.
    public static let maxBytes = 1_024
    /// A shorter credential is no secret, and blotting it out would make any text unreadable.
    static let minSecretBytes = 4
    /// The shortest run that gives something away; of a shorter credential, all of it.
    static let runBytes = 8
    static let mark = "[redacted]"

    public static func text(_ detail: String, hiding credential: Credential) -> String {
        guard !detail.isEmpty else { return detail }
        let secret = secret(of: credential)
        let run = min(runBytes, secret.count)
        // A run at the edge is seen whole, and a character too.
        let bytes = Array(cut(Array(detail.utf8.prefix(maxBytes + run + 4)), to: maxBytes + run))
        let line = write(bytes, hidden: hidden(bytes, secret, run))
        return String(decoding: cut(line, to: maxBytes), as: UTF8.self)
    }

    /// What follows the scheme of an `Authorization` value.
    private static func secret(of credential: Credential) -> [UInt8] {
        let value = Array(credential.value.utf8)
        let start = value.firstIndex(of: 0x20) ?? 0
        let secret = value[start...].drop { $0 == 0x20 }
        return secret.count >= minSecretBytes ? Array(secret) : []
    }

    /// Which bytes belong to a run that stands in the secret too.
    private static func hidden(_ bytes: [UInt8], _ secret: [UInt8], _ run: Int) -> [Bool] {
        var hidden = [Bool](repeating: false, count: bytes.count)
        guard run > 0, bytes.count >= run else { return hidden }
        let known = Set(words(of: secret, run))
        for (place, word) in words(of: bytes, run).enumerated() where known.contains(word) {
            for covered in place..<(place + run) { hidden[covered] = true }
        }
        return hidden
    }

    /// The bytes from each place on, as one number.
    private static func words(of bytes: [UInt8], _ length: Int) -> [UInt64] {
        (0...(bytes.count - length)).map { place in
            bytes[place..<(place + length)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }

    private static func write(_ bytes: [UInt8], hidden: [Bool]) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(bytes.count)
        for (place, byte) in bytes.enumerated() {
            if !hidden[place] {
                // A control character would break the line; U+0000 no message can carry.
                line.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
            } else if place == 0 || !hidden[place - 1] {
                line += mark.utf8
            }
        }
        return line
    }

    /// Not in the middle of a character.
    private static func cut(_ text: [UInt8], to limit: Int) -> ArraySlice<UInt8> {
        guard text.count > limit else { return text[...] }
        var end = limit
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return text[..<end]
    }
}
