import Storage
import TaskDomain

/// Shows that the scheduler which has a database lives, over a connection of its own: a slow batch must not look like death.
final class OwnerBeat {
    private let address: PostgresAddress
    private let limits: PostgresLimits
    private let ownership: Ownership
    private var connection: Connection?

    init(_ address: PostgresAddress, _ limits: PostgresLimits, _ ownership: Ownership) {
        self.address = address
        self.limits = limits
        self.ownership = ownership
    }

    /// Goes on until the database is given back, or is another's.
    func run() {
        while !ownership.isOver(within: Self.intervalMilliseconds) {
            if ownership.isAlive { beat() }
        }
    }

    private static let intervalMilliseconds = 500
    /// How long an answer is waited for. One that comes later would not be believed any more.
    private static let answerWait = Duration.milliseconds(Ownership.trustMilliseconds)

    private func beat() {
        let sent = SystemClock.sinceBoot
        do throws(PostgresFailure) {
            let connection = try open()
            let beat = OwnerRow.beating(ownership.instance, ownership.backends + [serving].compactMap(\.self))
            let rows = try connection.run([beat, Replication.query]), isOwner = !rows[0].isEmpty
            ownership.server.saw(Replication(rows[1]))
            guard !ownership.isOver(within: 0) else { return }
            isOwner ? ownership.arrived(sent: sent) : ownership.lose()
        } catch {
            // What is wrong the writing connection says. Until this one is back nothing is trusted.
            connection = nil
        }
    }

    private var serving: Backend?

    /// A beat is to be seen, and nothing more: it waits for no disk and for no replica.
    private static let settings = ["SET synchronous_commit = off", "SET idle_session_timeout = 0", "SET statement_timeout = 0"]

    private func open() throws(PostgresFailure) -> Connection {
        if let connection { return connection }
        let new = try Connection(address, limits)
        new.answerWait = Self.answerWait
        for setting in Self.settings { _ = try new.run(setting) }
        _ = try ownership.admit(new)
        serving = try Backend.serving(new)
        connection = new
        return new
    }
}
