import SchoolTasks
import TaskWorker

@main
enum SchoolWorker {
    static func main() async {
        await TaskWorker.run(name: "school-worker", version: "0.1.0") { worker in
            let logger = worker.logger
            // Around every task: logs, metrics, traces, a stand-in in a test. And worker.run(database) is a Service, there before the first task.
            worker.tasks.wrap { invocation, next in
                logger.info("begins", metadata: ["task": "\(invocation.task)", "attempt": "\(invocation.attempt)"])
                try await next(invocation)
            }
            try worker.tasks.register(Greet { logger.notice("\($0)") })
            try worker.tasks.register("school.count") { invocation in
                let count = try invocation.arguments().args.count
                logger.notice("counted \(count)")
                return count
            }
        }
    }
}
