import Crypto
import NIOCore
import NIOSSL

/// Which connections are encrypted with the keys of a ``ClusterCredential``.
public enum Encryption: Sendable, Hashable {
    /// Those that leave the machine: all but loopback's.
    case betweenMachines
    case always
    /// The network itself is trusted, or encrypts.
    case never
}

/// What protects a connection beneath its frames.
enum ConnectionLayer {
    case plain
    case sharedKey
    case certificates(ClusterCertificates)

    var certificates: ClusterCertificates? { if case .certificates(let certificates) = self { certificates } else { nil } }
    var isSharedKey: Bool { if case .sharedKey = self { true } else { false } }

    /// Why there was no handshake of the protocol's own, for an operator.
    func reason(for error: any Error) -> String {
        guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return ChannelFault.reason(error) }
        return switch self {
        case .plain: "\(error)"
        case .sharedKey:
            "no encryption was agreed on with the peer; CLUSTER_SECRET, CLUSTER_TLS and CLUSTER_INSECURE must be set alike on both sides (\(error))"
        case .certificates:
            "no encryption was agreed on with the peer; TLS_CERT, TLS_KEY and TLS_CA must go together on both sides, and the certificate be for "
                + "what was connected to (\(error))"
        }
    }
}

/// What a peer that speaks TLS sends, where it is read as the length of a frame.
enum TLSRecord {
    static let reason = "the peer encrypts this connection and this side does not; "
        + "CLUSTER_SECRET, CLUSTER_TLS and CLUSTER_INSECURE must be set alike on both sides"

    /// A record of an alert or of a handshake, of any version 3.x.
    static func isFirst(_ length: UInt32) -> Bool { [0x15, 0x16].contains(length >> 24) && length >> 16 & 0xFF == 3 }
}

extension WireSecurity {
    /// Both ends come to the same by the address of the other: one of loopback is none that leaves the machine.
    func layer(to remote: SocketAddress?) -> ConnectionLayer {
        if let certificates { return .certificates(certificates) }
        guard credential != nil else { return .plain }
        return switch encryption {
        case .always: .sharedKey
        case .never: .plain
        case .betweenMachines: remote?.isLoopback ?? false ? .plain : .sharedKey
        }
    }
}

/// TLS 1.2 with a key of the two roles (RFC 4279, RFC 5489), which every end has by the cluster's secret: ECDHE beneath it, so that who
/// learns the secret later reads nothing of before. The identity is the connecting side's role.
///
/// Nothing but the one cipher suite is offered, as it is the only one of its kind with authenticated encryption that BoringSSL has.
enum SharedKeyTLS {
    static let cipherSuite = "ECDHE-PSK-CHACHA20-POLY1305"

    private struct UnknownIdentity: Error {}

    /// For the side that connects.
    static func client(_ credential: ClusterCredential, as own: Role, to peer: Role) throws -> NIOSSLContext {
        let link = Link(connecting: own, accepting: peer)
        return try context { configuration in
            configuration.pskClientProvider = { _ in
                PSKClientIdentityResponse(key: try key(credential, link), identity: own.rawValue)
            }
        }
    }

    /// For the side that accepts: the key is that of whatever role the other end says it is.
    static func server(_ credential: ClusterCredential, as own: Role) throws -> NIOSSLContext {
        try context { configuration in
            configuration.pskServerProvider = { context in
                guard let peer = Role(rawValue: context.clientIdentity) else { throw UnknownIdentity() }
                return PSKServerIdentityResponse(key: try key(credential, Link(connecting: peer, accepting: own)))
            }
        }
    }

    private static func context(_ adjust: (inout TLSConfiguration) -> Void) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makePreSharedKeyConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = cipherSuite
        adjust(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    private static func key(_ credential: ClusterCredential, _ link: Link) throws -> NIOSSLSecureBytes {
        guard let keys = credential.keys(of: link) else { throw UnknownIdentity() }
        var bytes = NIOSSLSecureBytes()
        keys.encryption.withUnsafeBytes { bytes.append($0) }
        return bytes
    }
}

extension SocketAddress {
    /// Whether what is sent there stays on this machine.
    package var isLoopback: Bool {
        switch self {
        case .v4(let address): return UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24 == 127
        case .v6(let address):
            return withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
                return isMapped ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            }
        case .unixDomainSocket: return true
        }
    }
}
