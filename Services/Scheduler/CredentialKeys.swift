import Logging
import Metrics
import Sealing
import ServiceLifecycle
import Storage
import TaskFiles

/// Looks after the keys that credentials are sealed with: reads their file again, and seals what is stored with the newest one, a
/// little at a time, so that older ones can be taken out of the file.
struct CredentialKeys: Service, CustomStringConvertible {
    /// Between two looks at the file, which is read when two have shown it changed and at rest.
    static let interval = Duration.seconds(5)
    /// Reminders that the store looks at in one turn.
    static let rows = 500
    /// While there is more, others have at least half of the store's writing thread.
    static let pace = Pace(ofTurn: 1)
    /// Between two lines in the log about how far it is.
    static let reportInterval = Duration.seconds(10)

    let sealer: Sealer
    let store: any Store
    let logger: Logger
    /// Between two looks at the file.
    var interval = CredentialKeys.interval
    private let measures = ResealMetrics()

    init(_ sealer: Sealer, store: any Store, logger: Logger, interval: Duration = CredentialKeys.interval) {
        self.sealer = sealer
        self.store = store
        self.logger = logger
        self.interval = interval
    }

    var description: String { "keys of credentials" }

    /// Whether strands may come of which not all is sealed with the newest key.
    private var mayHaveMore: Bool { type(of: store).strands.count > 1 }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var look = Look(self)
            while true { try await Task.sleep(for: await look.turn()) }
        }
    }

    /// What has been seen of the file, and how far the store is.
    private struct Look {
        let keys: CredentialKeys
        /// Credentials that no key opens, when all others were sealed with the newest; `nil`: they are not yet.
        private var unreadable: Int?
        private var file = SettledLook<FileStamp?>()
        private var fault: String?
        private var reported = ContinuousClock.now
        private var readAt: ContinuousClock.Instant?
        private var resealed = 0

        init(_ keys: CredentialKeys) { self.keys = keys }

        /// - Returns: how long to wait for the next.
        mutating func turn() async -> Duration {
            if readAt.map({ .now - $0 >= keys.interval }) ?? true {
                readAt = .now
                read()
            }
            guard unreadable == nil || keys.mayHaveMore else { return keys.interval }
            let began = ContinuousClock.now
            guard let progress = await keys.page() else { return keys.interval }
            if !progress.isDone || progress.unreadable != unreadable { report(progress) }
            return progress.isDone ? keys.interval : CredentialKeys.pace.pause(after: .now - began)
        }

        private mutating func read() {
            let stamp = FileStamp(of: keys.sealer.path)
            guard file.isDue(stamp) else { return }
            do throws(SealingError) {
                if try keys.sealer.reload() {
                    unreadable = nil
                    resealed = 0
                    keys.logger.notice("another key seals credentials", metadata: ["key": "\(keys.sealer.keyIDs.first ?? "")"])
                }
                fault = nil
                file.settle(stamp)
            } catch {
                guard fault != error.description else { return }
                fault = error.description
                keys.logger.error("the keys of credentials cannot be read again; those known go on", metadata: ["reason": "\(error)"])
            }
        }

        private mutating func report(_ progress: ResealProgress) {
            keys.measures.record(progress)
            resealed += progress.resealed
            unreadable = progress.isDone ? progress.unreadable : nil
            defer { if progress.isDone { resealed = 0 } }
            var details: Logger.Metadata = ["key": "\(keys.sealer.keyIDs.first ?? "")", "resealed": "\(resealed)"]
            if progress.unreadable > 0, progress.isDone {
                details["unreadable"] = "\(progress.unreadable)"
                keys.logger.error("credentials are stored that no key opens; what is due of them is held. Put their key back", metadata: details)
            } else if progress.isDone, resealed > 0 {
                keys.logger.notice("every stored credential is sealed with the newest key; older ones are no longer needed", metadata: details)
            } else if resealed > 0, .now - reported >= CredentialKeys.reportInterval {
                reported = .now
                details["looked"] = "\(progress.looked) of \(progress.all)"
                keys.logger.info("sealing stored credentials with the newest key", metadata: details)
            }
        }
    }

    /// - Returns: `nil` where the store could not do it now.
    func page() async -> ResealProgress? {
        let request = Resealing(sealer, rows: Self.rows)
        do {
            return try await answer { store.reseal(request, completion: $0) }
        } catch {
            logger.warning("could not seal credentials anew", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}

extension Resealing {
    /// To what this sealer's newest key seals.
    init(_ sealer: Sealer, rows: Int) {
        self.init(prefix: sealer.prefix, rows: rows) { id, sealed in
            guard let plain = try? sealer.open(sealed, for: id.bytes) else { return nil }
            return try? sealer.seal(plain, for: id.bytes)
        }
    }
}

/// What is shown of it.
private struct ResealMetrics: Sendable {
    private let resealed = Counter(label: "scheduler_resealed_credentials")
    private let unreadable = Gauge(label: "scheduler_unreadable_credentials")
    private let isUnderWay = Gauge(label: "scheduler_resealing")

    func record(_ progress: ResealProgress) {
        resealed.increment(by: progress.resealed)
        unreadable.record(progress.unreadable)
        isUnderWay.record(progress.isDone ? 0 : 1)
    }
}
