/// Blots a credential out of text that came from elsewhere: a backend may quote what it was sent.
struct Redaction {
    /// A shorter credential is no secret, and blotting it out would make any text unreadable.
    static let minimumSecretBytes = 4
    static let mark = Array("[redacted]".utf8)

    private let secret: [UInt8]

    /// - Parameter authorization: an `Authorization` value; what follows its scheme is the secret.
    init(authorization: String) {
        let bytes = Array(authorization.utf8)
        let afterScheme = bytes.firstIndex(of: 0x20).map { bytes[$0...].drop { $0 == 0x20 } }
        let credential = afterScheme ?? bytes[...]
        secret = credential.count >= Self.minimumSecretBytes ? Array(credential) : []
    }

    /// How many bytes more than are to be shown must be read, so that a secret at the edge is seen whole.
    var margin: Int { secret.count }

    /// What stands in the first `limit` bytes, each credential that begins there replaced by a mark.
    func apply(_ bytes: [UInt8], limit: Int) -> [UInt8] {
        guard let first = secret.first else { return Array(bytes.prefix(limit)) }
        var result: [UInt8] = []
        result.reserveCapacity(min(bytes.count, limit))
        var index = 0
        while index < bytes.count, index < limit {
            if bytes[index] == first, bytes[index...].starts(with: secret) {
                result += Self.mark
                index += secret.count
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
}
