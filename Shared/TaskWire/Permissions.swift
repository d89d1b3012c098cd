import TaskMessages

/// Who may call what: the one table of method × role. A method that is not in it is nobody's.
public enum Permissions {
    /// By the path of the method.
    public static let table: [String: RoleSet] = [
        SchedulerService.create.path: [.gateway, .client],
        SchedulerService.createMany.path: [.gateway, .client],
        // The client library cancels with it.
        SchedulerService.change.path: [.gateway, .client],
        SchedulerService.get.path: [.gateway, .client],
        SchedulerService.list.path: [.gateway, .client],
        SchedulerService.attempts.path: .gateway,
        // Whoever asked for a task may wait for what it returns.
        SchedulerService.result.path: [.gateway, .client],
        SchedulerService.listOccurrences.path: .gateway,
        SchedulerService.changeOccurrences.path: .gateway,
        SchedulerService.cancelOccurrence.path: .gateway,
        SchedulerService.listQueues.path: .gateway,
        SchedulerService.changeQueue.path: .gateway,
        SchedulerService.listWorkers.path: .gateway,
        SchedulerService.controlWorker.path: .gateway,
        SchedulerService.overview.path: .gateway,
        SchedulerService.watch.path: .gateway,
        SchedulerService.compare.path: .gateway,
        SchedulerService.work.path: .worker,
        NotifierService.deliver.path: .worker,
    ]
}
