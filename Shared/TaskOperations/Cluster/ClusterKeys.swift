public import Crypto
public import TaskDomain
public import TaskWire

extension ServiceStart {
    /// What this service proves to the others, of that role.
    /// - Throws: an error for a text that holds the keys of another role, or looks like keys and holds none.
    func clusterCredential(of role: Role) throws(ConfigurationError) -> ClusterCredential? {
        guard let secret = try clusterSecret() else { return nil }
        let credential = try common.credential(secret)
        guard let only = credential.role, only != role else { return credential }
        throw ConfigurationError(
            "\(common.clusterSecretName) holds the keys of a \(only), and this is a \(role); it must be the line that "
                + "scheduler --derive-secret \(role) prints, or the cluster's secret")
    }
}

extension ServiceStart {
    /// A key that all gateways of the cluster share; see ``ClusterCredential/gatewayKey(for:)``.
    /// - Returns: `nil` where nothing is set that it could be derived from.
    public func gatewayKey(for use: String) throws(ConfigurationError) -> SymmetricKey? {
        try clusterCredential(of: .gateway)?.gatewayKey(for: use)
    }
}

extension CommonSettings {
    /// The keys of one role, derived from the cluster's secret, as a text that may stand in its place.
    /// - Throws: an error where no secret is set, or one that is itself of one role.
    public func derivedSecret(for role: Role) throws(ConfigurationError) -> Secret {
        let secret = try readClusterSecret()
        guard let derived = try secret.map(credential)?.derived(for: role) else {
            throw ConfigurationError(
                "\(clusterSecretName) \(secret == nil ? "is not set" : "holds the keys of one role"); it must be the cluster's secret, of which the keys are made")
        }
        return derived
    }

    fileprivate func credential(_ secret: Secret) throws(ConfigurationError) -> ClusterCredential {
        guard secret.value.hasPrefix(ClusterCredential.derivedPrefix) else { return ClusterCredential(secret: Array(secret.value.utf8)) }
        guard let credential = ClusterCredential(derived: secret) else {
            throw ConfigurationError(
                "\(clusterSecretName) begins with \(ClusterCredential.derivedPrefix) and is not whole; it must be a line that scheduler --derive-secret prints")
        }
        return credential
    }

    /// The setting that the secret came by.
    fileprivate var clusterSecretName: String { clusterSecretFile == nil ? "CLUSTER_SECRET" : "CLUSTER_SECRET_FILE" }
}
