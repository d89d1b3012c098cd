import CPostgres
import Storage

/// Where a database is, and who uses it.
public struct PostgresAddress: Sendable, Hashable, CustomStringConvertible {
    private let conninfo: String
    /// `nil`: the one that libpq finds (`PGPASSFILE`), if any.
    public var password: String?
    /// A password stands in the string itself, where whoever sees it sees that, too.
    public let holdsPassword: Bool
    let servers: ServerHosts
    /// User, host and database, without a password.
    public let description: String

    /// - Parameters:
    ///   - conninfo: a connection string as libpq takes it, such as `postgres://user@host/database`.
    ///   - password: `nil`: the one that libpq finds (`PGPASSFILE`), if any.
    /// - Throws: `.unusable` where it is no such string.
    public init(_ conninfo: String, password: String? = nil) throws(StoreError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw .unusable("not a connection string of PostgreSQL (\(reason.split(separator: "\n").joined()))")
        }
        defer { PQconninfoFree(options) }
        var parts: [String: String] = [:], option = options, holdsPassword = false
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parts[String(cString: keyword)] = String(cString: value)
                // What libpq shows as asterisks.
                if let mark = option.pointee.dispchar, mark.pointee == 42 { holdsPassword = true }
            }
            option += 1
        }
        self.holdsPassword = holdsPassword
        self.conninfo = conninfo
        self.password = password
        servers = ServerHosts(parts)
        let user = parts["user"].map { $0 + "@" } ?? ""
        description = "postgres://\(user)\(parts["host"] ?? parts["hostaddr"] ?? "")/\(parts["dbname"] ?? "")"
    }

    /// Begins to connect to one of the servers.
    func start(_ server: ServerHosts.Host) -> OpaquePointer? {
        // What comes later counts more.
        var settings = [
            ("application_name", "task-scheduler"), ("tcp_user_timeout", "3000"), ("keepalives_idle", "2"),
            ("target_session_attrs", "read-write"), ("dbname", conninfo), ("client_encoding", "UTF8"),
        ] + server.map { ($0.key, $0.value) }
        if let password { settings.append(("password", password)) }
        let keywords = settings.map { strings($0.0) }, values = settings.map { strings($0.1) }
        defer { for string in keywords + values { string.deallocate() } }
        return PQconnectStartParams(
            keywords.map { UnsafePointer($0) as UnsafePointer<CChar>? } + [nil], values.map { UnsafePointer($0) as UnsafePointer<CChar>? } + [nil], 1)
    }

    private func strings(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        return copy
    }
}
