/// What a process is to its cluster. A connection's keys are made for the roles of its two ends, and what a peer may call follows from
/// its role (``Permissions``).
public enum Role: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case gateway, scheduler, worker, notifier
    /// A program that asks for tasks by itself, without a gateway.
    case client

    public var description: String { rawValue }
}

/// Roles, as a table of what they may do holds them.
public struct RoleSet: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public init(_ role: Role) {
        rawValue =
            switch role {
            case .gateway: 1
            case .scheduler: 2
            case .worker: 4
            case .notifier: 8
            case .client: 16
            }
    }

    public static let gateway = RoleSet(.gateway), worker = RoleSet(.worker), client = RoleSet(.client)

    public func contains(_ role: Role) -> Bool { contains(RoleSet(role)) }

    /// In words: "a gateway or a client".
    var words: String { Role.allCases.filter(contains).map { "a \($0)" }.joined(separator: " or ") }
}
