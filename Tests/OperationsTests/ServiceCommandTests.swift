import Testing

@testable import TaskOperations

@Suite("What a program can do beside running its service")
struct ServiceCommandTests {
    private static let copy = ServiceCommand<SampleSettings>("--copy", "FILE", help: "it copies all to a file, and ends.") { settings, file, say in
        say("copying")
        return "\(file) of \(settings.queue ?? "-")"
    }

    private static let check = ServiceCommand<SampleSettings>("--check", help: "it looks whether all is well, and ends.") { _, argument, _ in "[\(argument)]" }

    private static let move = ServiceCommand<SampleSettings>("--move", arguments: ["FROM", "TO"], help: "it moves all, and ends.") { _, arguments, _ in
        arguments.joined(separator: " to ")
    }

    private func start(_ arguments: [String], _ environment: [String: String] = Sample.required) throws -> CommandLineStart<SampleSettings> {
        try .read(service: "sample", version: "1.2.3", arguments: arguments, environment: environment, commands: [Self.copy, Self.check, Self.move])
    }

    private func fault(_ arguments: [String], _ environment: [String: String] = Sample.required) -> String {
        do {
            _ = try start(arguments, environment)
            return "no fault"
        } catch { return "\(error)" }
    }

    @Test("its flag with an argument asks for it, with the settings of the service", arguments: [["--copy", "a.db"], ["--copy=a.db"]])
    func asked(arguments: [String]) async throws {
        guard case .command(let command, let argument, let settings) = try start(arguments + ["--sample-queue", "mail"]) else {
            Issue.record("it ran")
            return
        }
        var said: [String] = []
        #expect(try await command.run(settings, argument) { said.append($0) } == "a.db of mail")
        #expect(said == ["copying"])
        guard case .run = try start([]) else {
            Issue.record("it did not run")
            return
        }
    }

    @Test("one without an argument takes none")
    func without() async throws {
        guard case .command(let command, let argument, let settings) = try start(["--check", "--sample-queue", "mail"]) else {
            Issue.record("it ran")
            return
        }
        #expect(try await command.run(settings, argument) { _ in } == "[]")
        #expect(fault(["--check", "all"]) == "--check takes no argument")
        #expect(fault(["--check=all"]) == "--check takes no argument")
    }

    @Test("one with two arguments takes both, and no third", arguments: [["--move", "a", "b"], ["--move=a", "b"]])
    func two(arguments: [String]) async throws {
        guard case .command(let command, let given, let settings) = try start(arguments + ["--sample-queue", "mail"]) else {
            Issue.record("it ran")
            return
        }
        #expect(try await command.run(settings, given) { _ in } == "a to b")
        #expect(fault(["--move", "a"]) == "--move needs FROM and TO")
        #expect(fault(["--move", "a", "--sample-queue", "b"]) == "--move needs FROM and TO")
        #expect(fault(["--move", "a", "b", "c"]) == "argument 4 is not a flag (flags are --name value or --name=value); --help lists them")
    }

    @Test("without its argument, or beside a bad setting, it is refused")
    func refused() {
        #expect(fault(["--copy"]) == "--copy needs FILE")
        #expect(fault(["--copy="]) == "--copy needs FILE")
        #expect(fault(["--copy", "a.db"], [:]).hasPrefix("EDVORA_BASE_URL is not set"))
        #expect(fault(["--coppy=a.db"]) == "--coppy is not a flag of sample, did you mean --copy?; --help lists them")
        #expect(Sample.fault(["--copy", "a.db"]).hasPrefix("--copy is not a flag of sample"))
    }

    @Test("the help names it")
    func help() throws {
        guard case .print(let text) = try start(["--help"]) else {
            Issue.record("it ran")
            return
        }
        #expect(text.hasPrefix("usage: sample [--check-health] [--copy FILE] [--check] [--move FROM TO] [--config FILE] [--name value | --name=value]…\n"))
        #expect(text.contains("\nWith --copy FILE it copies all to a file, and ends.\nWith --check it looks whether all is well, and ends.\n"))
    }
}
