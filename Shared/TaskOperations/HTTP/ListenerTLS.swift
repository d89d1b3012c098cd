import Logging
public import NIOCore
import NIOSSL
public import ServiceLifecycle
import Synchronization
import TaskFiles

/// TLS of a listener, with the certificate and the key that two settings' files hold. New connections have what was read last.
public final class ListenerTLS: Sendable {
    /// What is spoken inside, as it is offered to peers (ALPN), the preferred first.
    private static let protocols = ["h2", "http/1.1"]

    fileprivate let certificate: Setting<String>, key: Setting<String>
    private let context: Mutex<NIOSSLContext>

    /// - Throws: an error that names the setting whose file cannot be used.
    public init(certificate: Setting<String>, key: Setting<String>) throws(ConfigurationError) {
        self.certificate = certificate
        self.key = key
        context = Mutex(try Self.context(certificate, key))
    }

    /// Makes a connection that was accepted one of TLS. Called on its event loop, before its other handlers are there.
    public func begin(on channel: any Channel) throws {
        let context = context.withLock { $0 }
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    }

    /// Reads both files again. What they held stays in use where they cannot be used.
    func readAgain() throws(ConfigurationError) {
        let fresh = try Self.context(certificate, key)
        context.withLock { $0 = fresh }
    }

    private static func context(_ certificate: Setting<String>, _ key: Setting<String>) throws(ConfigurationError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try certificate.readCertificates().map { .certificate($0) }, privateKey: .privateKey(try key.readPrivateKey()))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw ConfigurationError(
                key.fault("which does not go with the certificate in \(certificate) (\(error)); it must be that certificate's key"))
        }
    }
}

/// Reads a listener's certificate and key again when their files have changed, and says so: in the log, and as a check of the service.
public struct ListenerTLSReload: Service, CustomStringConvertible {
    static let interval = Duration.seconds(1)
    /// The check's name.
    static let check = "certificate"

    private let tls: ListenerTLS
    private let readiness: Readiness
    private let logger: Logger
    private let interval: Duration

    public init(_ tls: ListenerTLS, readiness: Readiness, logger: Logger) {
        self.init(tls, readiness: readiness, logger: logger, interval: Self.interval)
    }

    init(_ tls: ListenerTLS, readiness: Readiness, logger: Logger, interval: Duration) {
        self.tls = tls
        self.readiness = readiness
        self.logger = logger
        self.interval = interval
    }

    public var description: String { Self.check }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown { [tls, readiness, logger, interval] in
            var watch = ListenerTLSWatch(tls, readiness: readiness, logger: logger)
            while true {
                watch.look()
                try await Task.sleep(for: interval)
            }
        }
    }
}

/// Looks at the two files from time to time, and has them read once they have changed and both come to rest: nobody is half-way through
/// replacing one after the other.
struct ListenerTLSWatch {
    private struct Sight: Hashable {
        let certificate: FileStamp?, key: FileStamp?
    }

    private let tls: ListenerTLS
    private let readiness: Readiness
    private let logger: Logger
    private var looks = SettledLook<Sight>()

    init(_ tls: ListenerTLS, readiness: Readiness, logger: Logger) {
        self.tls = tls
        self.readiness = readiness
        self.logger = logger
    }

    mutating func look() {
        let sight = Sight(certificate: FileStamp(of: tls.certificate.value), key: FileStamp(of: tls.key.value))
        guard looks.isDue(sight) else { return }
        looks.settle(sight)
        do throws(ConfigurationError) {
            try tls.readAgain()
            readiness.set(ListenerTLSReload.check, .ok)
            logger.notice("certificate read", metadata: ["path": "\(tls.certificate)"])
        } catch {
            readiness.set(ListenerTLSReload.check, .notice("not read again, the former one stays in use: \(error)"))
            logger.warning("certificate not read again, the former one stays in use", metadata: ["reason": "\(error)"])
        }
    }
}
