import Crypto
import Foundation
import TaskDomain
import TaskFiles
import Testing

@testable import Sealing

/// A directory of one test's own, removed at its end.
private final class Folder {
    let path = NSTemporaryDirectory() + "sealing-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return attributes[.posixPermissions] as? Int ?? -1
    }
}

private let one = String(repeating: "0f", count: 32)
private let two = Data(repeating: 7, count: 32).base64EncodedString()
private let owner: [UInt8] = Array(0..<16)
private let secret = Array("Bearer s3cret-credential".utf8)

@Suite("Sealing")
struct SealerTests {
    private let folder: Folder
    init() throws { folder = try Folder() }

    @Test("what was sealed opens for the same owner", arguments: [0, 1, 24, 4096, Sealer.plaintextLimit])
    func roundTrip(count: Int) throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try sealer.seal(plaintext, for: owner)
        #expect(sealed.count == count + Sealer.overhead)
        #expect(try sealer.open(sealed, for: owner) == plaintext)
    }

    @Test("one byte more than the limit is refused")
    func tooLong() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        let count = Sealer.plaintextLimit + 1
        #expect(throws: SealingError.tooLong(count)) {
            try sealer.seal([UInt8](repeating: 0, count: count), for: owner)
        }
    }

    @Test("the format is version, key id, salt, nonce, ciphertext, tag; the plaintext does not show")
    func format() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        let sealed = try sealer.seal(secret, for: owner)
        #expect(sealed[0] == 2)
        #expect(Array(sealed.prefix(Sealer.prefixBytes)) == sealer.prefix)
        // The beginning of SHA-256 over thirty-two bytes 0x0F.
        #expect(Array(sealed[1..<5]) == [0x9B, 0x68, 0xD4, 0x9B])
        #expect(!String(decoding: sealed, as: UTF8.self).contains("s3cret"))
    }

    @Test("the key that seals is derived from the one in the file and the salt, with HKDF and SHA-256")
    func derivation() throws {
        let sealed = try Sealer(keyFile: try folder.file("keys", one)).seal(secret, for: owner)
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: [UInt8](repeating: 0x0F, count: 32)), salt: sealed[5..<13],
            info: Array("task-scheduler credential at rest".utf8), outputByteCount: 32)
        let box = try AES.GCM.SealedBox(combined: Array(sealed[13...]))
        #expect(try Array(AES.GCM.open(box, using: key, authenticating: owner)) == secret)
    }

    @Test("what an earlier version sealed with the very key of the file opens")
    func plain() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        let key = SymmetricKey(data: [UInt8](repeating: 0x0F, count: 32))
        let box = try AES.GCM.seal(secret, using: key, authenticating: owner)
        let sealed = [1, 0x9B, 0x68, 0xD4, 0x9B] + Array(try #require(box.combined))
        #expect(try sealer.open(sealed, for: owner) == secret)
        #expect(Sealer.keyID(of: sealed) == sealer.keyIDs.first)
        #expect(Array(sealed.prefix(Sealer.prefixBytes)) != sealer.prefix)
        #expect(throws: SealingError.refused) { try sealer.open(sealed, for: []) }
    }

    @Test("a derived key seals so many values and not one more")
    func salts() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one), sealsForEachSalt: 2)
        let sealed = try (0..<5).map { _ in try sealer.seal(secret, for: owner) }
        #expect(Set(sealed.map { $0[5..<13] }).count == 3)
        #expect(sealed[0][5..<13] == sealed[1][5..<13])
        for value in sealed { #expect(try sealer.open(value, for: owner) == secret) }
        #expect(KeyRing.sealsForEachSalt == 1 << 32)
    }

    @Test("values of more salts than are kept open")
    func manySalts() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one), sealsForEachSalt: 1)
        let sealed = try (0..<KeyRing.derivedLimit + 10).map { _ in try sealer.seal(secret, for: owner) }
        for value in sealed + sealed.prefix(3) { #expect(try sealer.open(value, for: owner) == secret) }
    }

    @Test("a file read again has its first key seal; what is gone from it opens still in this process, and in no other")
    func reload() throws {
        let file = try folder.file("keys", one)
        let sealer = try Sealer(keyFile: file)
        let before = try sealer.seal(secret, for: owner)
        #expect(try !sealer.reload())
        _ = try folder.file("keys", "\(two)\n\(one)")
        #expect(try sealer.reload())
        #expect(sealer.keyIDs.count == 2)
        let after = try sealer.seal(secret, for: owner)
        #expect(Sealer.keyID(of: after) != Sealer.keyID(of: before))
        _ = try folder.file("keys", two)
        #expect(try !sealer.reload())
        #expect(try sealer.open(before, for: owner) == secret)
        let other = try Sealer(keyFile: file)
        #expect(try other.open(after, for: owner) == secret)
        #expect(throws: SealingError.self) { try other.open(before, for: owner) }
    }

    @Test("a file that has become unusable leaves the keys as they were")
    func badReload() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        _ = try folder.file("keys", "sesame")
        #expect(throws: SealingError.self) { try sealer.reload() }
        #expect(try sealer.open(try sealer.seal(secret, for: owner), for: owner) == secret)
    }

    @Test("the same value sealed twice differs")
    func nonces() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        #expect(try sealer.seal(secret, for: owner) != sealer.seal(secret, for: owner))
    }

    @Test("a sealed value does not open for another owner")
    func otherOwner() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        let sealed = try sealer.seal(secret, for: owner)
        #expect(throws: SealingError.refused) { try sealer.open(sealed, for: Array(1..<17)) }
        #expect(throws: SealingError.refused) { try sealer.open(sealed, for: []) }
    }

    @Test("a change of any byte is noticed")
    func changed() throws {
        let sealer = try Sealer(keyFile: try folder.file("keys", one))
        let sealed = try sealer.seal(secret, for: owner)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(throws: SealingError.self) { try sealer.open(changed, for: owner) }
        }
        for count in 0..<sealed.count {
            #expect(throws: SealingError.self) { try sealer.open(Array(sealed.prefix(count)), for: owner) }
        }
    }

    @Test("the first key seals and every key opens")
    func rotation() throws {
        let old = try Sealer(keyFile: try folder.file("old", one + "\n"))
        let new = try Sealer(keyFile: try folder.file("new", "# newest first\n\n  \(two)\r\n\(one)"))
        let onlyNew = try Sealer(keyFile: try folder.file("only", two))
        let before = try old.seal(secret, for: owner)
        #expect(try new.open(before, for: owner) == secret)
        let after = try new.seal(secret, for: owner)
        #expect(try onlyNew.open(after, for: owner) == secret)
        let id = Hexadecimal.text(before[1..<5])
        #expect(throws: SealingError.unknownKey(id: id)) { try onlyNew.open(before, for: owner) }
    }

    @Test("a key file that other users may use is refused", arguments: [0o640, 0o604, 0o601, 0o660, 0o620])
    func permissions(mode: Int) throws {
        let file = try folder.file("keys", one, mode: mode)
        let error = try #require(throws: SealingError.self) { try Sealer(keyFile: file) }
        #expect(error.description.contains(file) && error.description.contains("chmod 600"))
    }

    @Test("of another user's file the group may read, as what is mounted for a service is, and nobody else", arguments: [
        (0o440, true), (0o400, true), (0o640, true), (0o444, false), (0o460, false), (0o441, false),
    ])
    func mounted(mode: UInt32, isGood: Bool) {
        var status = stat()
        status.st_mode = S_IFREG | mode
        status.st_uid = 1
        #expect((SecretFile.exposure(status, user: 2) == nil) == isGood)
        #expect((SecretFile.exposure(status, user: 1) == nil) == (mode & 0o077 == 0))
    }

    @Test(
        "anything but keys in the file is refused, without showing it",
        arguments: ["", "# nothing\n", "sesame", one + "0", String(one.dropLast()), one + "\nsesame", "c2VzYW1l", one + "\n" + one])
    func badFile(text: String) throws {
        let file = try folder.file("keys", text)
        let error = try #require(throws: SealingError.self) { try Sealer(keyFile: file) }
        #expect(error.description.contains(file))
        #expect(!error.description.contains("sesame") && !error.description.contains("0f0f"))
    }

    @Test("a key file may hold the most keys, and not one more", arguments: [KeyFile.keyLimit, KeyFile.keyLimit + 1])
    func manyKeys(count: Int) throws {
        let lines = (0..<count).map { Data(repeating: UInt8($0), count: 32).base64EncodedString() }
        let file = try folder.file("keys", lines.joined(separator: "\n"))
        if count <= KeyFile.keyLimit {
            _ = try Sealer(keyFile: file)
        } else {
            #expect(throws: SealingError.self) { try Sealer(keyFile: file) }
        }
    }

    @Test("a file that is not there, a directory and a file that is too large are refused")
    func unreadable() throws {
        let large = try folder.file("large", String(repeating: "#", count: KeyFile.sizeLimit + 1))
        for path in [folder.path + "/none", folder.path, large] {
            #expect(throws: SealingError.self) { try Sealer(keyFile: path) }
        }
    }

    @Test("a key file is made once, for its owner only, and is usable")
    func make() throws {
        let file = folder.path + "/seal.key"
        #expect(try Sealer.makeKeyFile(at: file))
        #expect(try folder.mode("seal.key") == 0o600)
        let content = try String(contentsOfFile: file, encoding: .utf8)
        #expect(try !Sealer.makeKeyFile(at: file))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == content)
        let sealer = try Sealer(keyFile: file)
        #expect(try sealer.open(try sealer.seal(secret, for: owner), for: owner) == secret)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["seal.key"])
    }

    @Test("of many that make the same key file at once, one does")
    func makeTogether() async throws {
        let file = folder.path + "/seal.key"
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { try Sealer.makeKeyFile(at: file) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        _ = try Sealer(keyFile: file)
    }

    @Test("a key file that cannot be made says so")
    func makeNowhere() throws {
        #expect(throws: SealingError.self) { try Sealer.makeKeyFile(at: folder.path + "/none/seal.key") }
    }
}
