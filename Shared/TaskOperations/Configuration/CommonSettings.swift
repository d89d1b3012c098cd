import Logging
import TaskDomain
import TaskWire

/// The settings that all services have.
public struct CommonSettings: Sendable {
    /// The files of mutual TLS, all PEM. Given together or not at all: without authorities of the cluster's own, every
    /// certificate of a public authority would open it.
    public struct TLS: Sendable {
        public let certificate: Setting<String>
        public let key: Setting<String>
        /// Whom to trust, and nobody else.
        public let authorities: Setting<String>
    }

    public let logLevel: Logger.Level
    public let logFormat: LogFormat
    /// What the services of a cluster prove to each other that they know.
    public let clusterSecret: Secret?
    /// The file that holds it; never set beside ``clusterSecret``.
    let clusterSecretFile: ClusterSecretFile?
    /// Whether that file is made, with a fresh secret, where it is missing.
    let makesClusterSecret: Bool
    public let tls: TLS?
    /// Which connections the secret encrypts.
    let encryption: Encryption
    /// Asked for in so many words: connections between machines that nothing encrypts, nor need anything be proven on them.
    public let isClusterInsecure: Bool

    /// Asked for in so many words: health and metrics can be read from other machines.
    public let isOpsPublic: Bool

    /// Whether a listener of the cluster may be on any address.
    public var isClusterProtected: Bool {
        clusterSecret != nil || clusterSecretFile != nil || tls != nil || isClusterInsecure
    }

    /// What an operator can do when ``isClusterProtected`` is false, for ``requireAuthentication(listen:hasAuthentication:howTo:)``.
    public static let howToProtect = "set CLUSTER_SECRET, or TLS_CERT, TLS_KEY and TLS_CA; or CLUSTER_INSECURE=true if the network itself is trusted"

    init(_ settings: inout SettingsReader) {
        logLevel = settings.value("LOG_LEVEL", .logLevel, default: "info", help: "what is logged: this level and those above it")
        logFormat =
            settings.optional("LOG_FORMAT", .logFormat, help: "how log lines look; without it text on a terminal and json otherwise")
            ?? (LogOutput.standardError.isTerminal ? .text : .json)
        clusterSecret = settings.optional("CLUSTER_SECRET", .secret(), help: "the secret that the services prove to each other, and by which they encrypt between machines")
        clusterSecretFile = settings.optional("CLUSTER_SECRET_FILE", .path, help: "a file that holds CLUSTER_SECRET as its only line")
            .map(ClusterSecretFile.init)
        makesClusterSecret = settings.value(
            "CLUSTER_SECRET_CREATE", .boolean, default: "false",
            help: "true makes CLUSTER_SECRET_FILE, with a fresh secret, where it is missing: for services that share a folder")
        let certificate = settings.optionalSetting("TLS_CERT", .path, help: "PEM file of this service's certificate chain")
        let key = settings.optionalSetting("TLS_KEY", .path, help: "PEM file of the certificate's private key")
        let authorities = settings.optionalSetting("TLS_CA", .path, help: "PEM file of the authorities that other services' certificates are checked against")
        isClusterInsecure = settings.value(
            "CLUSTER_INSECURE", .boolean, default: "false",
            help: "true allows connections from other machines without CLUSTER_SECRET and TLS, and leaves unencrypted what CLUSTER_SECRET would encrypt")
        let use = settings.value(
            "CLUSTER_TLS", .encryption, default: "auto",
            help: "which connections CLUSTER_SECRET encrypts: auto all that leave the machine, on also those on loopback; with TLS_CERT all are, by certificates")
        isOpsPublic = settings.value(
            "OPS_PUBLIC", .boolean, default: "false", help: "true allows an operations listener that other machines can reach")
        tls =
            if let certificate, let key, let authorities {
                TLS(certificate: certificate, key: key, authorities: authorities)
            } else { nil }
        let isComplete = tls != nil || (certificate == nil && key == nil && authorities == nil)
        let isInsecure = isClusterInsecure
        encryption = isInsecure ? .never : use
        let hasMeans = tls != nil || clusterSecret != nil || clusterSecretFile != nil
        let isSecretGivenTwice = clusterSecret != nil && clusterSecretFile != nil
        settings.check { () throws(ConfigurationError) in
            guard !isSecretGivenTwice else { throw ConfigurationError("CLUSTER_SECRET and CLUSTER_SECRET_FILE are both set; keep one") }
            guard use != .always || !isInsecure else { throw ConfigurationError("CLUSTER_TLS is on and CLUSTER_INSECURE is true; keep one") }
            guard use != .always || hasMeans else {
                throw ConfigurationError("CLUSTER_TLS is on and there is nothing to encrypt with; set CLUSTER_SECRET, or TLS_CERT, TLS_KEY and TLS_CA")
            }
            guard isComplete else { throw ConfigurationError("TLS_CERT, TLS_KEY and TLS_CA go together; set all three or none") }
        }
    }
}

/// Refuses a listener that other machines can reach and that would ask nothing of them.
/// - Parameter howTo: what to set instead, as it completes a sentence: "set CLUSTER_SECRET".
public func requireAuthentication(listen: Setting<Endpoint>, hasAuthentication: Bool, howTo: String) throws(ConfigurationError) {
    guard !listen.value.isLoopback, !hasAuthentication else { return }
    throw ConfigurationError(
        listen.fault("which other machines can reach, and nothing would authenticate them; \(howTo); or listen on 127.0.0.1"))
}
