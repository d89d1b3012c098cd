/// What one set of statements came to.
struct SetAnswer {
    /// The rows of each, or why there are none.
    let rows: Result<[Rows], PostgresFailure>
    /// A warning that came with it, which makes its success doubtful; `nil`: there was none.
    let warning: String?
}

/// Sets of statements that are on their way on one connection, while others are on others.
struct SetTrip {
    private let connection: Connection
    private let sets: [[Query]]
    private var new: [Connection.Step] = []
    private var failure: PostgresFailure?
    private let deadline: ContinuousClock.Instant

    /// Carries out sets on several connections at the same time: all are sent before the first answer is waited for.
    /// - Returns: what became of each set of each connection.
    static func run(_ given: [(connection: Connection, sets: [[Query]])]) -> [[SetAnswer]] {
        let trips = given.map { SetTrip($0.connection, $0.sets) }
        let connections = trips.map(\.connection)
        return trips.enumerated().map { index, trip in trip.answers(beside: connections[(index + 1)...]) }
    }

    /// Sends them.
    private init(_ connection: Connection, _ sets: [[Query]]) {
        self.connection = connection
        self.sets = sets
        deadline = connection.deadline
        do throws(PostgresFailure) {
            try connection.checkIsOpen()
            // First of all: what a set that fails would prepare, the next one uses.
            for set in sets {
                for query in set where !connection.isPrepared(query.sql) {
                    try connection.prepare(query.sql)
                    new.append(.prepare(query.sql))
                }
            }
            if !new.isEmpty { try connection.sync() }
            for set in sets {
                for query in set { try connection.send(query) }
                try connection.sync()
            }
        } catch {
            failure = error
        }
    }

    private func answers(beside others: ArraySlice<Connection>) -> [SetAnswer] {
        var answers: [SetAnswer] = []
        do throws(PostgresFailure) {
            if let failure { throw failure }
            var unprepared: PostgresFailure?
            if !new.isEmpty, case .failure(let failure) = try connection.receive(new, until: deadline, beside: others) { unprepared = failure }
            for set in sets {
                _ = connection.takeWarning()
                let rows = try connection.receive(set.map { _ in .query }, until: deadline, beside: others)
                answers.append(SetAnswer(rows: rows.mapError { unprepared ?? $0 }, warning: connection.takeWarning()))
            }
            connection.breakUnlessIdle()
        } catch {
            while answers.count < sets.count { answers.append(SetAnswer(rows: .failure(error), warning: nil)) }
        }
        return answers
    }
}
