public import TaskDomain

/// Who a process says it is in its `Hello`.
public struct PeerIdentity: Sendable, Hashable {
    public var role: Role
    /// Unique per process.
    public var instance: String
    /// Version of the build.
    public var build: String
    /// Of a scheduler for whose store others stand by.
    public var tenure: Tenure?

    public init(role: Role, instance: String, build: String) {
        self.role = role
        self.instance = instance
        self.build = build
    }

    /// Draws the instance of this process: what it is called, and a number that no other has.
    public init(role: Role, drawnFor name: String, build: String) {
        var random = SystemRandomNumberGenerator()
        let number = String(UInt64.random(in: .min ... .max, using: &random), radix: 36)
        self.init(role: role, instance: "\(name)-\(number)", build: build)
    }
}

/// That a scheduler has a store which others stand by for. What its workers have goes to who has the store after it.
public struct Tenure: Sendable, Hashable {
    /// Which store; at most 128 bytes.
    public var store: String
    /// How often it has been taken: of two that say they have it, the one with the higher term does.
    public var term: Int64

    public init(store: String, term: Int64) {
        self.store = store
        self.term = term
    }
}

/// What protects a connection. With neither credential nor certificates, only loopback is safe.
public struct WireSecurity: Sendable {
    /// Proven in the handshake, never sent; and what makes the keys of connections that are encrypted.
    public var credential: ClusterCredential?
    /// Which connections are encrypted by the credential. With certificates all are, by those.
    public var encryption: Encryption
    public var certificates: ClusterCertificates?

    public init(
        credential: ClusterCredential? = nil, encryption: Encryption = .betweenMachines, certificates: ClusterCertificates? = nil
    ) {
        self.credential = credential
        self.encryption = encryption
        self.certificates = certificates
    }
}

/// Bounds and intervals of every connection. All have working defaults.
public struct WireSettings: Sendable {
    public var identity: PeerIdentity
    public var security: WireSecurity
    /// The protocol versions that this build speaks.
    public var versions: ClosedRange<UInt32> = 1...1
    /// The largest frame, in bytes after the length.
    public var maxFrameBytes = 4 << 20
    /// The largest frame from a peer that has not proven itself.
    public var maxHandshakeFrameBytes = 4 << 10
    /// What one frame may take once it is unpacked. Two bytes of it can stand for a message of hundreds.
    public var maxUnpackedBytes = 32 << 20
    /// A frame that has begun must have arrived by then, as seen once in a keepalive interval.
    public var frameMilliseconds = 30_000
    /// TLS, Hello and Proof must be through by then.
    public var handshakeMilliseconds = 5_000
    /// When silence is noticed. Both sides of a cluster have the same.
    public var keepalive = Keepalive()
    /// Calls open at once on one connection; more are refused with `resourceExhausted`.
    public var maxCallsPerConnection = 8_192
    /// Connections that a server keeps; more are closed at once.
    public var maxConnections = 16_384
    /// Payload bytes that a stream may carry before the receiver has granted more.
    public var streamWindowBytes = 1 << 20
    /// Bytes written but not yet taken by the socket, beyond which the peer counts as one that does not read and the
    /// connection ends.
    public var maxUnsentBytes = 32 << 20
    /// First and longest wait before connecting again; doubled from try to try, with jitter.
    public var reconnectMilliseconds: ClosedRange<Int> = 20...2_000
    /// How often names are looked up again.
    public var resolveMilliseconds = 5_000
    /// Longest wait for a TCP connection.
    public var connectMilliseconds = 3_000

    public init(identity: PeerIdentity, security: WireSecurity = WireSecurity()) {
        self.identity = identity
        self.security = security
    }
}

extension WireSettings {
    /// For those who connect to schedulers: one that was away for a moment waits for the workers that it knew, but not for long (``Keepalive``);
    /// and where one takes over from another, it is found soon.
    public var reconnectingFast: WireSettings {
        var settings = self
        settings.reconnectMilliseconds = 20...500
        return settings
    }
}
