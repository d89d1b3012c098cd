"""A side of a connection in Python, written from Shared/Protos/README.md and the .proto files alone: frames, handshake, keepalive."""
import hashlib
import hmac
import os
import socket
import struct

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

VERSION = 1
CONNECTING, ACCEPTING = b"\0", b"\1"


def messages(path, change=lambda files: None):
    """The message classes of the .proto files, by full name.

    path: what `protoc --descriptor_set_out` makes of them. change: what is done to the FileDescriptorSet first.
    """
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    change(files)
    pool = descriptor_pool.DescriptorPool()
    names = []
    for file in files.file:
        pool.Add(file)
        names += [f"{file.package}.{message.name}" for message in file.message_type]
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names}


class Connection:
    """Frames over one socket, whose handshake is through. CLUSTER_SECRET is the secret, if there is one."""

    def __init__(self, socket, types, role, side=CONNECTING):
        self.socket, self.role, self.side = socket, role, side
        self.Frame = types["task_scheduler.wire.Frame"]
        self.handshake()

    @classmethod
    def open(cls, address, types, role):
        host, port = address.rsplit(":", 1)
        return cls(socket.create_connection((host, int(port)), timeout=30), types, role)

    def pack(self, frame):
        return frame.SerializeToString()

    def send(self, **body):
        data = self.pack(self.Frame(**body))
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

    def expect(self, wanted):
        kind, body = self.receive()
        assert kind == wanted, f"{kind} came instead of {wanted}"
        return body

    def handshake(self):
        nonce = os.urandom(32)
        self.send(hello=dict(
            version_min=VERSION, version_max=VERSION, role=self.role, instance=f"{self.role}-{os.getpid()}", build="test", nonce=nonce))
        hello = self.expect("hello")
        assert hello.version_min <= VERSION <= hello.version_max, "the versions do not overlap"
        ours, theirs = (nonce, self.role.encode()), (hello.nonce, hello.role.encode())
        own = dict(mac=self.proof(ours, theirs, self.side))
        if self.side == CONNECTING:
            self.send(proof=own)
        other = ACCEPTING if self.side == CONNECTING else CONNECTING
        proof = self.expect("proof")
        assert hmac.compare_digest(proof.mac, self.proof(theirs, ours, other)), "the peer did not prove itself"
        if self.side == ACCEPTING:
            self.send(proof=own)

    @staticmethod
    def proof(prover, peer, side):
        secret = os.environ.get("CLUSTER_SECRET")
        if not secret:
            return b""
        text = b"task-scheduler wire 1"
        for nonce, role in (prover, peer):
            text += nonce + bytes([len(role)]) + role
        return hmac.new(secret.encode(), text + side, hashlib.sha256).digest()
