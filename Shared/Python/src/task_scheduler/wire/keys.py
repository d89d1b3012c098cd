"""Keys of connections, and what a side proves with them."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from task_scheduler._protos.wire_pb2 import Hello

LABEL = b"task-scheduler wire 1"
"""What every key and proof of this protocol begins with."""
ROLE, PEER = "worker", "scheduler"
"""The roles of the connecting and of the accepting side."""
DERIVED_PREFIX = "task-scheduler-key:"
"""What the keys of one role begin with, where they are given in place of the cluster's secret."""
CONNECTING, ACCEPTING = b"\0", b"\1"
PLAIN, BY_SECRET, BY_CERTIFICATES = b"\0", b"\1", b"\2"
"""What is beneath, as the proof binds it."""


def derive(key: bytes, use: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) to 32 bytes, which is one block of it."""
    drawn = hmac.new(LABEL, key, hashlib.sha256).digest()
    return hmac.new(drawn, use.encode() + b"\1", hashlib.sha256).digest()


@dataclass(frozen=True)
class LinkKeys:
    """The keys between workers and schedulers."""

    proof: bytes = field(repr=False)
    encryption: bytes = field(repr=False)

    @staticmethod
    def of(secret: str) -> LinkKeys:
        """The keys that follow from the cluster's secret, or that the line of `scheduler --derive-secret worker` holds.

        Raises `ValueError`, which says nothing of the secret, for such a line that is another role's or not whole.
        """
        link = _derived(secret) if secret.startswith(DERIVED_PREFIX) else derive(secret.encode(), f"{ROLE} to {PEER}")
        return LinkKeys(derive(link, "proof"), derive(link, "encryption"))


def _derived(secret: str) -> bytes:
    role, _, listed = secret.removeprefix(DERIVED_PREFIX).partition(":")
    if role != ROLE:
        raise ValueError(f"holds the keys of a {role[:16]}, and this is a {ROLE}")
    for entry in listed.split(","):
        peer, _, text = entry.partition("=")
        if peer == PEER and len(text) == 64:
            try:
                return bytes.fromhex(text)
            except ValueError:
                break
    raise ValueError(f"begins with {DERIVED_PREFIX} and is not whole")


def proof(keys: LinkKeys | None, connecting: Hello, accepting: Hello, beneath: bytes, side: bytes) -> bytes:
    """What one side shows of its key, bound to this connection. Empty where there is no secret.

    beneath: `PLAIN`, `BY_SECRET`, or `BY_CERTIFICATES` and the SHA-256 of both sides' certificates.
    """
    if keys is None:
        return b""
    return hmac.new(keys.proof, LABEL + _described(connecting) + _described(accepting) + beneath + side, hashlib.sha256).digest()


def _described(hello: Hello) -> bytes:
    text = struct.pack(">II", hello.version_min, hello.version_max) + hello.nonce
    for name in (hello.role, hello.instance, hello.build):
        text += bytes([len(name.encode())]) + name.encode()
    return text
