import NIOSSL
import TaskWire

/// Mutual TLS between services, from the files that `TLS_CERT`, `TLS_KEY` and `TLS_CA` name.
struct ClusterTLS {
    private let files: CommonSettings.TLS
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey
    private let authorities: [NIOSSLCertificate]

    /// - Throws: an error that names the setting whose file cannot be used.
    init(_ files: CommonSettings.TLS) throws(ConfigurationError) {
        self.files = files
        chain = try files.certificate.readCertificates()
        key = try files.key.readPrivateKey()
        authorities = try files.authorities.readCertificates()
    }

    /// - Throws: an error if the key is not the certificate's, or the certificate is none of that role.
    func certificates(of role: Role) throws(ConfigurationError) -> ClusterCertificates {
        guard let own = chain.first, ClusterCertificates.roles(of: own).contains(role) else {
            throw ConfigurationError(
                files.certificate.fault(
                    "whose certificate does not say that its holder is a \(role); it must have the URI \(ClusterCertificates.rolePrefix)\(role) "
                        + "among its subject alternative names"))
        }
        do {
            var client = filled(.makeClientConfiguration())
            client.certificateVerification = .fullVerification
            var server = filled(
                .makeServerConfiguration(certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
            // A client has no name to compare.
            server.certificateVerification = .noHostnameVerification
            return try ClusterCertificates(
                certificate: own, client: NIOSSLContext(configuration: client), server: NIOSSLContext(configuration: server))
        } catch {
            throw ConfigurationError(
                files.key.fault("which does not go with the certificate in \(files.certificate) (\(error)); it must be that certificate's key"))
        }
    }

    /// The same for both ends: TLS 1.3, a certificate from each side, signed by the cluster's own authority.
    private func filled(_ configuration: TLSConfiguration) -> TLSConfiguration {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
        configuration.trustRoots = .certificates(authorities)
        return configuration
    }
}
