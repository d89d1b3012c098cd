"""The other side of a service's connections, of a build before or after this one. SkewTests.swift starts it.

usage: skew.py DESCRIPTORS BUILD gateway ADDRESS            asks a scheduler, and checks what it answers
       skew.py DESCRIPTORS BUILD worker ADDRESS             takes occurrences from a scheduler, and reports them
       skew.py DESCRIPTORS BUILD deliverer ADDRESS          is a worker to a notifier, and checks what it answers
       skew.py DESCRIPTORS BUILD notifier                   listens for a worker
       skew.py DESCRIPTORS BUILD scheduler                  listens for a gateway and a worker

BUILD is `newer`: every message has fields, and every enum a value, that this build does not know, and the peer uses them; or
`older`: without what LATER lists. To renew it when a build has gone out and the protocol grows: list in LATER what is new, so
that `older` is the build that is out there. What `newer` adds needs no renewal.
"""
import json
import os
import socket
import sys
import threading
import time

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.message import Message

import wire

PACKAGE = "task_scheduler.v1."
# Fields as Message.field and enum values by their name, all of which a build before this one does not know.
LATER = {
    "Reminder.jitter_seconds", "Reminder.expires_after_seconds", "Reminder.caller", "ReminderReply.unserved", "ReminderReply.due_at_ms",
    "ChangeRequest.at_ms", "Change.released", "Queue.workers", "Dispatch.attempt",
    "Attach.controllable", "Attach.max_concurrency", "Worker.controllable", "Worker.max_concurrency", "SchedulerMessage.controls",
    "WorkerMessage.withdrawn", "WorkerMessage.standing", "WorkerMessage.controlled",
    "WorkerMessage.credit_limit", "SchedulerMessage.credit_limit",
    "ACTION_RUN", "OUTCOME_CANCELLED", "OUTCOME_LOST", "MISFIRE_POLICY_SKIP", "OCCURRENCE_STATE_HELD",
}
# A value of every enum that no build of this version knows, and a status.
UNKNOWN = 99
OK, INVALID_ARGUMENT, EXHAUSTED, UNIMPLEMENTED = 0, 3, 8, 12


# MARK: Messages of another build

def enums(file):
    yield from file.enum_type
    for message in file.message_type:
        yield from message.enum_type


