public import Crypto
public import TaskDomain

/// What a process proves to the rest of its cluster: the cluster's secret, with which it may be of any role, or the keys of one role that
/// were derived from it, with which it can be nothing else.
///
/// For every pair of a connecting and an accepting role there is a key of 32 bytes, HKDF-SHA256 of the secret (``LinkKeys``). A role's own
/// keys are those of the pairs that it is part of.
public struct ClusterCredential: Sendable {
    /// What a text begins with that holds the keys of one role.
    public static let derivedPrefix = "task-scheduler-key:"

    /// What a secret may have.
    public static let secretBytes = 16...1_024

    private enum Source {
        case secret(SymmetricKey)
        /// By the role at the other end.
        case keys(Role, [Role: SymmetricKey])
    }

    private let source: Source

    public init(secret: [UInt8]) { source = .secret(SymmetricKey(data: secret)) }

    /// Reads what ``derived(for:)`` has written.
    /// - Returns: `nil` if it is not that.
    public init?(derived text: Secret) {
        let parts = text.value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] + ":" == Self.derivedPrefix, let role = Role(rawValue: String(parts[1])) else { return nil }
        var keys: [Role: SymmetricKey] = [:]
        for entry in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
            let pair = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let peer = Role(rawValue: String(pair[0])), let key = Self.key(pair[1]), keys[peer] == nil else { return nil }
            keys[peer] = key
        }
        guard Set(keys.keys) == Set(Link.all.compactMap { $0.peer(of: role) }) else { return nil }
        source = .keys(role, keys)
    }

    /// The only role that it proves; `nil`: any.
    public var role: Role? { if case .keys(let role, _) = source { role } else { nil } }

    /// The keys of one role as a text of one line, for a process that is to have no more than these.
    /// - Returns: `nil` if this credential is itself of one role.
    public func derived(for role: Role) -> Secret? {
        guard case .secret = source else { return nil }
        let keys = Link.all.compactMap { link in
            link.peer(of: role).flatMap { peer in key(of: link).map { "\(peer)=\($0.withUnsafeBytes { Hexadecimal.text($0) })" } }
        }
        return Secret(Self.derivedPrefix + "\(role):" + keys.sorted().joined(separator: ","))
    }

    /// A key that all gateways of the cluster have, whether they hold its secret or their role's keys, and besides them only schedulers.
    /// - Parameter use: what the key is for; each has a key of its own.
    /// - Returns: `nil` for a credential of another role.
    public func gatewayKey(for use: String) -> SymmetricKey? {
        key(of: Link(connecting: .gateway, accepting: .scheduler)).map { LinkKeys.derive(from: $0, use) }
    }

    /// What the two ends of a connection share.
    /// - Returns: `nil` where this credential holds nothing for it.
    func keys(of link: Link) -> LinkKeys? { key(of: link).map(LinkKeys.init) }

    private func key(of link: Link) -> SymmetricKey? {
        switch source {
        case .secret(let secret): LinkKeys.derive(from: secret, "\(link.connecting) to \(link.accepting)")
        case .keys(let role, let keys): link.peer(of: role).flatMap { keys[$0] }
        }
    }

    private static func key(_ text: Substring) -> SymmetricKey? {
        guard text.utf8.count == 2 * LinkKeys.bytes else { return nil }
        return Hexadecimal.bytes(text.utf8).map { SymmetricKey(data: $0) }
    }
}
