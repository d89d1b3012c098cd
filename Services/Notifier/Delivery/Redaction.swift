internal import CCurl

/// Blots a credential out of text that came from elsewhere: a backend may quote what it was sent, in whole, cut
/// short, or with its own escapes in between. So every run of bytes that the credential holds too is blotted out.
struct Redaction {
    /// A shorter credential is no secret, and blotting it out would make any text unreadable.
    static let minimumSecretBytes = 4
    /// The shortest run that gives something away; of a shorter credential, all of it.
    static let minimumRunBytes = 8
    static let mark = Array("[redacted]".utf8)

    private let secret: [UInt8]
    private let run: Int

    /// - Parameter authorization: an `Authorization` value; what follows its scheme is the secret.
    init(authorization: String) {
        let bytes = Array(authorization.utf8)
        let afterScheme = bytes.firstIndex(of: 0x20).map { bytes[$0...].drop { $0 == 0x20 } }
        let credential = afterScheme ?? bytes[...]
        secret = credential.count >= Self.minimumSecretBytes ? Array(credential) : []
        run = min(Self.minimumRunBytes, secret.count)
    }

    /// How many bytes more than are to be shown must be read, so that a run at the edge is seen for what it is.
    var margin: Int { run }

    /// What stands in the first `limit` bytes, each run that begins there replaced by a mark.
    func apply(_ bytes: [UInt8], limit: Int) -> [UInt8] {
        guard run > 0, bytes.count >= run else { return Array(bytes.prefix(limit)) }
        var result: [UInt8] = []
        result.reserveCapacity(min(bytes.count, limit))
        var index = 0
        // A mark can be longer than what it stands for.
        while index < bytes.count, index < limit, result.count < limit {
            let length = lengthOfRun(in: bytes, at: index)
            if length > 0 {
                result += Self.mark
                index += length
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// A line for an operator: the credential blotted out, each control character a space.
    func line(_ bytes: [UInt8], limit: Int) -> String {
        String(decoding: apply(bytes, limit: limit).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }

    /// How many bytes from `index` on stand in the secret too; 0 if too few to matter.
    private func lengthOfRun(in bytes: [UInt8], at index: Int) -> Int {
        guard bytes.count - index >= run else { return 0 }
        return bytes.withUnsafeBytes { text in
            secret.withUnsafeBytes { secret in
                guard let text = text.baseAddress, let start = secret.baseAddress,
                    let found = ccurl_find(start, secret.count, text + index, run)
                else { return 0 }
                let place = found - start
                var length = run
                while index + length < bytes.count, place + length < secret.count,
                    text.load(fromByteOffset: index + length, as: UInt8.self) == secret[place + length]
                { length += 1 }
                return length
            }
        }
    }
}
