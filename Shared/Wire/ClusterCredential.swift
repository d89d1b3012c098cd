import Crypto
public import Domain

/// What a process proves to the rest of its cluster: the cluster's secret, with which it may be of any role, or the keys of one role that
/// were derived from it, with which it can be nothing else.
///
/// For every pair of a connecting and an accepting role there is a key of 32 bytes, HKDF-SHA256 of the secret (``LinkKeys``). A role's own
/// keys are those of the pairs that it is part of.
public struct ClusterCredential: Sendable {
    /// What a text begins with that holds the keys of one role.
    public static let derivedPrefix = "task-scheduler-key:"

    private enum Source {
        case secret(SymmetricKey)
        /// By the role at the other end.
        case keys(Role, [Role: SymmetricKey])
    }

    private let source: Source

    public init(secret: [UInt8]) { source = .secret(SymmetricKey(data: secret)) }

    /// Reads what ``derived(for:)`` has written.
    /// - Returns: `nil` if it is not that.
    public init?(derived text: Secret) {
        let parts = text.value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] + ":" == Self.derivedPrefix, let role = Role(rawValue: String(parts[1])) else { return nil }
        var keys: [Role: SymmetricKey] = [:]
        for entry in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
            let pair = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let peer = Role(rawValue: String(pair[0])), let key = Self.key(pair[1]), keys[peer] == nil else { return nil }
            keys[peer] = key
        }
        guard Set(keys.keys) == Set(Link.all.compactMap { $0.peer(of: role) }) else { return nil }
        source = .keys(role, keys)
    }

    /// The only role that it proves; `nil`: any.
    public var role: Role? { if case .keys(let role, _) = source { role } else { nil } }

    /// The keys of one role as a text of one line, for a process that is to have no more than these.
    /// - Returns: `nil` if this credential is itself of one role.
    public func derived(for role: Role) -> Secret? {
        guard case .secret = source else { return nil }
        let keys = Link.all.compactMap { link in
            link.peer(of: role).flatMap { peer in key(of: link).map { "\(peer)=\(Self.hexadecimal($0))" } }
        }
        return Secret(Self.derivedPrefix + "\(role):" + keys.sorted().joined(separator: ","))
    }

    /// What the two ends of a connection share.
    /// - Returns: `nil` where this credential holds nothing for it.
    func keys(of link: Link) -> LinkKeys? { key(of: link).map(LinkKeys.init) }

    private func key(of link: Link) -> SymmetricKey? {
        switch source {
        case .secret(let secret): LinkKeys.derive(from: secret, "\(link.connecting) to \(link.accepting)")
        case .keys(let role, let keys): link.peer(of: role).flatMap { keys[$0] }
        }
    }

    // MARK: Text

    private static func hexadecimal(_ key: SymmetricKey) -> String {
        key.withUnsafeBytes { bytes in
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }

    private static func key(_ text: Substring) -> SymmetricKey? {
        let digits = text.utf8.map { byte in byte < 0x80 ? Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) : nil }
        guard digits.count == 2 * LinkKeys.bytes else { return nil }
        var key: [UInt8] = []
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[at], let low = digits[at + 1] else { return nil }
            key.append(high << 4 | low)
        }
        return SymmetricKey(data: key)
    }
}

/// The roles of a connection's two ends.
struct Link: Hashable, Sendable {
    let connecting: Role
    let accepting: Role

    /// Those that there are in a cluster: what a role may call follows from them.
    static let all = [
        Link(connecting: .gateway, accepting: .scheduler), Link(connecting: .client, accepting: .scheduler),
        Link(connecting: .worker, accepting: .scheduler), Link(connecting: .worker, accepting: .notifier),
    ]

    /// The other end of one of that role.
    func peer(of role: Role) -> Role? { role == connecting ? accepting : role == accepting ? connecting : nil }
}

/// The keys of one pair of roles: one for the proof in the handshake, one for the encryption beneath it.
struct LinkKeys: Sendable {
    static let bytes = 32

    let proof: SymmetricKey
    let encryption: SymmetricKey

    init(_ key: SymmetricKey) {
        proof = Self.derive(from: key, "proof")
        encryption = Self.derive(from: key, "encryption")
    }

    static func derive(from key: SymmetricKey, _ use: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: Array(Handshake.label.utf8), info: Array(use.utf8), outputByteCount: bytes)
    }
}
