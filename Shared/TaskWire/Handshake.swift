import CProtos
import Crypto
import TaskMessages

/// The proof that a side knows the key of this connection's two roles, bound to this connection, to all that both Hellos say, to what
/// protects the connection beneath, and to the side that gives it.
///
/// HMAC-SHA256; message: ``label``, then of the connecting side's Hello and of the accepting side's: lowest and highest version (4 bytes
/// each), nonce (32 bytes), and role, instance and build, each behind its length (1 byte); what the channel binds (``Channel``); last one
/// byte: 0 for the connecting side's proof, 1 for the accepting side's. The nonces make it useless on another connection, the last byte
/// makes it useless the other way.
struct Handshake {
    /// What every key and proof of this protocol begins with.
    static let label = "task-scheduler wire 1"
    static let nonceBytes = 32
    static let maxNameBytes = 128

    enum Side: UInt8 { case client = 0, server = 1 }

    /// What is beneath the frames, as both ends must see it alike.
    enum Channel: Hashable {
        case plain
        /// TLS with a key of the two roles. It names no more than that: who is between the two ends cannot end their TLS without that key,
        /// and whoever has the key needs no connection of another's.
        case sharedKey
        /// TLS with these certificates (SHA-256 of the DER): whoever is between the two has shown each of them another.
        case certificates(connecting: [UInt8], accepting: [UInt8])

        fileprivate var bytes: [UInt8] {
            switch self {
            case .plain: [0]
            case .sharedKey: [1]
            case .certificates(let connecting, let accepting): [2] + connecting + accepting
            }
        }
    }

    /// What one Hello said.
    struct Hello {
        var versions: ClosedRange<UInt32>
        /// As it came: a role that this build may not know.
        var role: String
        var instance: String
        var build: String
        var nonce: [UInt8]
        /// Not proven: who could change it could change all that follows.
        var tenure: Tenure?

        /// `nil`: fields out of bounds.
        init?(_ c: UnsafePointer<TaskScheduler__Wire__Hello>) {
            let hello = c.pointee
            guard hello.version_min >= 1, hello.version_min <= hello.version_max, hello.nonce.len == nonceBytes else {
                return nil
            }
            versions = hello.version_min...hello.version_max
            role = Arena.string(hello.role)
            instance = Arena.string(hello.instance)
            build = Arena.string(hello.build)
            nonce = Arena.bytes(hello.nonce)
            let store = Arena.string(hello.store)
            for name in [role, instance, build, store] where name.utf8.count > maxNameBytes { return nil }
            if !store.isEmpty { tenure = Tenure(store: store, term: hello.term) }
        }

        init(versions: ClosedRange<UInt32>, identity: PeerIdentity, nonce: [UInt8]) {
            self.versions = versions
            role = identity.role.rawValue
            instance = identity.instance
            build = identity.build
            self.nonce = nonce
            tenure = identity.tenure
        }

        /// `nil`: of a role that this build does not know.
        var identity: PeerIdentity? {
            Role(rawValue: role).map { role in
                var identity = PeerIdentity(role: role, instance: instance, build: build)
                identity.tenure = tenure
                return identity
            }
        }

        fileprivate var bytes: [UInt8] {
            var bytes: [UInt8] = []
            for version in [versions.lowerBound, versions.upperBound] { withUnsafeBytes(of: version.bigEndian) { bytes += $0 } }
            bytes += nonce
            for name in [role, instance, build] {
                bytes.append(UInt8(truncatingIfNeeded: name.utf8.count))
                bytes += name.utf8
            }
            return bytes
        }
    }

    static func freshNonce() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<nonceBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    let connecting: Hello
    let accepting: Hello
    let channel: Channel

    private func transcript(of side: Side) -> [UInt8] {
        Array(Self.label.utf8) + connecting.bytes + accepting.bytes + channel.bytes + [side.rawValue]
    }

    func proof(of side: Side, key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: transcript(of: side), using: key))
    }

    /// Compares in constant time.
    func isProof(_ mac: [UInt8], of side: Side, key: SymmetricKey) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: transcript(of: side), using: key)
    }
}
