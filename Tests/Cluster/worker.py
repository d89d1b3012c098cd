"""A worker in Python, written from Shared/Protos/README.md and the .proto files alone.

usage: worker.py HOST:PORT QUEUE DESCRIPTORS COUNT

Serves QUEUE: prints each occurrence as a JSON line and reports it as delivered. Drains and ends after COUNT of them.
DESCRIPTORS is what `protoc --descriptor_set_out` makes of the .proto files; CLUSTER_SECRET is the secret, if there is one.
"""
import json
import os
import sys

from wire import Connection, messages

TASK = "edvora.notification"


def main(address, queue, descriptors, count):
    types = messages(descriptors)
    WorkerMessage, SchedulerMessage = types["task_scheduler.v1.WorkerMessage"], types["task_scheduler.v1.SchedulerMessage"]
    connection = Connection.open(address, types, role="worker")
    call = 1
    connection.send(open=dict(call=call, method="task_scheduler.v1.Scheduler/Work", streaming=True))

    def say(message):
        connection.send(item=dict(call=call, payload=message.SerializeToString()))

    say(WorkerMessage(attach=dict(instance=f"python-{os.getpid()}", queues=[queue], tasks=[TASK], token=os.urandom(32)), credit_limit=4))
    done, unacknowledged = 0, set()
    while done < count or unacknowledged:
        kind, item = connection.receive()
        if kind != "item":
            if kind == "end":
                raise EOFError(item.message)
            continue
        connection.send(credit=dict(call=call, bytes=len(item.payload)))
        message = SchedulerMessage.FromString(item.payload)
        unacknowledged -= set(message.acknowledged)
        answer = WorkerMessage()
        for dispatch in message.dispatches:
            notification = types["task_scheduler.v1.Notification"].FromString(dispatch.arguments)
            print(json.dumps(dict(title=notification.title, scheduled_at=dispatch.scheduled_at, attempt=dispatch.attempt)), flush=True)
            answer.outcomes.add(
                lease=dispatch.lease, id=dispatch.id, scheduled_at=dispatch.scheduled_at, outcome="OUTCOME_DELIVERED")
            unacknowledged.add(dispatch.lease)
            done += 1
        answer.credit_limit = 4 + done
        if done >= count and message.dispatches:
            answer.leaving = True
        if message.dispatches:
            say(answer)
    connection.send(end=dict(call=call, from_client=True))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
