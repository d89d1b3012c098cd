/// Something that a service's program can do with the settings of the service, instead of running it: `--backup FILE`.
public struct ServiceCommand<Settings: ServiceSettings>: Sendable {
    let flag: String
    /// What stands for its argument in the help.
    let argument: String
    /// A sentence for the help.
    let help: String
    /// Whether what it ends with is printed without the program's name before it.
    let isBare: Bool
    let run: @Sendable (Settings, String, _ say: (String) -> Void) throws -> String

    /// - Parameters:
    ///   - flag: with its two hyphens.
    ///   - argument: what stands for its argument in the help, as `FILE`.
    ///   - help: a sentence that begins with "it".
    ///   - isBare: whether what it ends with is for another program, and is printed without this one's name before it.
    ///   - run: does it. Given the settings, the argument, and what shows a line of progress on standard error; gives the line that
    ///     standard output ends with. What it throws is one line on standard error and ``ExitCode/failure``.
    public init(
        _ flag: String, _ argument: String, help: String, isBare: Bool = false,
        run: @escaping @Sendable (Settings, String, _ say: (String) -> Void) throws -> String
    ) {
        self.flag = flag
        self.argument = argument
        self.help = help
        self.isBare = isBare
        self.run = run
    }
}