def newer(files):
    for file in files.file:
        for message in file.message_type:
            message.field.add(name="newer_text", number=1001, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
            message.field.add(name="newer_numbers", number=1002, type=Field.TYPE_SINT64, label=Field.LABEL_REPEATED)
            message.field.add(
                name="newer_self", number=1003, type=Field.TYPE_MESSAGE, label=Field.LABEL_OPTIONAL,
                type_name=f".{file.package}.{message.name}")
        for enum in enums(file):
            enum.value.add(name=f"NEWER_{enum.name.upper()}", number=UNKNOWN)


def older(files):
    missing = set(LATER)
    for file in files.file:
        for message in file.message_type:
            for field in [f for f in message.field if f"{message.name}.{f.name}" in LATER]:
                if field.proto3_optional:
                    # What stands for its presence goes with it.
                    del message.oneof_decl[field.oneof_index]
                    for other in message.field:
                        if other.HasField("oneof_index") and other.oneof_index > field.oneof_index:
                            other.oneof_index -= 1
                message.field.remove(field)
                missing.remove(f"{message.name}.{field.name}")
        for enum in enums(file):
            for value in [v for v in enum.value if v.name in LATER]:
                enum.value.remove(value)
                missing.remove(value.name)
    assert not missing, f"LATER lists what is not in the protocol: {missing}"


class Types:
    """The messages of one build."""

    def __init__(self, descriptors, build):
        self.build = build
        self.all = wire.messages(descriptors, dict(newer=newer, older=older)[build])

    def __getattr__(self, name):
        return self.all[PACKAGE + name]

    def packed(self, message):
        """Its bytes, with everything in it that only a newer build knows."""
        if self.build == "newer":
            self.grow(message)
        return message.SerializeToString()

    def grow(self, message):
        for _, value in message.ListFields():
            for inner in value if hasattr(value, "add") else [value]:
                if isinstance(inner, Message):
                    self.grow(inner)
        message.newer_text = "of a newer build"
        message.newer_numbers.extend([-1, 2**60])
        message.newer_self.newer_text = "and more of it"


class Connection(wire.Connection):
    """The envelope is of the other build, too."""

    def __init__(self, socket, types, role, side=wire.CONNECTING, peer="scheduler"):
        self.types = types
        super().__init__(socket, types.all, role, side, peer)
        if types.build == "newer":
            # A frame of a kind that this build does not know.
            self.send()

    def pack(self, frame):
        return self.types.packed(frame)


# MARK: A side that asks

class Caller:
    def __init__(self, address, types, role, peer="scheduler"):
        self.types, self.calls = types, 0
        self.connection = Connection.open(address, types, role, peer)

    def call(self, method, request, reply=None):
        """The status and the reply; request may be bytes."""
        self.calls += 1
        payload = request if isinstance(request, bytes) else self.types.packed(request)
        self.connection.send(open=dict(call=self.calls, method=PACKAGE + method, deadline_ms=20_000, payload=payload))
        while True:
            kind, end = self.connection.receive()
            if kind == "end" and end.call == self.calls:
                return end.status, reply.FromString(end.payload) if reply and end.status == OK else end.message

    def ask(self, method, request, reply):
        deadline = time.monotonic() + 20
        status, answer = self.call(method, request, reply)
        # As it is told: on a busy machine much may be waiting for the store.
        while status == EXHAUSTED and time.monotonic() < deadline:
            time.sleep(0.2)
            status, answer = self.call(method, request, reply)
        assert status == OK, f"{method}: {status}, {answer}"
        return answer


def fresh_id():
    """A UUIDv7."""
    data = bytearray(int(time.time() * 1_000).to_bytes(6, "big") + os.urandom(10))
    data[6] = 0x70 | data[6] & 0x0F
    data[8] = 0x80 | data[8] & 0x3F
    return bytes(data)


def creation(types, due, queue="skew", task="skew.task", **fields):
    reminder = dict(
        id=fresh_id(), schedule=dict(start=due, timezone="UTC"), task=task, arguments=b'{"args":[],"kwargs":{}}', queue=queue,
        priority=5, misfire_policy="MISFIRE_POLICY_FIRE_ONCE", max_attempts=12, created_at_ms=int(time.time() * 1_000))
    return types.CreateRequest(reminder={**reminder, **fields}, position=dict(scheduled_at=due, index=1))


def gateway(types, address):
    """What a gateway of another build asks of a scheduler: what it means is done, and nothing else."""
    scheduler = Caller(address, types, "gateway")
    create = creation(types, int(time.time()) + 86_400)
    reference = dict(id=create.reminder.id)
    assert scheduler.ask("Scheduler/Create", create, types.CreateReply).result == types.CreateReply.RESULT_CREATED

    def standing():
        reply = scheduler.ask("Scheduler/Get", types.ReminderRef(**reference), types.ReminderReply)
        assert reply.found and reply.reminder.task == "skew.task"
        return reply.state, reply.revision

    before = standing()
    states = types.ReminderReply.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number
    assert states[before[0]].name == "REMINDER_STATE_SCHEDULED"

    def mistaken(**fields):
        return creation(types, int(time.time()) + 86_400, **fields)

    filtered = dict(state=2)
    refused = [
        ("Scheduler/Change", types.ChangeRequest(action=UNKNOWN, reminders=[reference])),
        ("Scheduler/Change", types.ChangeRequest(reminders=[reference])),
        ("Scheduler/Change", types.ChangeRequest()),
        ("Scheduler/Change", b""),
        ("Scheduler/ChangeOccurrences", types.ChangeOccurrencesRequest(action=UNKNOWN, filter=filtered, limit=1_000)),
        ("Scheduler/ChangeOccurrences", types.ChangeOccurrencesRequest(filter=filtered, limit=1_000)),
        ("Scheduler/ChangeOccurrences", types.ChangeOccurrencesRequest(action="ACTION_DISCARD", limit=1_000)),
        ("Scheduler/ChangeOccurrences", types.ChangeOccurrencesRequest(action="ACTION_DISCARD", filter=dict(state=UNKNOWN), limit=1_000)),
        ("Scheduler/ChangeOccurrences", b""),
        ("Scheduler/ListOccurrences", b""),
        ("Scheduler/List", types.ListRequest(filter=dict(state=UNKNOWN), limit=10)),
        ("Scheduler/Create", mistaken(misfire_policy=UNKNOWN)),
        ("Scheduler/Create", mistaken(misfire_policy=0)),
        ("Scheduler/Create", b""),
        ("Scheduler/CreateMany", types.CreateManyRequest(creates=[mistaken(misfire_policy=UNKNOWN)])),
        ("Scheduler/ChangeQueue", b""),
        ("Scheduler/CancelOccurrence", b""),
        ("Scheduler/ControlWorker", b""),
        ("Scheduler/ControlWorker", types.ControlWorkerRequest(instance="w", control=dict(action=UNKNOWN))),
    ]
    for method, request in refused:
        status, message = scheduler.call(method, request)
        assert status == INVALID_ARGUMENT, f"{method} {request}: {status} {message}"
    assert standing() == before, "what was refused has changed the reminder"
    listed = scheduler.ask("Scheduler/List", types.ListRequest(limit=10), types.ListReply)
    assert [reply.reminder.id for reply in listed.reminders] == [create.reminder.id], "what was refused was stored"

    many = types.CreateManyRequest(creates=[creation(types, int(time.time()) + 86_400) for _ in range(3)])
    replies = scheduler.ask("Scheduler/CreateMany", many, types.CreateManyReply).replies
    assert [reply.result for reply in replies] == [types.CreateReply.RESULT_CREATED] * 3
    for action in ["ACTION_PAUSE", "ACTION_RESUME", "ACTION_CANCEL"]:
        changed = scheduler.ask("Scheduler/Change", types.ChangeRequest(action=action, reminders=[reference]), types.ChangeReply)
        assert [change.result for change in changed.changes] == [types.Change.RESULT_DONE], action
    print("ok", flush=True)


def worker(types, address):
    """A worker of another build: what it reports and a scheduler does not know is tried again, and no other outcome is lost for it."""
    asking = Caller(address, types, "gateway")
    due = int(time.time()) + 1
    creates = [creation(types, due) for _ in range(8)]
    replies = asking.ask("Scheduler/CreateMany", types.CreateManyRequest(creates=creates), types.CreateManyReply).replies
    assert all(reply.result == types.CreateReply.RESULT_CREATED for reply in replies)

    connection = Connection.open(address, types, "worker")
    connection.send(open=dict(call=1, method=PACKAGE + "Scheduler/Work", streaming=True))

    def say(message):
        connection.send(item=dict(call=1, payload=types.packed(message)))

    leases, acknowledged = {}, set()

    def listen(until):
        while not until():
            kind, item = connection.receive()
            assert kind != "end", f"the stream ended: {item.message}"
            if kind != "item":
                continue
            message = types.SchedulerMessage.FromString(item.payload)
            acknowledged.update(message.acknowledged)
            leases.update({dispatch.lease: dispatch for dispatch in message.dispatches})

    def report(lease, **fields):
        dispatch = leases[lease]
        return {**dict(lease=lease, id=dispatch.id, scheduled_at=dispatch.scheduled_at), **fields}

    def limit(now, before):
        return dict(credit=now - before) if types.build == "older" else dict(credit_limit=now)

    say(types.WorkerMessage(attach=dict(instance=f"skew-{os.getpid()}", queues=["skew"], tasks=["skew.task"], token=os.urandom(32)), **limit(20, 0)))
    listen(lambda: len(leases) == len(creates))
    first = list(leases)
    # Of a newer build; none of a worker's; none at all; of no occurrence. The last is tried again when its lease runs out.
    strange = [dict(outcome=UNKNOWN), dict(outcome="OUTCOME_MISFIRED"), dict(), dict(outcome="OUTCOME_DELIVERED", id=b"abc")]
    again, stray, fine = first[:3], first[3], first[4:]
    outcomes = [report(lease, **fields) for lease, fields in zip(first, strange)]
    outcomes += [report(lease, outcome="OUTCOME_DELIVERED") for lease in fine]
    say(types.WorkerMessage(outcomes=outcomes, **limit(20 + len(outcomes), 20)))
    listen(lambda: acknowledged >= set(first) and len(leases) == len(first) + len(again))
    second = [lease for lease in leases if lease not in first]
    assert {leases[lease].id for lease in second} == {leases[lease].id for lease in again}
    say(types.WorkerMessage(outcomes=[report(lease, outcome="OUTCOME_DELIVERED") for lease in second]))
    listen(lambda: acknowledged >= set(second))

    def tried(lease):
        attempts = asking.ask("Scheduler/Attempts", types.AttemptsRequest(id=leases[lease].id, limit=10), types.AttemptsReply)
        outcomes = types.Attempt.DESCRIPTOR.fields_by_name["outcome"].enum_type.values_by_number
        return [outcomes[attempt.outcome].name for attempt in attempts.attempts]

    for lease in again:
        assert tried(lease) == ["OUTCOME_DELIVERED", "OUTCOME_RETRY"], tried(lease)
    for lease in fine:
        assert tried(lease) == ["OUTCOME_DELIVERED"], tried(lease)
    assert tried(stray) == [], "an outcome of no occurrence has settled one"
    print("ok", flush=True)


def deliverer(types, address):
    """A worker of another build asks a notifier: what does not say whom to tell is told nobody."""
    notifier = Caller(address, types, "worker", "notifier")
    due = int(time.time())
    notification = types.Notification(
        title="of another build", body="b", kind=1, classroom_id="c", created_at=due - 10, created_by="u", item_id_json=b'"i"')
    outcomes = types.DeliverReply.DESCRIPTOR.fields_by_name["outcome"].enum_type.values_by_number

    def deliver(request):
        return outcomes[notifier.ask("Notifier/Deliver", request, types.DeliverReply).outcome].name

    whole = types.DeliverRequest(
        idempotency_key=f"01932c07-209c-7123-8abc-0123456789ab:{due}", authorization="Bearer of another build",
        traceparent=f"00-{'1' * 32}-{'2' * 16}-00")
    assert deliver(b"") == "OUTCOME_REJECTED"
    assert deliver(whole) == "OUTCOME_REJECTED"
    whole.notification = b"\xff"
    assert deliver(whole) == "OUTCOME_REJECTED"
    whole.notification = types.packed(notification)
    assert deliver(whole) == "OUTCOME_DELIVERED"
    print("ok", flush=True)


# MARK: A side that is asked

class Listener:
    """Answers calls: handlers by method, each given the request's bytes, returning a status and the reply's bytes."""

    def __init__(self, types, role, handlers, on_stream=None):
        self.types, self.role, self.handlers, self.on_stream = types, role, handlers, on_stream
        server = socket.create_server(("127.0.0.1", 0))
        said = dict(message="wire listening", address="127.0.0.1:%d" % server.getsockname()[1])
        print(json.dumps(said, separators=(",", ":")), flush=True)
        while True:
            peer, _ = server.accept()
            threading.Thread(target=self.serve, args=[peer], daemon=True).start()

    def serve(self, peer):
        try:
            connection = Connection(peer, self.types, self.role, wire.ACCEPTING)
            while True:
                kind, body = connection.receive()
                if kind == "open" and body.streaming:
                    self.on_stream(connection, body.call)
                elif kind == "open":
                    # As a build that does not know the method.
                    handler = self.handlers.get(body.method.removeprefix(PACKAGE), lambda payload: (UNIMPLEMENTED, b""))
                    status, payload = handler(body.payload)
                    message = "as the test has it" if status else ""
                    connection.send(end=dict(call=body.call, status=status, message=message, payload=payload))
        except EOFError:
            pass


def notifier(types):
    """Answers the first try of each occurrence as its notification's title says, and delivers the second. Prints each call."""
    tries = {}

    def deliver(payload):
        request = types.DeliverRequest.FromString(payload)
        title = types.Notification.FromString(request.notification).title
        tries[request.idempotency_key] = tries.get(request.idempotency_key, 0) + 1
        print(json.dumps(dict(title=title, key=request.idempotency_key)), flush=True)
        if tries[request.idempotency_key] > 1:
            return OK, types.packed(types.DeliverReply(outcome="OUTCOME_DELIVERED", status_code=200))
        return {
            "delivers": (OK, types.packed(types.DeliverReply(outcome="OUTCOME_DELIVERED", status_code=200))),
            "says nothing": (OK, b""),
            "says no outcome": (OK, types.packed(types.DeliverReply(status_code=200, detail="fine"))),
            "says an unknown outcome": (OK, types.packed(types.DeliverReply(outcome=UNKNOWN, status_code=200))),
            "says another's outcome": (OK, types.packed(types.DeliverReply(outcome="OUTCOME_EXPIRED", status_code=200))),
            "says that the series ends": (OK, types.packed(types.DeliverReply(outcome="OUTCOME_CANCEL_SCHEDULE", status_code=200))),
            "ends with an unknown status": (UNKNOWN, types.packed(types.DeliverReply(outcome="OUTCOME_DELIVERED", status_code=200))),
        }[title]

    Listener(types, "notifier", {"Notifier/Deliver": deliver})


def scheduler(types):
    """Answers a gateway as the description of the reminder says, and a worker with occurrences. Prints what the worker does."""
    reminders = {}

    def create(payload):
        request = types.CreateRequest.FromString(payload)
        reminders[request.reminder.id] = request.reminder
        return OK, {
            "create: nothing": b"",
            "create: unknown": types.packed(types.CreateReply(result=UNKNOWN)),
        }.get(request.reminder.description, types.packed(types.CreateReply(result="RESULT_CREATED")))

    def create_many(payload):
        requests = types.CreateManyRequest.FromString(payload).creates
        replies = {
            "create: nothing": [],
            "create: unknown": [dict(result=UNKNOWN)] * len(requests),
            "create: too few": [dict(result="RESULT_CREATED")] * (len(requests) - 1),
        }.get(requests[0].reminder.description, [dict(result="RESULT_CREATED")] * len(requests))
        return OK, types.packed(types.CreateManyReply(replies=replies))

    def described(reminder):
        position = dict(scheduled_at=reminder.schedule.start, index=1)
        good = dict(found=True, reminder=reminder, state="REMINDER_STATE_SCHEDULED", position=position, revision=1)
        wrong = {
            "get: unknown state": dict(state=UNKNOWN), "get: no state": dict(state=0), "get: no reminder": dict(reminder=None),
            "get: unknown policy": dict(reminder=types.Reminder(id=reminder.id, schedule=reminder.schedule, misfire_policy=UNKNOWN)),
        }.get(reminder.description, {})
        return types.ReminderReply(**{**good, **wrong})

    def get(payload):
        return OK, types.packed(described(reminders[types.ReminderRef.FromString(payload).id]))

    def list_all(payload):
        return OK, types.packed(types.ListReply(reminders=[described(reminder) for reminder in reminders.values()]))

    def change(payload):
        request = types.ChangeRequest.FromString(payload)
        done = types.Change(result="RESULT_DONE", state="REMINDER_STATE_CANCELLED", revision=2)
        return OK, {
            "change: nothing": b"",
            "change: nothing of it": types.packed(types.ChangeReply(changes=[types.Change()])),
            "change: unknown": types.packed(types.ChangeReply(changes=[types.Change(result=UNKNOWN, state="REMINDER_STATE_CANCELLED")])),
            "change: no state": types.packed(types.ChangeReply(changes=[types.Change(result="RESULT_DONE")])),
        }.get(reminders[request.reminders[0].id].description, types.packed(types.ChangeReply(changes=[done])))

    def attempts(payload):
        reminder = reminders[types.AttemptsRequest.FromString(payload).id]
        outcome = UNKNOWN if reminder.description == "attempts: unknown" else "OUTCOME_DELIVERED"
        return OK, types.packed(types.AttemptsReply(found=True, attempts=[dict(scheduled_at=1, number=1, outcome=outcome)]))

    def work(connection, call):
        def say(message):
            connection.send(item=dict(call=call, payload=types.packed(message)))

        limits, outcomes, refusals = [], {}, []
        arguments = b'{"args":[],"kwargs":{"message":"of another build"}}'
        task = dict(scheduled_at=1, lease_ms=60_000, task="worker.log", arguments=arguments)
        while len(outcomes) < 2 or types.build == "newer" and not refusals:
            item = connection.expect("item")
            message = types.WorkerMessage.FromString(item.payload)
            if types.build == "older":
                limits.append(message.credit + (limits[-1] if limits else 0))
            elif message.HasField("credit_limit"):
                limits.append(message.credit_limit)
            if message.HasField("attach"):
                # The first has no good id: nothing can be run, and its place is free again.
                if types.build == "newer":
                    say(types.SchedulerMessage(controls=[dict(id=1, action=UNKNOWN)]))
                say(types.SchedulerMessage(dispatches=[dict(lease=1, id=b"abc", **task)]))
                say(types.SchedulerMessage(dispatches=[dict(lease=2, id=fresh_id(), **task), dict(lease=3, id=fresh_id(), **task)]))
                continue
            outcomes.update({report.lease: report.outcome for report in message.outcomes})
            if types.build == "newer":
                refusals += [answer.refusal for answer in message.controlled if answer.refusal]
            say(types.SchedulerMessage(acknowledged=[report.lease for report in message.outcomes]))
        print(json.dumps(dict(outcomes=outcomes, more=limits[-1] - limits[0]), sort_keys=True), flush=True)

    Listener(types, "scheduler", {
        "Scheduler/Create": create, "Scheduler/CreateMany": create_many, "Scheduler/Get": get, "Scheduler/List": list_all,
        "Scheduler/Change": change, "Scheduler/Attempts": attempts,
        "Scheduler/ChangeQueue": lambda payload: (OK, b""),
        "Scheduler/ListQueues": lambda payload: (OK, types.packed(types.ListQueuesReply(queues=[dict(name="default", paused=True)]))),
        # A build before this one does not know these methods.
        **({
            "Scheduler/ControlWorker": lambda payload: (OK, types.packed(types.ControlWorkerReply(result=UNKNOWN))),
            "Scheduler/CancelOccurrence": lambda payload: (OK, types.packed(types.CancelOccurrenceReply(result=UNKNOWN))),
        } if types.build == "newer" else {}),
    }, work)


if __name__ == "__main__":
    descriptors, build, role, *rest = sys.argv[1:]
    roles = dict(gateway=gateway, worker=worker, deliverer=deliverer, notifier=notifier, scheduler=scheduler)
    roles[role](Types(descriptors, build), *rest)
