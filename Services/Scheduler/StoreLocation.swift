import Logging
import PostgresStore
import SQLiteStore
import Storage
import TaskOperations

/// A store as `SCHEDULER_STORE` names it: its kind, and where it is.
enum StoreLocation: Sendable, Hashable, CustomStringConvertible {
    /// A database in one file on a local disk.
    case sqlite(path: String)
    /// A database of a PostgreSQL server.
    case postgres(PostgresAddress)

    /// Shows no password.
    var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let address): "\(address)"
        }
    }
}

extension SettingType where Value == StoreLocation {
    static var store: Self {
        var type = Self(
            expected: "sqlite: and the path of a file, such as sqlite:var/task-scheduler.db, or a connection string of PostgreSQL without a "
                + "password, such as postgres://user@host/database",
            placeholder: .sqlite(path: ""),
            parse: { text in
                if text.hasPrefix("sqlite:") {
                    return SettingType<String>.path.parse(String(text.dropFirst("sqlite:".count))).map { .sqlite(path: $0) }
                }
                guard let address = address(text), !address.holdsPassword else { return nil }
                return .postgres(address)
            })
        // It may hold a password, whatever is wrong with it.
        type.unavailable = { text in
            guard !text.hasPrefix("sqlite:") else { return nil }
            if address(text) != nil { return "an address of PostgreSQL with a password in it" }
            let words = text.lowercased()
            let isMeant = words.hasPrefix("postgres:") || words.hasPrefix("postgresql:") || words.contains("password")
            return isMeant ? "an address of PostgreSQL that libpq does not understand" : nil
        }
        return type
    }

    /// `nil`: it is no connection string.
    private static func address(_ text: String) -> PostgresAddress? {
        // An empty one would mean a server that the environment names.
        guard !text.isEmpty, SettingType<String>.text().parse(text) != nil else { return nil }
        return try? PostgresAddress(text)
    }
}

extension SettingType where Value == PostgresDistribution {
    static var distribution: Self {
        Self(
            expected: PostgresDistribution.allCases.map(\.rawValue).joined(separator: ", "), placeholder: .none,
            parse: { PostgresDistribution(rawValue: $0.lowercased()) })
    }
}

/// A store that is open.
struct OpenStore {
    let store: any Store
    /// What the newest credentials in it begin with, where it keeps that.
    let sealedWith: [UInt8]?
    /// Whether it is this process' still; `nil`: it cannot be another's while it is open.
    var ownership: Ownership?
}

extension StoreLocation {
    /// Opens the store, and makes what is missing of it.
    /// - Parameters:
    ///   - secret: the database's password.
    ///   - distribution: how the database has the tables.
    ///   - deliver: gets completions to call, in order.
    func open(
        secret: String?, _ distribution: PostgresDistribution, _ logger: Logger, deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void
    ) throws(StoreError) -> OpenStore {
        let onFault: @Sendable (String) -> Void = { fault in logger.error("the store reports", metadata: ["fault": "\(fault)"]) }
        let open: OpenStore
        switch self {
        case .sqlite(let path):
            open = OpenStore(store: try SQLiteStore(path: path, deliver: deliver, onFault: onFault), sealedWith: nil)
        case .postgres(let address):
            let store = try PostgresStore(address.with(secret), distribution: distribution, deliver: deliver, onFault: onFault)
            open = OpenStore(store: store, sealedWith: store.sealedWith, ownership: store.ownership)
        }
        logger.info("store opened", metadata: ["store": "\(self)"])
        return open
    }
}

extension Setting where Value == StoreLocation {
    /// Opens the store as `StoreLocation.open` does.
    /// - Parameter password: the file that holds the database's.
    /// - Throws: in words for who set it.
    func open(
        password: StorePasswordFile?, _ distribution: PostgresDistribution, _ logger: Logger, deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void
    ) throws -> OpenStore {
        let secret = try password?.read()
        do throws(StoreError) { return try value.open(secret: secret, distribution, logger, deliver: deliver) } catch { throw StartError(fault("and \(error)")) }
    }
}

extension PostgresAddress {
    func with(_ password: String?) -> PostgresAddress {
        var address = self
        address.password = password
        return address
    }
}
