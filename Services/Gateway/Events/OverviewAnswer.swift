import TaskJSON
import TaskMessages

/// How everything stands, as callers see it.
enum OverviewAnswer {
    static func json(_ overview: Proto.OverviewReply) -> JSONObject {
        func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        func known(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        func rate(_ milli: UInt64) -> JSONValue { .double(Double(milli) / 1_000) }
        return [
            "at_ms": .integer(overview.atMs),
            "counts": [
                "ready": count(overview.ready), "running": count(overview.running), "unserved": count(overview.unserved),
                "retrying": known(overview.retrying), "held": known(overview.held), "dead": known(overview.dead),
            ],
            "rates": [
                "created": rate(overview.createdMilli), "dispatched": rate(overview.dispatchedMilli),
                "delivered": rate(overview.deliveredMilli), "failed": rate(overview.failedMilli),
            ],
            "oldest_ready_ms": known(overview.oldestReadyMs),
            "queues": .array(overview.queues.map(QueueOperations.json)), "more_queues": .bool(overview.moreQueues),
            "workers": .array(overview.workers.map(worker)), "more_workers": .bool(overview.moreWorkers),
            "notices": .array(overview.notices.map { .string($0) }),
        ]
    }

    private static func worker(_ worker: Proto.Worker) -> JSONValue {
        [
            "instance": .string(worker.instance), "state": .string(WorkerOperations.state(of: worker)),
            "version": .string(worker.version), "concurrency": .integer(Int64(worker.concurrency)), "running": .integer(Int64(worker.running)),
            "finished": .integer(Int64(clamping: worker.finished)), "failed": .integer(Int64(clamping: worker.failed)),
        ]
    }
}
