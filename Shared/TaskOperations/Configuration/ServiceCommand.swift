/// Something that a service's program can do with the settings of the service, instead of running it: `--backup FILE`, `--reseal`.
public struct ServiceCommand<Settings: ServiceSettings>: Sendable {
    let flag: String
    /// What stands for its argument in the help; `nil`: it takes none.
    let argument: String?
    /// A sentence for the help.
    let help: String
    /// Whether what it ends with is printed without the program's name before it.
    let isBare: Bool
    let run: @Sendable (Settings, String, _ say: (String) -> Void) async throws -> String

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
        self.flag = flag
        self.argument = argument
        self.help = help
        self.isBare = isBare
        self.run = run
    }

    /// As it is called.
    var usage: String { argument.map { "\(flag) \($0)" } ?? flag }

    /// What is given to it, where the command line asks for it with this value.
    /// - Throws: where an argument is missing, or there is one too many.
    func argument(given value: String?) throws(ConfigurationError) -> String {
        switch (argument, value) {
        case (nil, nil): return ""
        case (nil, _?): throw ConfigurationError("\(flag) takes no argument")
        case (_?, let value?) where !value.isEmpty: return value
        case (let expected?, _): throw ConfigurationError("\(flag) needs \(expected)")
        }
    }
}
