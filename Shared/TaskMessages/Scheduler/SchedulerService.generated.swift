// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

import CProtos

/// What a gateway asks of a scheduler.
public enum SchedulerService {
    /// protobuf-c's descriptor: servers build their dispatch table from it.
    public static var descriptor: ServiceDescriptor { ServiceDescriptor(task_scheduler__v1__scheduler__descriptor) }
    public static var create: UnaryMethod<Proto.CreateRequest, Proto.CreateReply> { .init(index: 0, path: "task_scheduler.v1.Scheduler/Create") }
    public static var createMany: UnaryMethod<Proto.CreateManyRequest, Proto.CreateManyReply> { .init(index: 1, path: "task_scheduler.v1.Scheduler/CreateMany") }
    public static var get: UnaryMethod<Proto.ReminderRef, Proto.ReminderReply> { .init(index: 2, path: "task_scheduler.v1.Scheduler/Get") }
    public static var list: UnaryMethod<Proto.ListRequest, Proto.ListReply> { .init(index: 3, path: "task_scheduler.v1.Scheduler/List") }
    public static var change: UnaryMethod<Proto.ChangeRequest, Proto.ChangeReply> { .init(index: 4, path: "task_scheduler.v1.Scheduler/Change") }
    public static var attempts: UnaryMethod<Proto.AttemptsRequest, Proto.AttemptsReply> { .init(index: 5, path: "task_scheduler.v1.Scheduler/Attempts") }
    public static var result: UnaryMethod<Proto.ResultRequest, Proto.ResultReply> { .init(index: 6, path: "task_scheduler.v1.Scheduler/Result") }
    public static var listOccurrences: UnaryMethod<Proto.ListOccurrencesRequest, Proto.ListOccurrencesReply> { .init(index: 7, path: "task_scheduler.v1.Scheduler/ListOccurrences") }
    public static var changeOccurrences: UnaryMethod<Proto.ChangeOccurrencesRequest, Proto.ChangeOccurrencesReply> { .init(index: 8, path: "task_scheduler.v1.Scheduler/ChangeOccurrences") }
    public static var cancelOccurrence: UnaryMethod<Proto.CancelOccurrenceRequest, Proto.CancelOccurrenceReply> { .init(index: 9, path: "task_scheduler.v1.Scheduler/CancelOccurrence") }
    public static var listQueues: UnaryMethod<Proto.ListQueuesRequest, Proto.ListQueuesReply> { .init(index: 10, path: "task_scheduler.v1.Scheduler/ListQueues") }
    public static var changeQueue: UnaryMethod<Proto.ChangeQueueRequest, Proto.ChangeQueueReply> { .init(index: 11, path: "task_scheduler.v1.Scheduler/ChangeQueue") }
    public static var listWorkers: UnaryMethod<Proto.ListWorkersRequest, Proto.ListWorkersReply> { .init(index: 12, path: "task_scheduler.v1.Scheduler/ListWorkers") }
    public static var controlWorker: UnaryMethod<Proto.ControlWorkerRequest, Proto.ControlWorkerReply> { .init(index: 13, path: "task_scheduler.v1.Scheduler/ControlWorker") }
    public static var overview: UnaryMethod<Proto.OverviewRequest, Proto.OverviewReply> { .init(index: 14, path: "task_scheduler.v1.Scheduler/Overview") }
    public static var watch: StreamMethod<Proto.OverviewRequest, Proto.OverviewReply> { .init(index: 15, path: "task_scheduler.v1.Scheduler/Watch") }
    public static var compare: UnaryMethod<Proto.Bases, Proto.Bases> { .init(index: 16, path: "task_scheduler.v1.Scheduler/Compare") }
    public static var work: StreamMethod<Proto.WorkerMessage, Proto.SchedulerMessage> { .init(index: 17, path: "task_scheduler.v1.Scheduler/Work") }
}
