import TaskDomain

/// What the command line, the environment and the file ask a service to do.
public enum CommandLineStart<Settings: ServiceSettings>: Sendable {
    case run(Settings, CommonSettings)
    /// Print this on standard output and end well: the answer to `--help` and `--version`.
    case print(String)
    /// Ask the service that runs with these settings whether it is ready: the answer to `--check-health`.
    case checkHealth(Endpoint)
    /// Do this with the arguments given, and end.
    case command(ServiceCommand<Settings>, arguments: [String], Settings)

    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - commands: what the program can do beside running the service.
    /// - Throws: the first fault found.
    public static func read(
        service: String, version: String, arguments: [String], environment: [String: String], commands: [ServiceCommand<Settings>] = []
    ) throws(ConfigurationError) -> Self {
        let counts = Dictionary(commands.map { ($0.flag, $0.arguments.count) }) { one, _ in one }.filter { $0.value > 1 }
        // Help is shown whatever else is wrong with the command line.
        if arguments.contains(CommandLineFlags.help) || arguments.contains("-h") {
            let sources = (try? SettingSources(arguments: arguments, counts: counts, environment: environment)) ?? SettingSources(environment: environment)
            return .print(SettingsHelp.text(service: service, commands, read(sources).reader.declared))
        }
        let sources = try SettingSources(arguments: arguments, counts: counts, environment: environment)
        if sources.commandLine.asksForVersion { return .print("\(service) \(version)") }
        let (settings, common, reader) = read(sources)
        try refuseUnknownNames(sources, reader.declared, commands, service)
        // What is wrong with other settings is the running service's to say.
        if sources.commandLine.asksForHealth { return .checkHealth(settings.opsListen.value) }
        if let fault = reader.faults.first { throw fault }
        for command in commands {
            guard let values = sources.commandLine.values[command.flag] else { continue }
            return .command(command, arguments: try command.arguments(given: values), settings)
        }
        return .run(settings, common)
    }

    private static func read(_ sources: SettingSources) -> (settings: Settings, common: CommonSettings, reader: SettingsReader) {
        // The service's own settings come first in the help, but the common ones are read first.
        var commonReader = SettingsReader(sources)
        let common = CommonSettings(&commonReader)
        var reader = SettingsReader(sources)
        let settings = Settings(&reader, common: common)
        reader.append(commonReader)
        return (settings, common, reader)
    }

    private static func refuseUnknownNames(
        _ sources: SettingSources, _ declared: [SettingsReader.Declared], _ commands: [ServiceCommand<Settings>], _ service: String
    ) throws(ConfigurationError) {
        let flags = declared.map(\.flag) + commands.map(\.flag)
            + [CommandLineFlags.config, CommandLineFlags.help, CommandLineFlags.version, CommandLineFlags.checkHealth]
        if let unknown = sources.commandLine.flags.first(where: { !flags.contains($0) }) {
            throw ConfigurationError("\(unknown) is not a flag of \(service)\(Spelling.hint(unknown, among: flags)); --help lists them")
        }
        guard let file = sources.file else { return }
        let names = declared.map(\.name)
        let unknown = file.entries.filter { !names.contains($0.key) }.min { $0.value.line < $1.value.line }
        if let (name, entry) = unknown {
            throw ConfigurationError(
                "\(file.path) line \(entry.line): \(name) is not a setting of \(service)\(Spelling.hint(name, among: names)); --help lists them")
        }
    }
}

/// The answer to `--help`.
enum SettingsHelp {
    static func text<Settings>(
        service: String, _ commands: [ServiceCommand<Settings>], _ settings: [SettingsReader.Declared]
    ) -> String {
        let others = commands.map { " [\($0.usage)]" }.joined()
        var lines = [
            "usage: \(service) [--check-health]\(others) [--config FILE] [--name value | --name=value]…", "",
            "Flags win over environment variables, and those over the file's lines NAME=value. Secrets are no flags.",
            "With --check-health it asks the service of these settings whether it is ready: exit code 0 if so, 1 if not.",
        ]
        lines += commands.map { "With \($0.usage) \($0.help)" } + [""]
        for setting in settings {
            lines.append(setting.isSecret ? "  \(setting.name)" : "  \(setting.name), \(setting.flag)")
            lines.append("      \(setting.help)")
            lines.append("      \(setting.expected)")
            lines.append("      \(fallback(of: setting)); now \(setting.origin.map(\.description) ?? "not set")")
        }
        return lines.joined(separator: "\n")
    }

    private static func fallback(of setting: SettingsReader.Declared) -> String {
        guard let fallback = setting.fallback else { return setting.isRequired ? "required" : "no default" }
        return "default \(setting.isSecret ? Secret.placeholder : fallback)"
    }
}

/// Suggestions for mistyped names.
enum Spelling {
    /// Longer names are not compared.
    private static let maxBytes = 64

    /// `; did you mean X?`, or nothing if no candidate is near.
    static func hint(_ name: String, among candidates: [String]) -> String {
        guard name.utf8.count <= maxBytes else { return "" }
        let distances = candidates.map { (name: $0, edits: edits(from: name, to: $0)) }
        guard let best = distances.min(by: { $0.edits < $1.edits }), best.edits <= max(2, name.utf8.count / 3) else { return "" }
        return ", did you mean \(best.name)?"
    }

    /// Levenshtein's distance in bytes.
    private static func edits(from one: String, to other: String) -> Int {
        let one = Array(one.utf8), other = Array(other.utf8)
        var row = Array(0...other.count)
        for (i, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, candidate) in other.enumerated() {
                let replaced = diagonal + (byte == candidate ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
