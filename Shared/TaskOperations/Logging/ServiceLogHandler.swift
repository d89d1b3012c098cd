import Logging
import TaskDomain

/// Writes a service's log lines, as text or as JSON, to standard error.
public struct ServiceLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let label: String
    private let format: LogFormat
    private let output: LogOutput
    private let isColoured: Bool
    private let now: @Sendable () -> UnixMilliseconds

    /// - Parameters:
    ///   - service: stands in every line.
    ///   - label: the logger's, which JSON lines have as `logger`.
    public init(service: String, label: String, level: Logger.Level, format: LogFormat, output: LogOutput = .standardError) {
        self.init(service: service, label: label, level: level, format: format, output: output, now: { SystemClock.now })
    }

    /// - Parameter now: unix time in milliseconds.
    init(
        service: String, label: String, level: Logger.Level, format: LogFormat, output: LogOutput,
        now: @escaping @Sendable () -> UnixMilliseconds
    ) {
        self.service = service
        self.label = label
        self.logLevel = level
        self.format = format
        self.output = output
        self.isColoured = output.isTerminal
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = LogLine(
            time: Timestamp.text(now()), level: event.level, service: service, logger: label,
            message: event.message.description, fields: fields(of: event))
        switch format {
        case .text: output.write(line.text(isColoured: isColoured))
        case .json: output.write(line.json())
        }
    }

    /// The nearer to the call, the stronger: the event's own metadata, then the task's, then the logger's.
    private func fields(of event: LogEvent) -> Logger.Metadata {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, nearer in nearer } }
        if let error = event.error { fields["error"] = "\(error)" }
        if let own = event.metadata { fields.merge(own) { _, nearer in nearer } }
        return fields
    }
}
