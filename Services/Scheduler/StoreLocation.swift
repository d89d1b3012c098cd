import Logging
import TaskOperations
import SQLiteStore
import Storage

/// A store as `SCHEDULER_STORE` names it: its kind, and where it is.
enum StoreLocation: Sendable, Hashable, CustomStringConvertible {
    /// A database in one file on a local disk.
    case sqlite(path: String)

    var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        }
    }
}

extension SettingType where Value == StoreLocation {
    static var store: Self {
        var type = Self(
            expected: "sqlite: and the path of a file, such as sqlite:var/task-scheduler.db",
            placeholder: .sqlite(path: ""),
            parse: { text in
                guard text.hasPrefix("sqlite:") else { return nil }
                return SettingType<String>.path.parse(String(text.dropFirst("sqlite:".count))).map { .sqlite(path: $0) }
            })
        type.unavailable = { text in
            let scheme = text.lowercased()
            return scheme.hasPrefix("postgres:") || scheme.hasPrefix("postgresql:") ? "a PostgreSQL database" : nil
        }
        return type
    }
}

extension Setting where Value == StoreLocation {
    /// Opens the store, and makes what is missing of it.
    /// - Parameter deliver: gets completions to call, in order.
    func open(
        _ logger: Logger, deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void
    ) throws(StartError) -> any Store {
        let onFault: @Sendable (String) -> Void = { fault in logger.error("the store reports", metadata: ["fault": "\(fault)"]) }
        let store: any Store
        do throws(StoreError) {
            switch value {
            case .sqlite(let path): store = try SQLiteStore(path: path, deliver: deliver, onFault: onFault)
            }
        } catch {
            throw StartError(fault("and \(error)"))
        }
        logger.info("store opened", metadata: ["store": "\(value)"])
        return store
    }
}
