public import TaskWire

extension ServiceStart {
    /// How this process speaks to the others of its cluster: who it is, and what protects its connections.
    /// - Parameter role: what it is in the cluster; `nil`: what its name says.
    /// - Throws: ``ConfigurationError`` for a secret's or TLS files that cannot be used.
    public func wire(as role: Role? = nil) throws(ConfigurationError) -> WireSettings {
        guard let role = role ?? Role(rawValue: name) else { preconditionFailure("\(name) is no role of the cluster's") }
        let security = WireSecurity(
            credential: try clusterCredential(of: role), encryption: common.encryption,
            certificates: try common.tls.map { (files) throws(ConfigurationError) in try ClusterTLS(files).certificates(of: role) })
        return WireSettings(identity: PeerIdentity(role: role, drawnFor: name, build: version), security: security)
    }
}

extension WireEndpoint {
    public init(_ endpoint: Endpoint) { self.init(host: endpoint.host, port: endpoint.port) }
}
