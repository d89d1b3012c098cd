import Glibc
import Sealing
import SQLiteStore
import Storage
import TaskFiles
import TaskOperations

/// `scheduler --backup FILE`: copies the store while the scheduler runs, and writes beside it, to FILE.key-id, which keys its
/// credentials are sealed with. The keys themselves are not copied.
enum Backup {
    static let command = ServiceCommand<SchedulerSettings>(
        "--backup", "FILE",
        help: "it copies the store of these settings to a new file, also while the scheduler runs, and ends: see the README."
    ) { settings, file, say in
        switch settings.store.value {
        case .sqlite(let path): return try copy(path, to: file, keys: keys(settings), say)
        case .postgres:
            throw StartError(
                settings.store.fault("which this does not copy. Back it up as any database of PostgreSQL: pg_dump, or pg_basebackup and its archive"))
        }
    }

    /// Between two lines about how far it is.
    private static let interval = Duration.seconds(1)

    private static func copy(_ store: String, to file: String, keys: [String]?, _ say: (String) -> Void) throws -> String {
        let note = file + ".key-id"
        guard access(note, F_OK) != 0 else { throw StartError("\(note): there is a file of that name. Name another for the backup, or move it away") }
        var told = ContinuousClock.now
        let summary: SQLiteBackup.Summary
        do throws(StoreError) {
            summary = try SQLiteBackup(of: store, to: file).run(credentialPrefix: Sealer.prefixBytes) { copied, total in
                guard .now - told >= interval else { return }
                told = .now
                say("copied \(megabytes(copied)) of \(megabytes(total)) (\(total == 0 ? 100 : 100 * copied / total) %)")
            }
        } catch {
            throw StartError("no backup was made: \(error.reason)")
        }
        try KeyNote(summary.credentials).write(to: note)
        let missing = KeyNote(summary.credentials).missing(from: keys ?? [])
        if keys != nil, !missing.isEmpty {
            say("no key of these settings has the id \(missing.joined(separator: ", ")): credentials sealed with it cannot be read again")
        }
        return "\(file): \(summary.reminders) reminders, \(megabytes(summary.bytes)), checked; keep the keys named in \(note) apart from it"
    }

    /// The ids of the keys that the settings name; `nil` where this user may not read them.
    private static func keys(_ settings: SchedulerSettings) -> [String]? {
        guard let path = settings.sealKeyFile?.value ?? Sealer.keyFile(beside: settings.store.value) else { return nil }
        return try? Sealer(keyFile: path).keyIDs
    }

    private static func megabytes(_ bytes: Int64) -> String { "\((bytes + 524_288) >> 20) MiB" }
}

/// The file beside a backup that says which keys its credentials need: a line `id count` for each.
struct KeyNote {
    private let counts: [String: Int]

    /// - Parameter credentials: how many begin with these bytes.
    init(_ credentials: [[UInt8]: Int]) {
        var counts: [String: Int] = [:]
        for (prefix, count) in credentials { counts[Sealer.keyID(of: prefix) ?? "unknown", default: 0] += count }
        self.counts = counts
    }

    var text: String {
        let lines = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return (["# keys (id, credentials sealed with it) that this backup needs beside it"] + lines).joined(separator: "\n") + "\n"
    }

    /// The keys that are not among these.
    func missing(from ids: [String]) -> [String] { counts.keys.filter { !ids.contains($0) }.sorted() }


    func write(to path: String) throws {
        let isMade: Bool
        do throws(FileFailure) { isMade = try SecretFile.create(path, Array(text.utf8)) } catch {
            throw StartError("\(path): cannot be made (\(error.reason))")
        }
        guard isMade else { throw StartError("\(path): there is a file of that name") }
    }
}
