"""A worker in Python, written from Shared/Protos/README.md and the .proto files alone.

usage: worker.py HOST:PORT QUEUE DESCRIPTORS COUNT

Serves QUEUE: prints each occurrence as a JSON line and reports it as delivered. Drains and ends after COUNT of them.
DESCRIPTORS is what `protoc --descriptor_set_out` makes of the .proto files; CLUSTER_SECRET is the secret, if there is one.
"""
import hashlib
import hmac
import json
import os
import socket
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROLE = "worker"
TASK = "edvora.notification"


def messages(path):
    """The message classes of the .proto files, by full name."""
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    names = []
    for file in files.file:
        pool.Add(file)
        names += [f"{file.package}.{message.name}" for message in file.message_type]
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names}


class Connection:
    """Frames over one socket, with the handshake, keepalive and credit that the specification asks for."""

    def __init__(self, address, types):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.Frame = types["task_scheduler.wire.Frame"]
        self.handshake()

    def send(self, **body):
        frame = self.Frame(**body)
        data = frame.SerializeToString()
        self.socket.sendall(struct.pack(">I", len(data)) + data)

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("the peer has closed the connection")
            data += part
        return data

    def receive(self):
        """The next frame that is not keepalive."""
        while True:
            (length,) = struct.unpack(">I", self.read(4))
            frame = self.Frame.FromString(self.read(length))
            kind = frame.WhichOneof("body")
            if kind == "ping":
                self.send(pong=dict(token=frame.ping.token))
            elif kind == "go_away":
                raise EOFError(frame.go_away.reason)
            elif kind is not None:
                return kind, getattr(frame, kind)

    def handshake(self):
        nonce = os.urandom(32)
        self.send(hello=dict(version_min=1, version_max=1, role=ROLE, instance=f"python-{os.getpid()}", build="test", nonce=nonce))
        kind, hello = self.receive()
        assert kind == "hello" and hello.version_min <= 1 <= hello.version_max, kind
        ours, theirs = (nonce, ROLE.encode()), (hello.nonce, hello.role.encode())
        self.send(proof=dict(mac=self.proof(ours, theirs, b"\0")))
        kind, proof = self.receive()
        assert kind == "proof" and hmac.compare_digest(proof.mac, self.proof(theirs, ours, b"\1")), "the scheduler did not prove itself"

    @staticmethod
    def proof(prover, peer, side):
        secret = os.environ.get("CLUSTER_SECRET")
        if not secret:
            return b""
        text = b"task-scheduler wire 1"
        for nonce, role in (prover, peer):
            text += nonce + bytes([len(role)]) + role
        return hmac.new(secret.encode(), text + side, hashlib.sha256).digest()


def main(address, queue, descriptors, count):
    types = messages(descriptors)
    WorkerMessage, SchedulerMessage = types["task_scheduler.WorkerMessage"], types["task_scheduler.SchedulerMessage"]
    connection = Connection(address, types)
    call = 1
    connection.send(open=dict(call=call, method="task_scheduler.Scheduler/Work", streaming=True))

    def say(message):
        connection.send(item=dict(call=call, payload=message.SerializeToString()))

    say(WorkerMessage(attach=dict(instance=f"python-{os.getpid()}", queues=[queue], tasks=[TASK]), credit=4))
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
            notification = types["task_scheduler.Notification"].FromString(dispatch.arguments)
            print(json.dumps(dict(title=notification.title, scheduled_at=dispatch.scheduled_at, attempt=dispatch.attempt)), flush=True)
            answer.outcomes.add(lease=dispatch.lease, id=dispatch.id, scheduled_at=dispatch.scheduled_at, outcome=0)
            unacknowledged.add(dispatch.lease)
            done += 1
        answer.credit = len(message.dispatches)
        if done >= count and message.dispatches:
            answer.leaving = True
        if message.dispatches:
            say(answer)
    connection.send(end=dict(call=call, from_client=True))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
