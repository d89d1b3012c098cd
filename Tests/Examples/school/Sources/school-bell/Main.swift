import Domain
import Files
import JSON
import Messages
import Operations
import Recurrence
import Tasks
import TaskScheduler
import Wire
import Worker

/// Has its own modules counted by a worker, beside those of task-scheduler that it links.
@main
enum Bell {
    static func main() async throws {
        let names = [
            Domain.name, Files.name, JSON.name, Messages.name, Operations.name, Recurrence.name, Tasks.name, Wire.name, Worker.name,
        ]
        let address = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:7101"
        let scheduler = try TaskScheduler(at: address, name: "school-bell")
        let id = try await scheduler.schedule("school.count", args: names.map { .string($0) })
        print("asked for \(try await scheduler.get(id)?.task ?? "nothing")")
        await scheduler.stop()
    }
}
