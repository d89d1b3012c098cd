public import Wire

extension ServiceStart {
    /// How this process speaks to the others of its cluster: who it is, and what protects its connections.
    /// - Throws: ``ConfigurationError`` for a secret's or TLS files that cannot be used.
    public func wire() throws(ConfigurationError) -> WireSettings {
        var random = SystemRandomNumberGenerator()
        let instance = "\(name)-\(String(UInt64.random(in: .min ... .max, using: &random), radix: 36))"
        guard let role = Role(rawValue: name) else { preconditionFailure("\(name) is no role of the cluster's") }
        var security = WireSecurity(credential: try clusterCredential(of: role))
        if let tls = common.tls { (security.clientTLS, security.serverTLS) = try ClusterTLS(tls).contexts() }
        return WireSettings(identity: PeerIdentity(role: role, instance: instance, build: version), security: security)
    }
}

extension WireEndpoint {
    public init(_ endpoint: Endpoint) { self.init(host: endpoint.host, port: endpoint.port) }
}
