import SchedulerCore
import Storage
import TaskDomain

/// From a worker to the scheduler (Shared/Protos/scheduler.proto).
struct WorkerMessage {
    struct Attach {
        var instance: String
        var queues: [String]
        var tasks: [String]
        var running: [LeaseReport]
        var following: [LeaseReport]
    }

    struct Standing {
        var queues: [String]
        var isDrained: Bool
    }

    /// What it has of shards that it was asked about.
    struct Has {
        var shards: [OwnedShard]
        var running: [LeaseReport]
        var following: [LeaseReport]
    }

    var attach: Attach?
    var has: Has?
    var creditLimit: Int?
    var standing: Standing?
    var outcomes: [OutcomeReport] = []
    var isLeaving = false
    var extensions: [LeaseExtension] = []
}

/// From the scheduler to a worker.
struct SchedulerMessage {
    var dispatches: [Dispatch] = []
    var acknowledged: [UInt64] = []
    var revoked: [UInt64] = []
    var recalled: [UInt64] = []
    var extended: [ExtensionAnswer] = []
    /// What the worker has of these is to be told.
    var asked: [OwnedShard] = []
}

/// From a worker to a notifier.
struct DeliverCall {
    let number: UInt64
    let lease: UInt64
    let key: OccurrenceKey
    let reminder: Reminder
    let deadline: Int64
}

enum NotifierMessage {
    case deliver(DeliverCall)
    /// What has not been sent need not be.
    case recall(number: UInt64)
}

struct DeliverReply {
    let number: UInt64
    let outcome: Outcome
    let retryAfterMilliseconds: Int64?
    let statusCode: Int
}

typealias WorkStream = Connection<WorkerMessage, SchedulerMessage>
typealias DeliverConnection = Connection<NotifierMessage, DeliverReply>

extension TaskName {
    /// The other task of the simulation's workers, which calls nobody.
    static let local = "worker.log"
}
