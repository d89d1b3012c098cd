import Storage

/// A refusal by the server or a lost connection, as its SQLSTATE and its own words.
struct PostgresFailure: Error {
    enum Kind: Equatable {
        /// The server refused a statement.
        case refused(state: String)
        /// There is no connection (any more).
        case connection
        /// What is asked was not answered in the time that it has, with all its statements.
        case late
        /// The server has committed, and does not wait any longer for its synchronous replica, which may lack that when it takes over.
        case unconfirmed
        /// What the server answered is not what was asked for.
        case protocolViolation
    }

    let kind: Kind
    let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message.split(whereSeparator: \.isNewline).map { $0.trimming }.joined(separator: "; ")
    }

    private var state: String { if case .refused(let state) = kind { state } else { "" } }

    /// Whether one statement's own values were at fault, so that other writes of the same transaction need not fail.
    var concernsOneWrite: Bool { ["22", "23", "54"].contains(state.prefix(2)) && !isFenced }

    /// Whether a commit that came to it may have taken effect, or may not.
    var leavesCommitUnknown: Bool { kind == .connection || kind == .unconfirmed }

    /// The server gives the connection up.
    var endsConnection: Bool { state.hasPrefix("57P") }

    /// The connection may go on after a rollback.
    var leavesConnectionUsable: Bool {
        guard case .refused(let state) = kind else { return false }
        return !endsConnection && !state.hasPrefix("08") && !isFenced
    }

    /// As the fence's statement fails where another scheduler has taken the shards.
    static let fenced = PostgresFailure(.refused(state: "22012"), "another has had them meanwhile")

    /// Another scheduler has taken the shards, or they have no rows: the fence's statement divides by zero.
    var isFenced: Bool { state == "22012" }

    /// The same in an operator's words.
    /// - Parameter label: the database, without a password.
    func storeError(_ label: String) -> StoreError {
        switch kind {
        case .connection: connectionError(label)
        case .late: .overloaded("\(label): the question took longer than one may. Ask for less, and check whether the server is busy, or hard to reach")
        case .unconfirmed:
            .unavailable(
                "\(label): what was written is on this server, but its synchronous replica may not have it (\(message)). Check the replica; it is tried "
                    + "again by itself")
        case .protocolViolation: .unavailable("\(label): an answer that was not asked for (\(message))")
        case .refused(let state): refusal(state, label)
        }
    }

    private func refusal(_ state: String, _ label: String) -> StoreError {
        switch state {
        case "22012":
            .inUse(
                "\(label): another scheduler has taken this one's reminders over: end one of the two. Where there is no other, rows of the table "
                    + "shards are gone: restore a backup")
        case "53100":
            .unavailable(
                "\(label): no space left on the server's disk (\(message)). Free space there; nothing that was confirmed is lost, and work "
                    + "goes on by itself once there is space")
        case "53300": .unavailable("\(label): the server has no connection left (\(message)). Raise its max_connections")
        case "42501":
            .unusable("\(label): the user may not do that (\(message)). Make it the owner of the database, or of a schema in its search_path")
        case "25006": .unavailable("\(label): the server takes no writes now (\(message)). Connect to the primary")
        case "57014": .overloaded("\(label): the server took too long (\(message)). Ask for less")
        case "42P01", "42703":
            .unusable("\(label): a table is not as this build made it (\(message)). Restore a backup")
        default:
            concernsOneWrite
                ? .unusable("\(label): the values of one write were refused (\(message), SQLSTATE \(state))")
                : .unavailable("\(label): the server refused (\(message), SQLSTATE \(state))")
        }
    }

    private func connectionError(_ label: String) -> StoreError {
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if says("pg_hba.conf", "permission denied", "not permitted to log in") {
            return .unavailable("\(label): the server does not let this user into that database (\(message)). Have its administrator allow it: a line in "
                + "pg_hba.conf for this machine, LOGIN for the user, CONNECT for the database")
        }
        if isReadOnly {
            return .unavailable("\(label): no server takes writes now (\(message)). Promote one, or check default_transaction_read_only; it is "
                + "tried again by itself")
        }
        if says("too many clients", "connection slots") {
            return .unavailable("\(label): the server has no connection left (\(message)). Raise its max_connections")
        }
        if says("password", "authentication") {
            return .unavailable("\(label): the server does not let this user in (\(message)). Check the user, and its password in "
                + "SCHEDULER_STORE_PASSWORD_FILE or PGPASSFILE")
        }
        if says("database \""), says("does not exist") {
            return .unavailable("\(label): there is no such database (\(message)). Create it: createdb")
        }
        if says("role \""), says("does not exist") { return .unavailable("\(label): there is no such user (\(message)). Create it: createuser") }
        return .unavailable("\(label): cannot be reached (\(message)). Check the address, and that the server runs; it is tried again by itself")
    }
}

extension Substring {
    fileprivate var trimming: Substring {
        var text = self
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return text
    }
}
