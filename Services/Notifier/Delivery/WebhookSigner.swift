internal import Crypto
public import TaskDomain

/// A secret that a backend knows too, to tell this service's requests from others': Standard Webhooks' `whsec_…`.
public struct WebhookSecret: Sendable, Hashable {
    /// What its text begins with.
    public static let prefix = "whsec_"
    /// Bytes of the key, which stands after that in base64.
    public static let keyBytes = 24...64

    fileprivate let key: SymmetricKey

    /// `nil`: the text is no such secret.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Base64.bytes(text.utf8.dropFirst(Self.prefix.utf8.count)),
            Self.keyBytes.contains(bytes.count)
        else { return nil }
        key = SymmetricKey(data: bytes)
    }

    public static func == (one: Self, other: Self) -> Bool { one.key == other.key }

    /// By its length alone, so that nothing of the key gets into a hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(key.bitCount) }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { Secret.placeholder }
    public var debugDescription: String { description }
    /// `dump` and reflection go by the mirror: it has no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Signs requests as Standard Webhooks has it (standardwebhooks.com, symmetric signatures), so that the backend can tell that they come
/// from here, unchanged and not long ago.
public struct WebhookSigner: Sendable, Hashable {
    private let secrets: [WebhookSecret]

    /// - Parameter secrets: from one on. A request is signed with each: while one is replaced the backend may know either.
    public init(_ secrets: [WebhookSecret]) { self.secrets = secrets }

    /// The signature's header fields.
    ///
    /// - Parameters:
    ///   - id: the same for every try at one occurrence.
    ///   - time: when it is sent, by this machine's clock; the backend refuses what is long past by its own.
    public func headers(id: String, at time: UnixSeconds, body: [UInt8]) -> [(name: String, value: String)] {
        let head = Array("\(id).\(time.count).".utf8)
        let signatures = secrets.map { secret in
            var code = HMAC<SHA256>(key: secret.key)
            code.update(data: head)
            code.update(data: body)
            return "v1," + Base64.text(code.finalize())
        }
        return [
            ("webhook-id", id), ("webhook-timestamp", "\(time.count)"), ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }
}
