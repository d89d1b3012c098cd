public import Wire

extension ServiceStart {
    /// How this process speaks to the others of its cluster: who it is, and what protects its connections.
    /// - Throws: ``ConfigurationError`` for a secret's or TLS files that cannot be used.
    public func wire() throws(ConfigurationError) -> WireSettings {
        var random = SystemRandomNumberGenerator()
        let instance = "\(name)-\(String(UInt64.random(in: .min ... .max, using: &random), radix: 36))"
        var security = WireSecurity(secret: try clusterSecret().map { Array($0.value.utf8) })
        if let tls = common.tls { (security.clientTLS, security.serverTLS) = try ClusterTLS(tls).contexts() }
        return WireSettings(identity: PeerIdentity(role: name, instance: instance, build: version), security: security)
    }
}

extension WireEndpoint {
    public init(_ endpoint: Endpoint) { self.init(host: endpoint.host, port: endpoint.port) }
}
