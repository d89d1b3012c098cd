import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Seals credentials at rest with AES-256-GCM.
///
/// A sealed value is, byte after byte:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version: 1 |
/// | 4 | key id: the first four bytes of the SHA-256 of the key |
/// | 12 | nonce, drawn at random for each value |
/// | n | ciphertext, as long as the plaintext |
/// | 16 | tag |
///
/// The associated data is the owner's identity (for a reminder the sixteen bytes of its id), so that a sealed value
/// that is moved to another row does not open there. With nonces drawn at random one key is good for 2^32 values
/// (NIST SP 800-38D section 8.3); put a new key in front of the others before that.
public struct Sealer: Sendable {
    /// The longest plaintext that is sealed, in bytes.
    public static let plaintextLimit = 1 << 20
    /// How many bytes a sealed value is longer than its plaintext.
    public static let overhead = 1 + 4 + 12 + 16

    private static let version: UInt8 = 1
    /// Bytes with which a sealed value begins, and which say by what it was sealed.
    public static let prefixBytes = 5

    private struct Key: Sendable {
        let id: [UInt8]
        let secret: SymmetricKey

        init(_ bytes: [UInt8]) {
            id = Array(SHA256.hash(data: bytes).prefix(4))
            secret = SymmetricKey(data: bytes)
        }
    }

    /// The first seals, all open.
    private let keys: [Key]

    /// Reads the keys of a file made by `makeKeyFile`, or by hand: one key a line as 64 hexadecimal digits or as
    /// base64, each 32 bytes; empty lines and lines that begin with `#` are skipped. The first key seals, every key
    /// opens: to rotate, put a new key in front.
    /// - Throws: `.keyFile` if the file cannot be read, is open to other users, or holds anything else.
    public init(keyFile path: String) throws(SealingError) {
        keys = try KeyFile.read(path).map(Key.init)
    }

    /// The ids of the keys, as ``keyID(of:)`` gives them, the one that seals first.
    public var keyIDs: [String] { keys.map { KeyFile.hexadecimal($0.id) } }

    /// The id of the key that a value was sealed with, in hexadecimal; `nil` for what is no sealed value.
    /// - Parameter sealed: the value, or its first ``prefixBytes``.
    public static func keyID(of sealed: [UInt8]) -> String? {
        guard sealed.count >= prefixBytes, sealed[0] == version else { return nil }
        return KeyFile.hexadecimal(sealed[1..<prefixBytes])
    }

    /// Seals `plaintext` for the owner with this identity.
    public func seal(_ plaintext: [UInt8], for owner: [UInt8]) throws(SealingError) -> [UInt8] {
        guard plaintext.count <= Sealer.plaintextLimit else { throw .tooLong(plaintext.count) }
        guard let key = keys.first else { throw .cannotSeal }
        do {
            let box = try AES.GCM.seal(plaintext, using: key.secret, authenticating: owner)
            var sealed: [UInt8] = [Sealer.version]
            sealed.reserveCapacity(Sealer.overhead + plaintext.count)
            sealed += key.id
            sealed += box.nonce
            sealed += box.ciphertext
            sealed += box.tag
            return sealed
        } catch {
            throw .cannotSeal
        }
    }

    /// Opens what `seal` made for the same owner.
    public func open(_ sealed: [UInt8], for owner: [UInt8]) throws(SealingError) -> [UInt8] {
        guard let version = sealed.first else { throw .malformed(bytes: 0) }
        guard version == Sealer.version else { throw .unknownVersion(version) }
        guard (Sealer.overhead...Sealer.overhead + Sealer.plaintextLimit).contains(sealed.count) else {
            throw .malformed(bytes: sealed.count)
        }
        let id = sealed[1..<5]
        // Different keys may, once in four thousand million, have the same id.
        let candidates = keys.filter { id.elementsEqual($0.id) }
        guard !candidates.isEmpty else { throw .unknownKey(id: KeyFile.hexadecimal(id)) }
        for key in candidates {
            if let plaintext = Sealer.open(sealed, with: key.secret, for: owner) { return plaintext }
        }
        throw .refused
    }

    private static func open(_ sealed: [UInt8], with key: SymmetricKey, for owner: [UInt8]) -> [UInt8]? {
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: sealed[5..<17]), ciphertext: sealed[17..<(sealed.count - 16)],
                tag: sealed[(sealed.count - 16)...])
            return Array(try AES.GCM.open(box, using: key, authenticating: owner))
        } catch {
            return nil
        }
    }

    /// Makes a key file with one fresh key, readable by its owner only, where there is none. The file appears with its
    /// content or not at all, also if the machine stops half-way or two processes do this at once.
    /// - Returns: whether the file was made; `false` if it was there.
    @discardableResult
    public static func makeKeyFile(at path: String) throws(SealingError) -> Bool {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return try KeyFile.create(path, key: key)
    }
}
