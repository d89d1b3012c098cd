import Crypto

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
