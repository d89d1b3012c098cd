import Sealing
import SQLiteStore
import Storage
import TaskOperations

/// `scheduler --reseal`: sees to it that everything stored is sealed with the newest key, and says which keys are no longer used.
///
/// A scheduler that runs does it by itself, and this waits for it; where none does, it is done here.
struct Reseal {
    static let command = ServiceCommand<SchedulerSettings>(
        "--reseal",
        help: "it has every stored credential sealed with the first of the keys, also while the scheduler runs, says which keys are "
            + "no longer used then, and ends."
    ) { settings, _, say in
        switch settings.store.value {
        case .sqlite(let path):
            return try await Reseal(path: path, keyFile: settings.sealKeyFile?.value ?? Sealer.keyFile(beside: path)).run(say)
        case .postgres:
            throw StartError(
                settings.store.fault("which a scheduler that runs seals anew by itself. Start it, and wait until scheduler_resealing is 0"))
        }
    }

    /// Between two looks at how far a scheduler is that runs.
    static let interval = Duration.seconds(1)
    /// How long a scheduler that runs may seal none.
    static let patience = Duration.seconds(60)
    /// Reminders that are looked at in one transaction where there is no scheduler to be held up.
    static let rows = 5_000

    private let path: String, keyFile: String
    private let sealer: Sealer

    init(path: String, keyFile: String) throws(StartError) {
        self.path = path
        self.keyFile = keyFile
        do throws(SealingError) { sealer = try Sealer(keyFile: keyFile) } catch { throw StartError("\(error)") }
    }

    /// - Parameter say: shows a line about how far it is.
    /// - Returns: what it came to, in a line.
    func run(_ say: (String) -> Void) async throws(StartError) -> String {
        if try count().left > 0 {
            do throws(StoreError) { try await sealHere(say) } catch {
                guard case .inUse = error else { throw StartError("not every credential was sealed anew: \(error.reason)") }
                try await waitForScheduler(say)
            }
        }
        return try end(try count())
    }

    private func sealHere(_ say: (String) -> Void) async throws(StoreError) {
        let store = try SQLiteStore(path: path) { _ in }
        let result: Result<Void, StoreError>
        do {
            try await seal(store, say)
            result = .success(())
        } catch { result = .failure(error) }
        await store.close()
        try result.get()
    }

    private func seal(_ store: some Store, _ say: (String) -> Void) async throws(StoreError) {
        var told = ContinuousClock.now
        while true {
            let progress = try await answer { store.reseal(Resealing(sealer, rows: Self.rows), completion: $0) }
            if progress.isDone { return }
            if .now - told >= Self.interval {
                told = .now
                say("looked at \(progress.looked) of \(progress.all) reminders")
            }
        }
    }

    private func waitForScheduler(_ say: (String) -> Void) async throws(StartError) {
        var left = try count().left, since = ContinuousClock.now
        say("a scheduler uses the store, and seals them: \(left) left")
        while left > 0 {
            do { try await Task.sleep(for: Self.interval) } catch { throw StartError("not every credential was sealed anew: cancelled") }
            let now = try count().left
            if now < left {
                left = now
                since = .now
                say("\(left) left")
            }
            guard .now - since < Self.patience else {
                throw StartError(
                    "the scheduler that uses the store has sealed none of \(left) credentials for \(Self.patience.components.seconds) s. See "
                        + "its log, and whether it reads \(keyFile)")
            }
        }
    }

    // MARK: What there is

    private struct Count {
        /// By the key's id.
        var sealed: [String: Int] = [:]
        /// Sealed otherwise than the newest key seals, with a key of the file.
        var left = 0
    }

    private func count() throws(StartError) -> Count {
        let census: CredentialCensus
        do throws(StoreError) { census = try CredentialCensus.take(of: path, prefix: Sealer.prefixBytes) } catch {
            throw StartError(error.reason)
        }
        var count = Count()
        let known = sealer.keyIDs, newest = sealer.prefix
        for (prefix, credentials) in census.credentials {
            let id = Sealer.keyID(of: prefix) ?? "unknown"
            count.sealed[id, default: 0] += credentials
            if prefix != newest, known.contains(id) { count.left += credentials }
        }
        return count
    }

    private func end(_ count: Count) throws(StartError) -> String {
        let ids = sealer.keyIDs, newest = ids.first ?? ""
        let foreign = count.sealed.filter { !ids.contains($0.key) }.sorted { $0.key < $1.key }
        if !foreign.isEmpty {
            let list = foreign.map { "\($0.value) with \($0.key)" }.joined(separator: ", ")
            throw StartError("credentials are stored that no key in \(keyFile) opens: \(list). Put that key back into it, after the others, and repeat")
        }
        if count.left > 0 {
            throw StartError(
                "\(count.left) credentials cannot be opened although their key is in \(keyFile): they were damaged. Whoever created them has to set others")
        }
        let unused = ids.dropFirst()
        let rest = unused.isEmpty ? "" : "; no longer used, so take them out of \(keyFile): \(unused.joined(separator: ", "))"
        return "\(count.sealed[newest] ?? 0) stored credentials, all sealed with the key \(newest)\(rest)"
    }
}
