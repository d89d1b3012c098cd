import TaskOperations
import TaskWorker

/// worker: takes occurrences from the schedulers and runs their tasks. Stateless; any number may run.
@main
enum WorkerMain {
    static func main() async {
        await TaskWorker.run(name: "worker", settings: WorkerSettings.self) { worker, service in
            let notifiers = worker.client(to: .notifier, at: service.settings.notifiers)
            worker.tasks = try TaskRegistry(
                notification: NotificationTask(notifiers: notifiers), log: service.settings.hasLogTask ? worker.logger : nil)
        }
    }
}

struct WorkerSettings: SettingsOfWorker {
    let work: TaskWorkerSettings
    let notifiers: [Endpoint]
    /// Whether callers may write lines into its log.
    let hasLogTask: Bool

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        work = TaskWorkerSettings(&settings, common: common)
        notifiers = settings.value(
            "NOTIFIER_ENDPOINTS", .endpoints, default: "127.0.0.1:7103", help: "the notifiers that deliver notifications")
        hasLogTask = settings.value(
            "WORKER_LOG_TASK", .boolean, default: "false",
            help: "true gives it the task worker.log, by which callers write lines into its log: for trying things out")
    }
}
