import ServiceLifecycle
import TaskMessages
import TaskOperations
import TaskRecurrence
import TaskWire

/// Keeps the gateway's zone data as the machine's is, and says in `/readyz` when a scheduler's is another.
struct ZoneCheck: Service, CustomStringConvertible {
    static let interval = Duration.seconds(60)
    private static let deadlineMilliseconds = 2_000

    let schedulers: ClientGroup
    let readiness: Readiness

    var description: String { "zones' check" }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                ZoneData.changes().use()
                await compare()
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    func compare() async {
        let own = ZoneData.version ?? ""
        // A scheduler that cannot be asked, or does not know the question, says nothing of its data.
        guard let reply = try? await schedulers.call(
            SchedulerService.compare, Proto.Bases(tzdata: own), deadline: .after(milliseconds: Self.deadlineMilliseconds))
        else { return }
        readiness.set("tzdata", ZoneDifference.state(own: own, other: reply.tzdata, of: "the scheduler"))
    }
}
