import CoreMetrics
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle

/// The version of this build of all services.
public enum Build {
    public static let version = "1.0.0"
}

/// What a service is wired together from: its settings, and what every service has.
public struct ServiceStart<Settings: ServiceSettings>: Sendable {
    /// `gateway`, `scheduler`, `worker` or `notifier`.
    public let name: String
    public let version: String
    public let settings: Settings
    public let common: CommonSettings
    public let logger: Logger
    public let metrics: MetricsRegistry
    /// Has a check `start`, which is well once the parts are wired. Announce others with `expect`.
    public let readiness: Readiness
}

/// The whole life of a service's process.
///
/// ```swift
/// @main enum Notifier {
///     static func main() async {
///         await ServiceMain.run(name: "notifier", settings: NotifierSettings.self) { service in
///             let engine = try DeliveryEngine(service.settings.delivery)
///             let server = Server(listen: service.settings.listen, engine)
///             return [
///                 service.opsServer(listen: service.settings.opsListen),   // stopped last
///                 Part("delivery", stop: { await engine.drain() }),
///                 Part("server", start: { try await server.start() }, stop: { await server.drain() }),   // stopped first
///             ]
///         }
///     }
/// }
/// ```
///
/// What it does: keeps the process's memory out of core files, reads the settings (a bad one ends the start with one line on standard error and ``ExitCode/usage``),
/// sets up logging and metrics, ignores SIGPIPE, may open as many files as the system lets it, has the parts wired, and runs them
/// under the supervision of SIGTERM and SIGINT. An error while the parts are wired, and a part's ``StartError``, is one line on
/// standard error and ``ExitCode/failure``. See ``ExitCode`` for the others.
public enum ServiceMain {
    /// How long everything begun may take to finish after SIGTERM or SIGINT. What runs on is then cancelled.
    public static let drainLimit: Duration = .seconds(10)
    /// How long what was cancelled may take before the process ends without it.
    static let cancelLimit: Duration = .seconds(2)

    /// - Parameters:
    ///   - commands: what the program can do beside running the service.
    ///   - wire: builds the parts. The last one is stopped first.
    public static func run<Settings: ServiceSettings>(
        name: String, version: String = Build.version, settings: Settings.Type, commands: [ServiceCommand<Settings>] = [],
        _ wire: @Sendable (ServiceStart<Settings>) async throws -> [any Service]
    ) async -> Never {
        // Before any secret is read.
        let exposure = ProcessMemory.forbidDumps()
        let start: CommandLineStart<Settings>
        do throws(ConfigurationError) {
            start = try .read(
                service: name, version: version, arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
                commands: commands)
        } catch {
            say(name, "\(error)")
            exit(ExitCode.usage)
        }
        switch start {
        case .print(let text):
            LogOutput(descriptor: STDOUT_FILENO).write(Array((text + "\n").utf8))
            exit(ExitCode.success)
        case .checkHealth(let ops):
            let result = HealthCheck.run(ops)
            LogOutput(descriptor: STDOUT_FILENO).write(Array((result.line + "\n").utf8))
            exit(result.code)
        case .command(let command, let arguments, let settings):
            exit(await carryOut(command, arguments, settings, name))
        case .run(let settings, let common):
            let service = bootstrap(name, version, settings, common)
            if let exposure { service.logger.warning("a crash may leave secrets in a core file", metadata: ["reason": "\(exposure)"]) }
            exit(await run(service, wire))
        }
    }

    private static func carryOut<Settings>(
        _ command: ServiceCommand<Settings>, _ arguments: [String], _ settings: Settings, _ name: String
    ) async -> Int32 {
        do {
            let result = try await command.run(settings, arguments) { say(name, $0) }
            let end = OneLine.escaping(command.isBare ? result : "\(name): \(result)", limit: 2 * ConfigurationError.maxBytes)
            LogOutput(descriptor: STDOUT_FILENO).write(Array((end + "\n").utf8))
            return ExitCode.success
        } catch {
            say(name, "\(error)")
            return ExitCode.failure
        }
    }

    private static func bootstrap<Settings>(
        _ name: String, _ version: String, _ settings: Settings, _ common: CommonSettings
    ) -> ServiceStart<Settings> {
        // A peer that went away must show as an error of the write, not end the process.
        signal(SIGPIPE, SIG_IGN)
        OpenFiles.raiseLimit()
        LoggingSystem.bootstrap { label in
            ServiceLogHandler(service: name, label: label, level: common.logLevel, format: common.logFormat)
        }
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        return ServiceStart(
            name: name, version: version, settings: settings, common: common, logger: Logger(label: name), metrics: metrics,
            readiness: Readiness(expecting: "start"))
    }

    /// - Returns: an ``ExitCode``.
    static func run<Settings>(
        _ service: ServiceStart<Settings>, _ wire: @Sendable (ServiceStart<Settings>) async throws -> [any Service]
    ) async -> Int32 {
        service.logger.notice("starting", metadata: ["version": "\(service.version)", "pid": "\(getpid())"])
        let parts: [any Service]
        do { parts = try await wire(service) } catch let error as ConfigurationError {
            say(service.name, "\(error)")
            return ExitCode.usage
        } catch let error as StartError {
            say(service.name, "\(error)")
            return ExitCode.failure
        } catch is StoppedAtStart {
            service.logger.notice("stopped")
            return ExitCode.success
        } catch {
            say(service.name, "cannot start: \(error)")
            return ExitCode.failure
        }
        service.readiness.set("start", .ok)
        return await Supervisor(logger: service.logger, readiness: service.readiness, say: { say(service.name, $0) }).run(parts)
    }

    /// One line on standard error, whatever the log format: it may not be known yet.
    private static func say(_ name: String, _ message: String) {
        let line = OneLine.escaping("\(name): \(message)", limit: 2 * ConfigurationError.maxBytes)
        LogOutput.standardError.write(Array((line + "\n").utf8))
    }
}
