import Crypto

/// The keys of a file, and the keys derived from them.
///
/// No value is sealed with a key of the file itself, but with one derived from it and a salt by HKDF with SHA-256 (RFC 5869), which
/// seals ``sealsForEachSalt`` values and gives way to one of a fresh salt. So keys of the file need not be counted.
struct KeyRing {
    /// Nonces are drawn at random: NIST SP 800-38D section 8.3 allows so many for one key.
    static let sealsForEachSalt: UInt64 = 1 << 32
    /// Derived keys that are kept for opening. What was sealed by one process has one salt, as a rule.
    static let derivedLimit = 256
    private static let purpose = Array("task-scheduler credential at rest".utf8)

    struct Key {
        /// The first four bytes of the SHA-256 of the key.
        let id: [UInt8]
        let secret: SymmetricKey

        init(_ bytes: [UInt8]) {
            id = Array(SHA256.hash(data: bytes).prefix(4))
            secret = SymmetricKey(data: bytes)
        }

        func derived(_ salt: UInt64) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: secret, salt: KeyRing.bytes(salt), info: KeyRing.purpose, outputByteCount: KeyFile.keyBytes)
        }
    }

    /// What seals now.
    struct Sealing {
        let id: [UInt8], salt: UInt64, secret: SymmetricKey
        fileprivate(set) var seals: UInt64 = 0

        fileprivate init(_ key: Key) {
            id = key.id
            salt = .random(in: .min ... .max)
            secret = key.derived(salt)
        }
    }

    private struct DerivedKey: Hashable {
        /// The place of the key in ``keys``.
        let index: Int, salt: UInt64
    }

    /// The first seals, all open.
    let keys: [Key]
    let newest: Key
    private let limit: UInt64
    private var sealing: Sealing
    private var derived: [DerivedKey: SymmetricKey] = [:]

    /// - Parameters:
    ///   - newest: the key that seals.
    ///   - others: keys that open what was sealed before.
    ///   - limit: values that one salt is good for.
    init(_ newest: Key, _ others: [Key], sealsForEachSalt limit: UInt64 = KeyRing.sealsForEachSalt) {
        self.newest = newest
        self.limit = limit
        keys = [newest] + others
        sealing = Sealing(newest)
    }

    /// The key to seal one value with.
    mutating func forSealing() -> Sealing {
        if sealing.seals >= limit { sealing = Sealing(newest) }
        sealing.seals += 1
        return sealing
    }

    /// The keys that may have sealed a value with this key id and salt. Different keys may, once in four thousand million, have the
    /// same id.
    mutating func forOpening(_ id: ArraySlice<UInt8>, salt: UInt64) -> [SymmetricKey] {
        if salt == sealing.salt, id.elementsEqual(sealing.id) { return [sealing.secret] }
        var found: [SymmetricKey] = []
        for (index, key) in keys.enumerated() where id.elementsEqual(key.id) { found.append(secret(DerivedKey(index: index, salt: salt))) }
        return found
    }

    private mutating func secret(_ wanted: DerivedKey) -> SymmetricKey {
        if let known = derived[wanted] { return known }
        if derived.count >= KeyRing.derivedLimit { derived.removeAll(keepingCapacity: true) }
        let secret = keys[wanted.index].derived(wanted.salt)
        derived[wanted] = secret
        return secret
    }

    static func bytes(_ salt: UInt64) -> [UInt8] { withUnsafeBytes(of: salt.littleEndian, Array.init) }
}
