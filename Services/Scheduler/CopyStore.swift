import PostgresStore
import Sealing
import SQLiteStore
import Storage
import TaskOperations

/// `scheduler --copy-store FROM TO`: copies everything from a store to an empty one, of the same kind or another, while no scheduler uses
/// either.
enum CopyStore {
    static let command = ServiceCommand<SchedulerSettings>(
        "--copy-store", arguments: ["FROM", "TO"],
        help: "it copies all of one store to another that is empty, both as SCHEDULER_STORE names one and without a scheduler, and ends: see the README."
    ) { settings, arguments, say in
        let from = try location("FROM", arguments[0]), to = try location("TO", arguments[1])
        guard from != to else { throw StartError("FROM and TO are the same store, \(from)") }
        return try copy(from, to, settings, say)
    }

    /// Between two lines about how far it is.
    private static let interval = Duration.seconds(1)

    private static func location(_ name: String, _ text: String) throws(StartError) -> StoreLocation {
        let type = SettingType<StoreLocation>.store
        if let location = type.parse(text) { return location }
        // It may hold a password, whatever is wrong with it.
        throw StartError("\(name) was \(type.unavailable(text) ?? "no store"); it must be \(type.expected)")
    }

    private static func copy(_ from: StoreLocation, _ to: StoreLocation, _ settings: SchedulerSettings, _ say: (String) -> Void) throws -> String {
        let password = try settings.storePasswordFile?.read()
        do throws(StoreError) {
            let source = try open(from, password)
            let missing = KeyNote(try source.credentials(prefix: Sealer.prefixBytes)).missing(from: keys(of: to, settings) ?? [])
            if !missing.isEmpty {
                throw .unusable(
                    "\(from): its credentials are sealed with keys that a scheduler with \(to) would not have (\(missing.joined(separator: ", "))). "
                        + "Set SEAL_KEY_FILE to the file that holds them, as for that scheduler")
            }
            var told = ContinuousClock.now
            let target = try make(to, password)
            let rows = try StoreCopy.run(from: source, to: target) { table, copied, all in
                guard .now - told >= interval else { return }
                told = .now
                say("\(table.rawValue): copied \(copied) of \(all)")
            }
            let counts = CopiedTable.allCases.map { "\(rows[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
            return "\(to): \(counts), as in \(from)"
        } catch {
            throw StartError("the store was not copied: \(error.reason)")
        }
    }

    private static func open(_ location: StoreLocation, _ password: String?) throws(StoreError) -> any CopySource {
        switch location {
        case .sqlite(let path): return try SQLiteCopySource(path: path)
        case .postgres(var address):
            address.password = password
            return try PostgresCopySource(address)
        }
    }

    private static func make(_ location: StoreLocation, _ password: String?) throws(StoreError) -> any CopyTarget {
        switch location {
        case .sqlite(let path): return try SQLiteCopyTarget(path: path)
        case .postgres(var address):
            address.password = password
            return try PostgresCopyTarget(address)
        }
    }

    /// The ids of the keys that a scheduler with that store would have; `nil`: it has none yet.
    private static func keys(of store: StoreLocation, _ settings: SchedulerSettings) -> [String]? {
        guard let path = settings.sealKeyFile?.value ?? Sealer.keyFile(beside: store) else { return nil }
        return try? Sealer(keyFile: path).keyIDs
    }
}
