import Logging
import ServiceLifecycle

/// Reads the keys file again when it has changed. Without a keys file it has nothing to do.
struct APIKeyReload: Service, CustomStringConvertible {
    static let interval = Duration.seconds(1)

    let callers: Callers
    let logger: Logger
    /// Between two looks at the file.
    var interval = APIKeyReload.interval

    var description: String { "API keys" }

    func run() async throws {
        guard let file = callers.keysFile else {
            // A part that ends would end the service.
            try? await gracefulShutdown()
            return
        }
        try? await cancelWhenGracefulShutdown { [callers, logger, interval] in
            var watch = APIKeyWatch(file: file, callers: callers, logger: logger)
            while true {
                watch.look()
                try await Task.sleep(for: interval)
            }
        }
    }
}

/// Looks at the keys file from time to time, and has its keys used when it has changed.
///
/// It is read only once two looks have shown it unchanged: then nobody is half-way through writing it, or through
/// putting another in its place, and every later change shows in its times, however coarse they are. The first two
/// looks always lead to a reading, since the file may have changed after the start had read it.
///
/// Whatever is wrong with it is logged once, and the former keys stay good until it is mended.
struct APIKeyWatch {
    let file: APIKeyFile
    let callers: Callers
    let logger: Logger

    private var last: APIKeyFile.Sight?
    /// What needs nothing more done about it.
    private var settled: APIKeyFile.Sight?
    private var warned: APIKeyFile.Sight?

    init(file: APIKeyFile, callers: Callers, logger: Logger) {
        self.file = file
        self.callers = callers
        self.logger = logger
    }

    mutating func look() {
        let sight = file.look()
        defer { last = sight }
        guard sight == last, sight != settled else { return }
        switch sight {
        case .nothing(let reason):
            warn("cannot be read: \(reason)", sight)
            settled = sight
        case .file(let stamp): read(stamp)
        }
    }

    private mutating func read(_ stamp: APIKeyFile.Stamp) {
        let sight = APIKeyFile.Sight.file(stamp)
        do throws(APIKeyFile.Failure) {
            let contents = try file.read()
            // Changed since the look: it is not unchanged for long enough.
            guard contents.stamp == stamp else { return }
            callers.use(contents.keys)
            settled = sight
            warned = nil
            logger.notice("API keys read", metadata: ["path": "\(file.path)", "keys": "\(contents.keys.count)"])
            if let exposure = contents.exposure {
                logger.warning(
                    "API keys file is open to others", metadata: ["path": "\(file.path)", "reason": "\(exposure)"])
            }
        } catch {
            warn("\(error)", sight)
            // What the system refuses now it may grant later, without a change to be seen.
            if case .fault = error { settled = sight }
        }
    }

    private mutating func warn(_ reason: String, _ sight: APIKeyFile.Sight) {
        guard warned != sight else { return }
        warned = sight
        logger.warning(
            "API keys not read again, the former ones stay good",
            metadata: ["path": "\(file.path)", "reason": "\(reason)"])
    }
}
