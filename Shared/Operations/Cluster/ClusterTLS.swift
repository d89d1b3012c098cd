import NIOSSL

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

    /// - Throws: an error if the key is not the certificate's.
    func contexts() throws(ConfigurationError) -> (client: NIOSSLContext, server: NIOSSLContext) {
        do {
            let server = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            return (
                try NIOSSLContext(configuration: filled(.makeClientConfiguration())), try NIOSSLContext(configuration: filled(server))
            )
        } catch {
            throw ConfigurationError(
                files.key.fault("which does not go with the certificate in \(files.certificate) (\(error)); it must be that certificate's key"))
        }
    }

    /// The same for both ends: TLS 1.3, a certificate from each side, signed by the cluster's own authority. Names are
    /// not compared: services are found by address, and the authority signs for the cluster alone.
    private func filled(_ configuration: TLSConfiguration) -> TLSConfiguration {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
        configuration.trustRoots = .certificates(authorities)
        configuration.certificateVerification = .noHostnameVerification
        return configuration
    }
}
