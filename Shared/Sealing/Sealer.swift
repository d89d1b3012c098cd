import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

import Glibc
import Synchronization
import TaskDomain

/// Seals credentials at rest with AES-256-GCM.
///
/// A sealed value is, byte after byte:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version: 2 |
/// | 4 | key id: the first four bytes of the SHA-256 of the key in the file |
/// | 8 | salt, by which the key that sealed is derived from that one; see ``KeyRing`` |
/// | 12 | nonce, drawn at random for each value |
/// | n | ciphertext, as long as the plaintext |
/// | 16 | tag |
///
/// Version 1 has no salt: the key of the file sealed it. It is opened, and made no more.
///
/// The associated data is the owner's identity (for a reminder the sixteen bytes of its id), so that a sealed value
/// that is moved to another row does not open there.
public final class Sealer: Sendable {
    /// The longest plaintext that is sealed, in bytes.
    public static let plaintextLimit = 1 << 20
    /// How many bytes a sealed value is longer than its plaintext.
    public static let overhead = Form.derived.overhead
    /// Bytes with which a sealed value begins, and which say by what it was sealed: version and key id.
    public static let prefixBytes = 5

    /// How a sealed value is laid out; the raw value is its version.
    enum Form: UInt8 {
        case plain = 1
        case derived = 2

        var saltBytes: Int { self == .derived ? 8 : 0 }
        var overhead: Int { prefixBytes + saltBytes + 12 + 16 }
    }

    /// The file of the keys.
    public let path: String
    private let ring: Mutex<KeyRing>

    /// Reads the keys of a file made by `makeKeyFile`, or by hand: one key a line as 64 hexadecimal digits or as
    /// base64, each 32 bytes; empty lines and lines that begin with `#` are skipped. The first key seals, every key
    /// opens: to rotate, put a new key in front.
    /// - Throws: `.keyFile` if the file cannot be read, is open to other users, or holds anything else.
    public convenience init(keyFile path: String) throws(SealingError) {
        try self.init(keyFile: path, sealsForEachSalt: KeyRing.sealsForEachSalt)
    }

    init(keyFile path: String, sealsForEachSalt limit: UInt64) throws(SealingError) {
        self.path = path
        let keys = try Sealer.read(path)
        ring = Mutex(KeyRing(keys.newest, keys.others, sealsForEachSalt: limit))
    }

    private static func read(_ path: String) throws(SealingError) -> (newest: KeyRing.Key, others: [KeyRing.Key]) {
        let keys = try KeyFile.read(path).map(KeyRing.Key.init)
        guard let newest = keys.first else { throw .cannotSeal }
        return (newest, Array(keys.dropFirst()))
    }

    /// Reads the file again. Where its keys have changed, the one that is first now seals from here on. Those that are gone
    /// open what they sealed for as long as this process runs, as it may hold some of it.
    /// - Returns: whether another key seals now.
    /// - Throws: as `init` does; the keys then stay as they were.
    public func reload() throws(SealingError) -> Bool {
        let (newest, others) = try Sealer.read(path)
        return ring.withLock { ring in
            let listed = [newest] + others
            let gone = ring.keys.filter { known in !listed.contains { $0.secret == known.secret } }
            let isOther = newest.secret != ring.keys.first?.secret
            guard isOther || listed.count + gone.count != ring.keys.count else { return false }
            ring = KeyRing(newest, others + gone)
            return isOther
        }
    }

    /// The ids of the keys, as ``keyID(of:)`` gives them, the one that seals first.
    public var keyIDs: [String] { ring.withLock { $0.keys.map { Hexadecimal.text($0.id) } } }

    /// The bytes, ``prefixBytes`` of them, that what is sealed now begins with.
    public var prefix: [UInt8] { [Form.derived.rawValue] + ring.withLock { $0.newest.id } }

    /// The id of the key that a value was sealed with, in hexadecimal; `nil` for what is no sealed value.
    /// - Parameter sealed: the value, or its first ``prefixBytes``.
    public static func keyID(of sealed: [UInt8]) -> String? {
        guard sealed.count >= prefixBytes, Form(rawValue: sealed[0]) != nil else { return nil }
        return Hexadecimal.text(sealed[1..<prefixBytes])
    }

    /// Seals `plaintext` for the owner with this identity.
    public func seal(_ plaintext: [UInt8], for owner: [UInt8]) throws(SealingError) -> [UInt8] {
        guard plaintext.count <= Sealer.plaintextLimit else { throw .tooLong(plaintext.count) }
        let key = ring.withLock { $0.forSealing() }
        do {
            let box = try AES.GCM.seal(plaintext, using: key.secret, nonce: Sealer.nonce(), authenticating: owner)
            // All of it: a nonce of this length is part of it.
            guard let combined = box.combined else { throw SealingError.cannotSeal }
            var sealed: [UInt8] = [Form.derived.rawValue]
            sealed.reserveCapacity(Sealer.overhead + plaintext.count)
            sealed += key.id
            sealed += KeyRing.bytes(key.salt)
            sealed += combined
            return sealed
        } catch {
            throw .cannotSeal
        }
    }

    /// Draws a nonce with one system call: the library makes one for each eight bytes, which takes longer than sealing a short text.
    private static func nonce() throws -> AES.GCM.Nonce {
        try withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { bytes in
            guard let start = bytes.baseAddress, getentropy(start, bytes.count) == 0 else { return AES.GCM.Nonce() }
            return try AES.GCM.Nonce(data: UnsafeRawBufferPointer(bytes))
        }
    }

    /// Opens what `seal` made for the same owner.
    public func open(_ sealed: [UInt8], for owner: [UInt8]) throws(SealingError) -> [UInt8] {
        guard let version = sealed.first else { throw .malformed(bytes: 0) }
        guard let form = Form(rawValue: version) else { throw .unknownVersion(version) }
        guard (form.overhead...form.overhead + Sealer.plaintextLimit).contains(sealed.count) else {
            throw .malformed(bytes: sealed.count)
        }
        let id = sealed[1..<Sealer.prefixBytes]
        let keys = ring.withLock { ring in
            switch form {
            case .plain: ring.keys.filter { id.elementsEqual($0.id) }.map(\.secret)
            case .derived: ring.forOpening(id, salt: Sealer.salt(sealed))
            }
        }
        guard !keys.isEmpty else { throw .unknownKey(id: Hexadecimal.text(id)) }
        for key in keys {
            if let plaintext = Sealer.open(sealed, form, with: key, for: owner) { return plaintext }
        }
        throw .refused
    }

    private static func salt(_ sealed: [UInt8]) -> UInt64 {
        sealed.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: prefixBytes, as: UInt64.self)) }
    }

    private static func open(_ sealed: [UInt8], _ form: Form, with key: SymmetricKey, for owner: [UInt8]) -> [UInt8]? {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[(prefixBytes + form.saltBytes)...])
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
