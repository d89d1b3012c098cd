/// Something that a service's program can do with the settings of the service, instead of running it: `--backup FILE`, `--reseal`.
public struct ServiceCommand<Settings: ServiceSettings>: Sendable {
    let flag: String
    /// What stands for its arguments in the help.
    let arguments: [String]
    /// A sentence for the help.
    let help: String
    /// Whether what it ends with is printed without the program's name before it.
    let isBare: Bool
    let run: @Sendable (Settings, [String], _ say: (String) -> Void) async throws -> String

    /// - Parameters:
    ///   - flag: with its two hyphens.
    ///   - argument: what stands for its argument in the help, as `FILE`; `nil`: it takes none.
    ///   - help: a sentence that begins with "it".
    ///   - isBare: whether what it ends with is for another program, and is printed without this one's name before it.
    ///   - run: does it. Given the settings, the argument (empty where it takes none), and what shows a line of progress on standard
    ///     error; gives the line that standard output ends with. What it throws is one line on standard error and ``ExitCode/failure``.
    public init(
        _ flag: String, _ argument: String? = nil, help: String, isBare: Bool = false,
        run: @escaping @Sendable (Settings, String, _ say: (String) -> Void) async throws -> String
    ) {
        self.init(flag, arguments: argument.map { [$0] } ?? [], help: help, isBare: isBare) { settings, given, say in
            try await run(settings, given.first ?? "", say)
        }
    }

    /// One that takes any number of arguments.
    /// - Parameters:
    ///   - arguments: what stands for each in the help.
    ///   - run: the same as of the other, with as many arguments.
    public init(
        _ flag: String, arguments: [String], help: String, isBare: Bool = false,
        run: @escaping @Sendable (Settings, [String], _ say: (String) -> Void) async throws -> String
    ) {
        self.flag = flag
        self.arguments = arguments
        self.help = help
        self.isBare = isBare
        self.run = run
    }

    /// As it is called.
    var usage: String { ([flag] + arguments).joined(separator: " ") }

    /// What is given to it, where the command line asks for it with these values.
    /// - Throws: where an argument is missing, or there is one too many.
    func arguments(given values: [String]) throws(ConfigurationError) -> [String] {
        guard !arguments.isEmpty || values.isEmpty else { throw ConfigurationError("\(flag) takes no argument") }
        guard values.count == arguments.count, !values.contains("") else {
            throw ConfigurationError("\(flag) needs \(arguments.joined(separator: " and "))")
        }
        return values
    }
}
