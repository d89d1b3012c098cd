import TaskDomain
package import TaskOperations

/// The settings that every worker has, whatever its tasks are.
package struct TaskWorkerSettings: ServiceSettings {
    package let schedulers: [Endpoint]
    package let queues: [String]
    package let concurrency: Int
    /// What `concurrency` may be raised to while it runs, unless that is more.
    package let maxConcurrency: Int
    package let opsListen: Setting<Endpoint>

    package init(_ settings: inout SettingsReader, common: CommonSettings) {
        schedulers = settings.value(
            "SCHEDULER_ENDPOINTS", .endpoints, default: "127.0.0.1:7101", help: "the schedulers that it takes occurrences from")
        queues = settings.value("WORKER_QUEUES", .names, default: "default", help: "the queues that it serves")
        concurrency = settings.value(
            "WORKER_CONCURRENCY", .integer(WorkerLimits.concurrency), default: "512", help: "occurrences that it runs at once")
        maxConcurrency = settings.value(
            "WORKER_MAX_CONCURRENCY", .integer(WorkerLimits.concurrency), default: "4096",
            help: "what that may be raised to while it runs; never less than WORKER_CONCURRENCY")
        opsListen = settings.setting(
            "WORKER_OPS_LISTEN", .listen, default: "127.0.0.1:9102", help: "where /healthz, /readyz and /metrics are served")
        settings.checkOpsListener(opsListen, common)
        settings.check { [schedulers] () throws(ConfigurationError) in
            let twice = schedulers.enumerated().first { place, scheduler in schedulers[..<place].contains(scheduler) }
            guard let (_, scheduler) = twice else { return }
            throw ConfigurationError("SCHEDULER_ENDPOINTS names \(scheduler) twice; name each scheduler once")
        }
    }
}

/// The settings of a worker that has some of its own.
package protocol SettingsOfWorker: ServiceSettings {
    var work: TaskWorkerSettings { get }
}

extension SettingsOfWorker {
    package var opsListen: Setting<Endpoint> { work.opsListen }
}

extension TaskWorkerSettings: SettingsOfWorker {
    package var work: TaskWorkerSettings { self }
}
