public import Wire
import NIOSSL

extension ServiceStart {
    /// How this process speaks to the others of its cluster: who it is, and what protects its connections.
    /// - Throws: ``ConfigurationError`` for a secret's or TLS files that cannot be used.
    public func wire() throws(ConfigurationError) -> WireSettings {
        var random = SystemRandomNumberGenerator()
        let instance = "\(name)-\(String(UInt64.random(in: .min ... .max, using: &random), radix: 36))"
        var security = WireSecurity(secret: try clusterSecret().map { Array($0.value.utf8) })
        if let tls = common.tls {
            do {
                security.clientTLS = try NIOSSLContext(configuration: tls.client())
                security.serverTLS = try NIOSSLContext(configuration: tls.server())
            } catch {
                throw ConfigurationError(
                    "TLS_CERT, TLS_KEY or TLS_CA cannot be used (\(error)); they must be readable PEM files, the key that of the certificate")
            }
        }
        return WireSettings(identity: PeerIdentity(role: name, instance: instance, build: version), security: security)
    }
}

extension CommonSettings.TLS {
    fileprivate func client() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        try fill(&configuration)
        return configuration
    }

    fileprivate func server() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        try fill(&configuration)
        return configuration
    }

    /// The same for both ends: TLS 1.3, a certificate from each side, signed by the cluster's own authority. Names are
    /// not compared: services are found by address, and the authority signs for the cluster alone.
    private func fill(_ configuration: inout TLSConfiguration) throws {
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        configuration.trustRoots = .file(authorities)
        configuration.certificateVerification = .noHostnameVerification
    }
}

extension WireEndpoint {
    public init(_ endpoint: Endpoint) { self.init(host: endpoint.host, port: endpoint.port) }
}
