import Logging
import ServiceLifecycle
import TaskFiles
import TaskOperations

/// Says what becomes of the keys file: in the log, once for every change, and as a check of the service. Requests look at the file
/// themselves (``APIKeys``). Without a keys file it has nothing to do.
struct APIKeyReload: Service, CustomStringConvertible {
    static let interval = Duration.seconds(1)

    let callers: Callers
    let readiness: Readiness
    let logger: Logger
    /// Between two looks at the file.
    var interval = APIKeyReload.interval

    var description: String { "API keys" }

    func run() async throws {
        guard let keys = callers.keys else {
            // A part that ends would end the service.
            try? await gracefulShutdown()
            return
        }
        try? await cancelWhenGracefulShutdown { [callers, readiness, logger, interval] in
            var watch = APIKeyWatch(keys: keys, readiness: readiness, logger: logger, now: callers.now)
            while true {
                watch.look()
                try await Task.sleep(for: interval)
            }
        }
    }
}

/// Looks at the keys file from time to time, and reads it, whatever requests have read of it, once it has changed and come to rest.
/// The first two looks always lead to a reading.
struct APIKeyWatch {
    /// The check's name.
    static let check = "API keys"
    /// How long callers may go without a file of keys that is good before the service is not ready.
    static let patience = Duration.seconds(60)

    private let keys: APIKeys
    private let readiness: Readiness
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant

    private var looks = SettledLook<APIKeyFile.Sight>()
    private var warned: APIKeyFile.Sight?
    /// Why there are no keys from the file, and since when.
    private var trouble: (reason: String, since: ContinuousClock.Instant)?

    init(keys: APIKeys, readiness: Readiness, logger: Logger, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.keys = keys
        self.readiness = readiness
        self.logger = logger
        self.now = now
        readiness.set(Self.check, .ok)
    }

    mutating func look() {
        let sight = keys.file.look()
        if looks.isDue(sight) { take(sight) }
        guard let trouble else { return }
        readiness.set(Self.check, now() - trouble.since >= Self.patience ? .failing(trouble.reason) : .notice(trouble.reason))
    }

    private mutating func take(_ sight: APIKeyFile.Sight) {
        if case .nothing(let reason) = sight {
            fail("cannot be read: \(reason)", sight)
            looks.settle(sight)
            return
        }
        do throws(APIKeyFile.Failure) {
            let contents = try keys.readAgain()
            // Changed since the look: it is not unchanged for long enough.
            guard sight == .file(contents.stamp) else { return }
            looks.settle(sight)
            use(contents, sight)
        } catch {
            fail("\(error)", sight)
            // What the system refuses now it may grant later, without a change to be seen.
            if case .fault = error { looks.settle(sight) }
        }
    }

    private mutating func use(_ contents: APIKeyFile.Contents, _ sight: APIKeyFile.Sight) {
        let path = keys.file.path
        logger.notice("API keys read", metadata: ["path": "\(path)", "keys": "\(contents.keys.count)", "left_out": "\(contents.leftOut)"])
        if let exposure = contents.exposure {
            logger.warning("API keys file is open to others", metadata: ["path": "\(path)", "reason": "\(exposure)"])
        }
        for fault in contents.faults {
            logger.warning("a line of the API keys file is left out", metadata: ["path": "\(path)", "reason": "\(fault)"])
        }
        guard !contents.keys.isEmpty else {
            // Those that were in it are out all the same.
            begin(APIKeyLines.noKey)
            logger.warning("API keys file lets nobody in", metadata: ["path": "\(path)", "reason": "\(APIKeyLines.noKey)"])
            return
        }
        trouble = nil
        warned = nil
        readiness.set(Self.check, contents.leftOut == 0 ? .ok : .notice(Self.leftOut(contents.leftOut)))
    }

    private static func leftOut(_ count: Int) -> String {
        "\(count) \(count == 1 ? "line" : "lines") of the file of GATEWAY_API_KEYS_FILE cannot be read and \(count == 1 ? "is" : "are") left out; the log says which"
    }

    private mutating func fail(_ reason: String, _ sight: APIKeyFile.Sight) {
        begin(reason)
        guard warned != sight else { return }
        warned = sight
        logger.warning(
            "API keys not read again, the former ones stay good",
            metadata: ["path": "\(keys.file.path)", "reason": "\(reason)"])
    }

    private mutating func begin(_ reason: String) {
        trouble = ("the file of GATEWAY_API_KEYS_FILE \(reason)", trouble?.since ?? now())
    }
}
