"""A side of a connection in Python, written from Shared/Protos/README.md and the .proto files alone: frames, handshake, keepalive."""
import hashlib
import hmac
import os
import socket
import struct

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

VERSION = 1
CONNECTING, ACCEPTING = b"\0", b"\1"
LABEL = b"task-scheduler wire 1"


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


def derive(key, use):
    """HKDF-SHA256 (RFC 5869) to 32 bytes, which is one block of it."""
    drawn = hmac.new(LABEL, key, hashlib.sha256).digest()
    return hmac.new(drawn, use.encode() + b"\1", hashlib.sha256).digest()


def described(hello):
    """A Hello as the proof has it."""
    text = struct.pack(">II", hello.version_min, hello.version_max) + hello.nonce
    for name in (hello.role, hello.instance, hello.build):
        text += bytes([len(name.encode())]) + name.encode()
    return text


class Connection:
    """Frames over one socket, whose handshake is through. CLUSTER_SECRET is the secret, if there is one.

    peer: the role of whoever is connected to; None on the side that accepts.
    tenure: what a scheduler says of its store, `store` and `term`.
    """

    def __init__(self, socket, types, role, side=CONNECTING, peer="scheduler", **tenure):
        self.socket, self.role, self.side, self.tenure = socket, role, side, tenure
        self.peer = peer if side == CONNECTING else None
        self.Frame = types["task_scheduler.wire.Frame"]
        self.handshake()

    @classmethod
    def open(cls, address, types, role, peer="scheduler"):
        host, port = address.rsplit(":", 1)
        return cls(socket.create_connection((host, int(port)), timeout=30), types, role, peer=peer)

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
        own = self.Frame(hello=dict(
            version_min=VERSION, version_max=VERSION, role=self.role, instance=f"{self.role}-{os.getpid()}", build="test",
            nonce=os.urandom(32), **self.tenure)).hello
        self.send(hello=own)
        other = self.expect("hello")
        assert other.version_min <= VERSION <= other.version_max, "the versions do not overlap"
        assert self.peer in (None, other.role), f"a {other.role} answers where a {self.peer} was expected"
        ends = (own, other) if self.side == CONNECTING else (other, own)
        if self.side == ACCEPTING:
            self.send(proof=dict(mac=self.proof(*ends, ACCEPTING)))
        theirs = ACCEPTING if self.side == CONNECTING else CONNECTING
        assert hmac.compare_digest(self.expect("proof").mac, self.proof(*ends, theirs)), "the peer did not prove itself"
        if self.side == CONNECTING:
            self.send(proof=dict(mac=self.proof(*ends, CONNECTING)))

    @staticmethod
    def proof(connecting, accepting, side):
        secret = os.environ.get("CLUSTER_SECRET")
        if not secret:
            return b""
        key = derive(derive(secret.encode(), f"{connecting.role} to {accepting.role}"), "proof")
        plain = b"\0"
        return hmac.new(key, LABEL + described(connecting) + described(accepting) + plain + side, hashlib.sha256).digest()
