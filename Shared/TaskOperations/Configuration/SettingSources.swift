/// Where settings come from, each as text: flags win over the environment, the environment over the file.
struct SettingSources: Sendable {
    /// Where a value was found.
    enum Origin: Sendable, Hashable, CustomStringConvertible {
        case flag(String), environment, file(path: String, line: Int), fallback

        var description: String {
            switch self {
            case .flag(let flag): "from \(flag)"
            case .environment: "from the environment"
            case .file(let path, let line): "from \(path) line \(line)"
            case .fallback: "by default"
            }
        }
    }

    enum Lookup: Sendable {
        case absent
        /// A flag without a value.
        case bare(flag: String)
        case text(String, Origin)
    }

    let commandLine: CommandLineFlags
    let environment: [String: String]
    let file: ConfigurationFile?

    /// Reads the file named by `--config`, if there is one.
    /// - Parameter counts: of the flags that take more than one value, how many.
    init(arguments: [String], counts: [String: Int] = [:], environment: [String: String]) throws(ConfigurationError) {
        commandLine = try CommandLineFlags(arguments, counts: counts)
        self.environment = environment
        file = try commandLine.configurationFile.map { (path) throws(ConfigurationError) in try ConfigurationFile(path: path) }
    }

    /// Without flags and file, for showing help when those are at fault.
    init(environment: [String: String]) {
        commandLine = CommandLineFlags()
        self.environment = environment
        file = nil
    }

    /// An empty value in the environment or the file counts as absent: that is what `NAME=${NAME:-}` leaves behind.
    func lookup(_ name: String) -> Lookup {
        let flag = Self.flag(of: name)
        switch commandLine.values[flag] {
        case let values?: return values.first.map { .text($0, .flag(flag)) } ?? .bare(flag: flag)
        case nil: break
        }
        if let text = environment[name], !text.isEmpty { return .text(text, .environment) }
        if let file, let entry = file.entries[name], !entry.text.isEmpty {
            return .text(entry.text, .file(path: file.path, line: entry.line))
        }
        return .absent
    }

    /// `--gateway-listen` of `GATEWAY_LISTEN`.
    static func flag(of name: String) -> String { "--" + name.lowercased().map { $0 == "_" ? "-" : String($0) }.joined() }
}

/// The arguments of the command line, taken apart, before it is known which settings there are.
struct CommandLineFlags: Sendable {
    /// By flag; a flag given without a value has none.
    private(set) var values: [String: [String]] = [:]
    /// In the order given.
    private(set) var flags: [String] = []
    private(set) var asksForHelp = false
    private(set) var asksForVersion = false
    private(set) var asksForHealth = false
    private(set) var configurationFile: String?

    static let help = "--help", version = "--version", config = "--config", checkHealth = "--check-health"

    init() {}

    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - counts: of the flags that take more than one value, how many.
    init(_ arguments: [String], counts: [String: Int] = [:]) throws(ConfigurationError) {
        var rest = arguments.enumerated().makeIterator(), next = rest.next()
        while let (position, argument) = next {
            next = rest.next()
            if argument == "-h" { asksForHelp = true; continue }
            // The argument itself is not shown: it may be the end of a secret that was not quoted.
            guard argument.hasPrefix("--"), argument.utf8.count > 2 else {
                throw ConfigurationError("argument \(position + 1) is not a flag (flags are --name value or --name=value); --help lists them")
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            var values = Array(parts.dropFirst())
            let takesNone = [Self.help, Self.version, Self.checkHealth].contains(parts[0])
            while !takesNone, values.count < counts[parts[0]] ?? 1, let following = next?.element, !following.hasPrefix("--") {
                values.append(following)
                next = rest.next()
            }
            try add(parts[0], values)
        }
    }

    private mutating func add(_ flag: String, _ given: [String]) throws(ConfigurationError) {
        switch flag {
        case Self.help: asksForHelp = true
        case Self.version: asksForVersion = true
        case Self.checkHealth: asksForHealth = true
        case Self.config:
            guard let value = given.first, !value.isEmpty else { throw ConfigurationError("--config needs the path of a file") }
            guard configurationFile == nil else { throw ConfigurationError("--config is given twice; give it once") }
            configurationFile = value
        default:
            guard values.updateValue(given, forKey: flag) == nil else {
                throw ConfigurationError("\(flag) is given twice; give it once")
            }
            flags.append(flag)
        }
    }
}
