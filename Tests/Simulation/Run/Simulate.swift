import Foundation
import Simulation
import Synchronization

/// Runs the simulation: lives from a seed on, as many as are asked for, on several threads. Ends with status 1, every seed
/// whose life breaks a promise, and the first of them with its shortest trace, where there are such.
@main
enum Simulate {
    static func main() {
        let arguments: Arguments
        do throws(Arguments.Bad) { arguments = try Arguments(Array(CommandLine.arguments.dropFirst())) } catch {
            FileHandle.standardError.write(Data("simulate: \(error.reason)\n\(Arguments.usage)\n".utf8))
            exit(64)
        }
        if arguments.showsTable { return table(seeds: arguments.seeds ?? 1...1_000) }
        let begin = seconds(), first = arguments.seeds?.lowerBound ?? arguments.seed
        if arguments.isFresh { print("fresh seeds from \(first) on: deploy/simulate --seeds \(arguments.seeds.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "")") }
        let lives = Mutex(Lives(next: first))
        DispatchQueue.concurrentPerform(iterations: arguments.jobs) { _ in
            while let seed = lives.withLock({ $0.take(arguments, seconds() - begin) }) { live(seed, arguments, lives) }
        }
        let ended = lives.withLock { $0 }
        let broken = ended.broken.sorted { $0.seed < $1.seed }
        if let worst = broken.first { report(worst.violation, worst.seed, arguments) }
        say(ended.totals, seconds() - begin)
        guard broken.isEmpty else {
            print("promises are broken by \(broken.count) seeds: \(broken.map { "\($0.seed)" }.joined(separator: ", "))")
            exit(1)
        }
    }

    /// What the threads share.
    private struct Lives: Sendable {
        var next: UInt64
        var totals = Simulation.Totals()
        var broken: [(seed: UInt64, violation: Violation)] = []

        /// The next seed; `nil`: enough have been run.
        mutating func take(_ arguments: Arguments, _ secondsSoFar: Double) -> UInt64? {
            if let most = arguments.seconds, secondsSoFar >= most { return nil }
            if let seeds = arguments.seeds {
                guard next <= seeds.upperBound else { return nil }
            } else if let years = arguments.years {
                guard totals.years < years else { return nil }
            } else {
                guard next == arguments.seed else { return nil }
            }
            defer { next += 1 }
            return next
        }
    }

    private static func live(_ seed: UInt64, _ arguments: Arguments, _ lives: borrowing Mutex<Lives>) {
        var simulation = Simulation()
        let violation = simulation.run(seed: seed, sabotage: arguments.sabotage)
        let totals = simulation.totals
        lives.withLock { lives in
            lives.totals.add(totals)
            if let violation { lives.broken.append((seed, violation)) }
        }
        if let violation { print("seed \(seed) breaks promise \(violation.promise): \(violation.text)") }
        if arguments.isVerbose, violation == nil {
            print("seed \(seed): the promises hold, digest \(String(Simulation.digest(seed: seed), radix: 16))")
        }
        // What was found so far is seen at once, also through a pipe.
        fflush(nil)
    }

    /// How long a shorter trace is looked for.
    private static let shrinkSeconds = 60.0

    private static func report(_ violation: Violation, _ seed: UInt64, _ arguments: Arguments) {
        let end = seconds() + shrinkSeconds
        guard let shrunk = Simulation.shrink(seed: seed, sabotage: arguments.sabotage, while: { seconds() < end }) else {
            print("it could not be repeated: the run does not follow from its seed alone")
            return
        }
        print("seed \(seed): it takes \(shrunk.steps) of the plan's \(shrunk.of) steps: \(shrunk.violation.text)")
        print("reminder \(shrunk.violation.reminder.map { "\($0)" } ?? "none"); milliseconds of the run, clock on the wall, what happened:")
        for line in arguments.isVerbose ? shrunk.whole : shrunk.trace { print("\(line.at)  \(line.wall)  \(line.reminder == nil ? "" : "· ")\(line.text)") }
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
struct Arguments: Sendable {
    static let usage = """
        usage: simulate [--seed N] [--years Y] | --seeds A-B | --fresh N  [--seconds S] [--jobs J] [--mutation NAME] [--verbose]
               simulate --table [--seeds A-B]
        --seed N         the first seed; without --years, only this one (default 1)
        --years Y        goes on with the seeds after it until so many years have been simulated
        --seeds A-B      these seeds
        --fresh N        so many seeds from one on that the clock gives, and that is printed
        --seconds S      begins no life after so long
        --jobs J         lives that run at a time (default: the processors)
        --mutation NAME  breaks a promise on purpose: \(Sabotage.all.map(\.name).joined(separator: ", "))
        --verbose        says of each seed that the promises hold, and shows of a broken one what happened to all reminders
        --table          how many seeds it takes to notice each of them
        """

    struct Bad: Error { let reason: String }

    var seed: UInt64 = 1
    var years: Double?
    var seeds: ClosedRange<UInt64>?
    var sabotage: Sabotage?
    var seconds: Double?
    var jobs = ProcessInfo.processInfo.activeProcessorCount
    var isVerbose = false, showsTable = false, isFresh = false

    init(_ words: [String]) throws(Bad) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--verbose": isVerbose = true
            case "--table": showsTable = true
            case "--seed", "--years", "--seeds", "--fresh", "--seconds", "--jobs", "--mutation":
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
        case "--fresh":
            guard let number = UInt64(value), 1...1_000_000_000 ~= number else {
                throw Bad(reason: "--fresh must be a whole number from 1 to 1,000,000,000, not \(value)")
            }
            let first = UInt64(Date().timeIntervalSince1970 * 1_000)
            seeds = first...first + number - 1
            isFresh = true
        case "--seconds":
            guard let number = Double(value), number > 0 else { throw Bad(reason: "--seconds must be a positive number, not \(value)") }
            seconds = number
        case "--jobs":
            guard let number = Int(value), 1...1_024 ~= number else {
                throw Bad(reason: "--jobs must be a whole number from 1 to 1,024, not \(value)")
            }
            jobs = number
        default:
            guard let known = Sabotage(name: value) else { throw Bad(reason: "there is no mutation \(value)") }
            sabotage = known
        }
    }
}
