import Crypto
import TaskDomain

/// A key that callers may show, as a line of the keys file has it. The key itself is not known here.
struct APIKey: Sendable, Hashable {
    let caller: Caller
    let digest: APIKeyDigest
    /// Requests a second, 0 for any number; `nil` where the line leaves that to the setting.
    let rate: Int?
}

/// SHA-256 of an API key. Compared in constant time; shown nowhere, since a key that is easily guessed could be found
/// by it.
struct APIKeyDigest: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    static let byteCount = 32

    private let first: UInt64, second: UInt64, third: UInt64, fourth: UInt64

    init(ofKey key: [UInt8]) { self = SHA256.hash(data: key).withUnsafeBytes(Self.init(bytes:)) }

    /// - Parameter digits: 64 hexadecimal digits of either case; `nil` for anything else.
    init?(hexadecimal digits: ArraySlice<UInt8>) {
        guard digits.count == 2 * Self.byteCount, let bytes = Hexadecimal.bytes(digits) else { return nil }
        self = bytes.withUnsafeBytes(Self.init(bytes:))
    }

    private init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.byteCount, "SHA-256 has 32 bytes")
        func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) }
        (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
    }

    /// For codes that are to change with it; nowhere else.
    var bytes: [UInt8] { [first, second, third, fourth].flatMap { word in withUnsafeBytes(of: word) { Array($0) } } }

    /// Takes the same time whatever the digests are: every bit of both counts before anything is decided.
    /// swift-crypto's comparison does so too, but takes 500 times as long, which tells where there are thousands of
    /// keys.
    static func == (one: APIKeyDigest, other: APIKeyDigest) -> Bool {
        let difference =
            (one.first ^ other.first) | (one.second ^ other.second) | (one.third ^ other.third)
            | (one.fourth ^ other.fourth)
        return difference == 0
    }

    var description: String { "<redacted>" }
    var debugDescription: String { description }
    /// Without children, so that `dump` shows nothing either.
    var customMirror: Mirror { Mirror(self, children: []) }
}
