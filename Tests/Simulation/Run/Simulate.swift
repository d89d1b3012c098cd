import Foundation
import Simulation

/// Runs the simulation: as many lives as it takes for so many simulated years, from a seed on. Ends with status 1, the
/// seed, and its shortest trace where a promise is broken.
@main
enum Simulate {
    static func main() {
        let arguments: Arguments
        do throws(Arguments.Bad) { arguments = try Arguments(Array(CommandLine.arguments.dropFirst())) } catch {
            FileHandle.standardError.write(Data("simulate: \(error.reason)\n\(Arguments.usage)\n".utf8))
            exit(64)
        }
        if arguments.showsTable { return table(seeds: arguments.seeds ?? 1...1_000) }
        var simulation = Simulation()
        let begin = seconds()
        var seed = arguments.seeds?.lowerBound ?? arguments.seed
        while goesOn(seed, arguments, simulation.totals) {
            if let violation = simulation.run(seed: seed, sabotage: arguments.sabotage) {
                report(violation, seed, arguments)
                say(simulation.totals, seconds() - begin)
                exit(1)
            }
            if arguments.isVerbose { print("seed \(seed): the promises hold, digest \(String(Simulation.digest(seed: seed), radix: 16))") }
            // What was found so far is seen at once, also through a pipe.
            fflush(nil)
            seed += 1
        }
        say(simulation.totals, seconds() - begin)
    }

    private static func goesOn(_ seed: UInt64, _ arguments: Arguments, _ totals: Simulation.Totals) -> Bool {
        if let seeds = arguments.seeds { return seed <= seeds.upperBound }
        guard let years = arguments.years else { return totals.lives == 0 }
        return totals.years < years
    }

    /// How long a shorter trace is looked for.
    private static let shrinkSeconds = 60.0

    private static func report(_ violation: Violation, _ seed: UInt64, _ arguments: Arguments) {
        print("seed \(seed) breaks promise \(violation.promise): \(violation.text)")
        let end = seconds() + shrinkSeconds
        guard let shrunk = Simulation.shrink(seed: seed, sabotage: arguments.sabotage, while: { seconds() < end }) else {
            print("it could not be repeated: the run does not follow from its seed alone")
            return
        }
        print("it takes \(shrunk.steps) of the plan's \(shrunk.of) steps: \(shrunk.violation.text)")
        print("reminder \(shrunk.violation.reminder.map { "\($0)" } ?? "none"); milliseconds of the run, clock on the wall, what happened:")
        for line in shrunk.trace { print("\(line.at)  \(line.wall)  \(line.reminder == nil ? "" : "· ")\(line.text)") }
    }

    private static func say(_ totals: Simulation.Totals, _ wall: Double) {
        print(
            "\(totals.lives) lives, \(decimal(totals.years)) years in \(decimal(wall)) s: \(totals.reminders) reminders, "
                + "\(totals.dispatches) dispatches, \(totals.posts) requests to the backend, \(totals.taken) occurrences answered 2xx, "
                + "\(totals.repeated) requests after a 2xx, \(totals.deadLetters) dead letters, \(totals.steps) steps")
        let faults = totals.faults.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        print("faults: \(faults.isEmpty ? "none" : faults)")
    }

    /// What is broken on purpose, and how many seeds it takes to notice.
    private static func table(seeds: ClosedRange<UInt64>) {
        print("| broken on purpose | promise | seeds needed | what was noticed |\n|---|---|---|---|")
        for sabotage in Sabotage.all {
            var simulation = Simulation(), found: (seed: UInt64, violation: Violation)?
            for seed in seeds {
                guard let violation = simulation.run(seed: seed, sabotage: sabotage) else { continue }
                found = (seed, violation)
                break
            }
            guard let found else {
                print("| \(sabotage.name) | - | more than \(seeds.count) | nothing |")
                continue
            }
            fflush(nil)
            print("| \(sabotage.name) | \(found.violation.promise) | \(found.seed - seeds.lowerBound + 1) | \(found.violation.text) |")
        }
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func decimal(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}

/// What the command line says.
struct Arguments {
    static let usage = """
        usage: simulate [--seed N] [--years Y] | --seeds A-B  [--mutation NAME] [--verbose]
               simulate --table [--seeds A-B]
        --seed N         the first seed; without --years, only this one (default 1)
        --years Y        goes on with the seeds after it until so many years have been simulated
        --seeds A-B      these seeds
        --mutation NAME  breaks a promise on purpose: \(Sabotage.all.map(\.name).joined(separator: ", "))
        --table          how many seeds it takes to notice each of them
        """

    struct Bad: Error { let reason: String }

    var seed: UInt64 = 1
    var years: Double?
    var seeds: ClosedRange<UInt64>?
    var sabotage: Sabotage?
    var isVerbose = false, showsTable = false

    init(_ words: [String]) throws(Bad) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--verbose": isVerbose = true
            case "--table": showsTable = true
            case "--seed", "--years", "--seeds", "--mutation":
                guard let value = rest.popFirst() else { throw Bad(reason: "\(word) needs a value") }
                try set(word, value)
            default: throw Bad(reason: "unknown argument \(word)")
            }
        }
    }

    private mutating func set(_ word: String, _ value: String) throws(Bad) {
        switch word {
        case "--seed":
            guard let number = UInt64(value) else { throw Bad(reason: "--seed must be a whole number, not \(value)") }
            seed = number
        case "--years":
            guard let number = Double(value), number > 0 else { throw Bad(reason: "--years must be a positive number, not \(value)") }
            years = number
        case "--seeds":
            let bounds = value.split(separator: "-").compactMap { UInt64($0) }
            guard bounds.count == 2, bounds[0] <= bounds[1] else { throw Bad(reason: "--seeds must be two numbers such as 1-1000, not \(value)") }
            seeds = bounds[0]...bounds[1]
        default:
            guard let known = Sabotage(name: value) else { throw Bad(reason: "there is no mutation \(value)") }
            sabotage = known
        }
    }
}
