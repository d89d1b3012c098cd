/// What a caller may do, and with whose things: the word that its key's line has.
enum Role: String, Sendable, Hashable, CaseIterable {
    /// Everything, with what it made itself. A line without a word.
    case caller
    /// Reading, whoever made it.
    case viewer
    /// Also what helps things along and takes nothing away: pause, resume, run, replay, release.
    case `operator`
    /// Everything, whoever made it, and what is nobody's own: queues.
    case admin

    /// What an operation does, as far as roles go by it.
    enum Effect: Sendable, Hashable, CaseIterable {
        /// It changes nothing.
        case reads
        /// It changes nothing, and shows what is nobody's own: workers.
        case oversees
        /// It makes things go on, wait or go again.
        case operates
        /// It makes, changes or takes away what a caller made.
        case changes
        /// It changes what is everyone's.
        case administers
    }

    func may(_ effect: Effect) -> Bool {
        switch (self, effect) {
        case (_, .reads), (.admin, _): true
        case (.viewer, .oversees), (.operator, .oversees): true
        case (.operator, .operates): true
        case (.caller, .operates), (.caller, .changes): true
        case (.viewer, _), (.operator, _), (.caller, .oversees), (.caller, .administers): false
        }
    }

    /// Whether it sees what others made, too.
    var seesAll: Bool { self != .caller }
}

extension Role.Effect {
    /// Those whose callers may ask for it.
    var roles: [Role] { Role.allCases.filter { $0.may(self) } }
}
