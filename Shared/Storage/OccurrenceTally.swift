import TaskDomain

/// How many occurrences have rows of their own, by where they stand.
public struct OccurrenceTally: Sendable, Hashable {
    public var pending: Int64, held: Int64, dead: Int64
    /// Of those pending, the ones of which a try has failed.
    public var retrying: Int64

    public init(pending: Int64 = 0, retrying: Int64 = 0, held: Int64 = 0, dead: Int64 = 0) {
        self.pending = pending
        self.retrying = retrying
        self.held = held
        self.dead = dead
    }

    package mutating func add(_ number: Int64, of kind: CountedKind) {
        switch kind {
        case .untried: pending += number
        case .retrying:
            pending += number
            retrying += number
        case .held: held += number
        case .dead: dead += number
        }
    }
}

/// The tallies of all queues together, and of those that were asked for.
public struct OccurrenceTallies: Sendable, Hashable {
    public var all: OccurrenceTally
    /// By the queue's name.
    public var queues: [String: OccurrenceTally]

    public init(all: OccurrenceTally = OccurrenceTally(), queues: [String: OccurrenceTally] = [:]) {
        self.all = all
        self.queues = queues
    }
}

/// What an occurrence is counted as: its state, but that those pending of which a try has failed are counted apart. The raw values are
/// those of a tally's rows in a store.
package enum CountedKind: UInt8, Sendable {
    /// Pending, and not tried yet.
    case untried = 0
    case held = 1
    case dead = 2
    /// Pending, and tried before.
    case retrying = 3

    package init(_ state: OccurrenceState, _ tries: Tries) {
        self =
            switch state {
            case .pending: tries.next > 1 ? .retrying : .untried
            case .held: .held
            case .dead: .dead
            }
    }

    /// The raw value in SQL.
    /// - Parameter row: the name of a row of `occurrences`.
    package static func sql(of row: String) -> String {
        """
        CASE WHEN \(row).state = \(OccurrenceState.pending.rawValue) AND \(row).attempts + \(row).losses > 0 THEN \(retrying.rawValue)
            ELSE \(row).state END
        """
    }
}
