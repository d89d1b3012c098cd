/// Runs lives one after the other, and finds the shortest plan that still breaks the same promise.
package struct Simulation {
    package struct Totals: Sendable {
        package var lives = 0, steps = 0, reminders = 0, dispatches = 0, posts = 0, taken = 0, repeated = 0, deadLetters = 0
        package var simulatedMilliseconds: Int64 = 0
        package var faults: [String: Int] = [:]

        package init() {}

        package var years: Double { Double(simulatedMilliseconds) / (365.25 * 86_400_000) }

        mutating func add(_ life: Life.Summary) {
            lives += 1
            steps += life.steps
            reminders += life.reminders
            dispatches += life.dispatches
            posts += life.posts
            taken += life.taken
            repeated += life.repeated
            deadLetters += life.deadLetters
            simulatedMilliseconds += life.simulatedMilliseconds
            faults.merge(life.faults, uniquingKeysWith: +)
        }

        package mutating func add(_ other: Totals) {
            lives += other.lives
            steps += other.steps
            reminders += other.reminders
            dispatches += other.dispatches
            posts += other.posts
            taken += other.taken
            repeated += other.repeated
            deadLetters += other.deadLetters
            simulatedMilliseconds += other.simulatedMilliseconds
            faults.merge(other.faults, uniquingKeysWith: +)
        }
    }

    package private(set) var totals = Totals()

    package init() {}

    /// - Returns: the promise that was broken, if one was.
    package mutating func run(seed: UInt64, sabotage: Sabotage? = nil) -> Violation? {
        let life = Life(Plan(seed: seed, sabotage: sabotage))
        let violation = life.run()
        totals.add(life.summary)
        return violation
    }

    package static func digest(seed: UInt64) -> UInt64 {
        let life = Life(Plan(seed: seed))
        _ = life.run()
        return life.summary.digest
    }

    // MARK: Shrinking

    package struct Shrunk {
        package let violation: Violation
        /// Steps of the plan that it takes, and that there were.
        package let steps: Int, of: Int
        /// What happened to the reminder and to all, and what happened to every reminder.
        package let trace: [Life.TraceLine], whole: [Life.TraceLine]
    }

    /// Leaves out of a plan whatever it does not take to break the same promise: halves first, then quarters, down to
    /// single steps.
    /// - Parameter goesOn: asked before each try.
    package static func shrink(seed: UInt64, sabotage: Sabotage? = nil, while goesOn: () -> Bool) -> Shrunk? {
        let whole = Plan(seed: seed, sabotage: sabotage)
        guard let first = Life(whole).run() else { return nil }
        var plan = whole
        var size = max(1, plan.steps.count / 2)
        while goesOn() {
            var index = 0, hasShrunk = false
            while index < plan.steps.count, goesOn() {
                var steps = plan.steps
                steps.removeSubrange(index..<min(index + size, steps.count))
                if Life(plan.with(steps)).run()?.promise == first.promise {
                    plan = plan.with(steps)
                    hasShrunk = true
                } else {
                    index += size
                }
            }
            if size == 1, !hasShrunk { break }
            size = max(1, size / 2)
        }
        let life = Life(plan, isTraced: true)
        guard let violation = life.run() else { return nil }
        return Shrunk(violation: violation, steps: plan.steps.count, of: whole.steps.count, trace: life.trace(of: violation.reminder), whole: life.trace(of: nil))
    }
}
