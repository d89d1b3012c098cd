import CProtos
import Crypto
import Messages

/// The proof that a side knows the cluster's secret, bound to this connection and to the side that gives it.
///
/// HMAC-SHA256, key: the secret; message: "task-scheduler wire 1", then for the proving side and then for its peer:
/// nonce (32 bytes), length of role (1 byte), role; last one byte: 0 for the connecting side's proof, 1 for the
/// accepting side's. The nonces make it useless on another connection, the last byte makes it useless the other way.
struct Handshake {
    static let nonceBytes = 32
    static let maxNameBytes = 128

    enum Side: UInt8 { case client = 0, server = 1 }

    /// What one Hello said.
    struct Hello {
        var versions: ClosedRange<UInt32>
        var identity: PeerIdentity
        var nonce: [UInt8]

        /// `nil`: fields out of bounds.
        init?(_ c: UnsafePointer<TaskScheduler__Wire__Hello>) {
            let hello = c.pointee
            guard hello.version_min >= 1, hello.version_min <= hello.version_max, hello.nonce.len == nonceBytes else {
                return nil
            }
            versions = hello.version_min...hello.version_max
            identity = PeerIdentity(
                role: Arena.string(hello.role), instance: Arena.string(hello.instance), build: Arena.string(hello.build))
            nonce = Arena.bytes(hello.nonce)
            for name in [identity.role, identity.instance, identity.build] where name.utf8.count > maxNameBytes {
                return nil
            }
        }

        init(versions: ClosedRange<UInt32>, identity: PeerIdentity, nonce: [UInt8]) {
            self.versions = versions
            self.identity = identity
            self.nonce = nonce
        }
    }

    static func freshNonce() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<nonceBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static func transcript(of side: Side, own: Hello, peer: Hello) -> [UInt8] {
        var bytes = Array("task-scheduler wire 1".utf8)
        for hello in [own, peer] {
            bytes += hello.nonce
            bytes.append(UInt8(truncatingIfNeeded: hello.identity.role.utf8.count))
            bytes += hello.identity.role.utf8
        }
        bytes.append(side.rawValue)
        return bytes
    }

    static func proof(secret: [UInt8], side: Side, own: Hello, peer: Hello) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: transcript(of: side, own: own, peer: peer), using: SymmetricKey(data: secret)))
    }

    /// Compares in constant time.
    static func isProof(_ mac: [UInt8], secret: [UInt8], side: Side, own: Hello, peer: Hello) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            mac, authenticating: transcript(of: side, own: own, peer: peer), using: SymmetricKey(data: secret))
    }
}
