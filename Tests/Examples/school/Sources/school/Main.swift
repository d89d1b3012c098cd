import Foundation
import SchoolTasks
import TaskScheduler

/// Asks for each of the school's tasks once, and for one every day; for more there are get, pause, resume and runNow.
@main
enum School {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        // Also a Service, for a program that has others.
        let scheduler = try TaskScheduler(
            at: environment["TASK_SCHEDULER_URL"] ?? "http://127.0.0.1:5000", key: environment["TASK_SCHEDULER_KEY"])
        let id = try await scheduler.schedule(Greet.self, Greet.Arguments(name: "Ada"), triggerAt: Date.now + 1)
        print("asked for \(id)")
        let numbers = try await scheduler.schedule("school.count", args: [1, 2, 3])
        print("they are \(try await scheduler.result(of: numbers, waiting: .seconds(30))?.decode(Int.self) ?? 0)")
        let daily = try await scheduler.schedule(Greet.self, Greet.Arguments(name: "Bob"), rrule: "FREQ=DAILY", triggerAt: 4_102_444_800)
        for try await reminder in scheduler.list(state: .scheduled, task: Greet.name) {
            print("\(reminder.id) is due at \(reminder.nextFireAt?.date.description ?? "no time")")
        }
        try await scheduler.cancel(daily)
        print("the daily one is \(try await scheduler.get(daily)?.state.name ?? "gone")")
        await scheduler.stop()
    }
}
