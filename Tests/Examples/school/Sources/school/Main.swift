import SchoolTasks
import TaskScheduler

/// Asks for each of the school's tasks once, and for one every day.
@main
enum School {
    static func main() async throws {
        let address = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:7101"
        let scheduler = try TaskScheduler(at: address, name: "school")
        let id = try await scheduler.schedule(Greet.self, Greet.Arguments(name: "Ada"))
        print("asked for \(id)")
        try await scheduler.schedule("school.count", args: [1, 2, 3])
        let daily = try await scheduler.schedule(Greet.self, Greet.Arguments(name: "Bob"), rrule: "FREQ=DAILY", triggerAt: 4_102_444_800)
        print("cancelled \(try await scheduler.cancel(daily))")
        await scheduler.stop()
    }
}
