"""A connection to a scheduler: frames, handshake, keepalive, and one stream with its credit."""

from __future__ import annotations

import asyncio
import hmac
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from google.protobuf.message import DecodeError

from task_scheduler._protos.wire_pb2 import Credit, End, Frame, Hello, Item, Open, Ping, Proof
from task_scheduler.wire.keys import ACCEPTING, CONNECTING, PEER, ROLE, LinkKeys, proof
from task_scheduler.wire.security import Security, SecurityError

VERSION = 1
MAX_FRAME_BYTES, MAX_HANDSHAKE_BYTES = 4 << 20, 4 << 10
MAX_NAME_BYTES, NONCE_BYTES = 128, 32
MAX_UNSENT_BYTES = 32 << 20
"""A peer that leaves so much unread is given up."""
WINDOW_BYTES = 1 << 20
"""Payload of a stream that may be on its way beyond what the receiver has granted."""
INTERVAL = 7.5
"""Seconds between two looks at whether a peer was heard; after half of them it is asked for a sign of life, after two it is dead."""
HANDSHAKE_SECONDS = 5.0
FRAME_SECONDS = 30.0
"""A frame that has begun must have arrived by then."""
STILL_SECONDS = 2 * INTERVAL
"""Who stood still for so long may have been given up by its peer."""
SETTLE_SECONDS = 0.1
"""How long such a one waits for the end of its connection before it begins what came on it."""
METHOD = "task_scheduler.v1.Scheduler/Work"
CALL = 1
"""The id of the only call on a connection."""


class Stream(Protocol):
    """What a connection is for."""

    def opened(self) -> None: ...
    def received(self, payload: bytes) -> None: ...
    def unblocked(self) -> None: ...


class WireError(Exception):
    """The reason why a connection ended."""


@dataclass(frozen=True)
class Tenure:
    """That a scheduler has a store which others stand by for. What its workers have goes to who has the store after it."""

    store: str
    """Which store."""
    term: int
    """How often it has been taken: of two that say they have it, the one with the higher term does."""


class Connection(asyncio.Protocol):
    """The connecting side of one connection. All of it runs on the event loop that made it; `ended` comes to the reason of its end."""

    def __init__(self, stream: Stream, security: Security, instance: str, build: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._stream = stream
        self._security = security
        self._own = Hello(
            version_min=VERSION, version_max=VERSION, role=ROLE, instance=instance, build=build, nonce=os.urandom(NONCE_BYTES))
        self._other: Hello | None = None
        self.ended: asyncio.Future[Exception | None] = self._loop.create_future()
        self.is_open = False
        """Whether the stream stands."""
        self._transport: asyncio.Transport | None = None
        self._beneath = b""
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._is_flush_due = False
        self._window = WINDOW_BYTES
        self._consumed = 0
        self._heard = self._looked = self._begun = time.monotonic()
        self._asked = False
        self._timer: asyncio.TimerHandle | None = None
        self._settling: list[Frame] | None = None

    # What the stream asks.

    @property
    def peer(self) -> str:
        """The instance that answers."""
        return self._other.instance if self._other is not None else ""

    @property
    def tenure(self) -> Tenure | None:
        """Which store the scheduler has that answers, where others stand by for that."""
        return Tenure(self._other.store, self._other.term) if self._other is not None and self._other.store else None

    @property
    def can_send(self) -> bool:
        """Whether the stream takes an item now."""
        return self.is_open and self._window > 0

    def send(self, payload: bytes) -> None:
        """Sends an item, with what else this turn of the loop brings."""
        self._window -= len(payload)
        self._write(Frame(item=Item(call=CALL, payload=payload)))

    def finish(self) -> None:
        """Ends the stream and the connection."""
        if self.is_open:
            self._write(Frame(end=End(call=CALL, from_client=True)))
            self._flush()
        self.end(None)

    def end(self, reason: Exception | None) -> None:
        """Ends the connection."""
        if not self.ended.done():
            self.ended.set_result(reason)
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        try:
            self._beneath = self._security.beneath(transport.get_extra_info("ssl_object"))
        except SecurityError as error:
            return self.end(error)
        transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES // 2)
        self._timer = self._loop.call_later(HANDSHAKE_SECONDS, self._handshake_is_late)
        self._write(Frame(hello=self._own))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._settling is not None:
            # It had been given up: what ended before counts, and nothing that came with it begins.
            frames, self._settling = self._settling, None
            for frame in frames:
                if frame.WhichOneof("body") == "end":
                    self._take(frame)
        self.end(exc or WireError("the scheduler has closed the connection"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        stood_still = now - self._looked > STILL_SECONDS and self.is_open
        self._heard = now
        self._asked = False
        if not self._buffer:
            self._begun = now
        self._buffer += data
        try:
            frames = self._whole_frames()
        except (DecodeError, WireError) as error:
            return self.end(WireError(f"what came is no frame: {error}"))
        if stood_still and self._settling is None:
            self._settling = []
            self._loop.call_later(SETTLE_SECONDS, self._settled)
        if self._settling is not None:
            self._settling += frames
            return
        for frame in frames:
            self._take(frame)

    def _settled(self) -> None:
        frames, self._settling = self._settling or [], None
        self._looked = time.monotonic()
        for frame in frames:
            self._take(frame)

    def _whole_frames(self) -> list[Frame]:
        frames, buffer, at = [], self._buffer, 0
        limit = MAX_FRAME_BYTES if self.is_open else MAX_HANDSHAKE_BYTES
        while len(buffer) - at >= 4:
            (length,) = struct.unpack_from(">I", buffer, at)
            if not 1 <= length <= limit:
                raise WireError(f"a length of {length} bytes, where 1 to {limit} are allowed")
            if len(buffer) - at - 4 < length:
                break
            frames.append(Frame.FromString(bytes(buffer[at + 4 : at + 4 + length])))
            at += 4 + length
            self._begun = self._heard
        if at:
            del buffer[:at]
        return frames

    # Frames

    def _take(self, frame: Frame) -> None:
        if self.ended.done():
            return
        kind = frame.WhichOneof("body")
        if kind == "item":
            if frame.item.call == CALL and self.is_open:
                self._item(frame.item.payload)
        elif kind == "credit":
            if frame.credit.call == CALL and self.is_open:
                was_blocked = self._window <= 0
                self._window += frame.credit.bytes
                if was_blocked and self._window > 0:
                    self._stream.unblocked()
        elif kind == "ping":
            self._write(Frame(pong=Ping(token=frame.ping.token)))
        elif kind == "hello":
            self._hello(frame.hello)
        elif kind == "proof":
            self._proof(frame.proof.mac)
        elif kind == "end":
            if frame.end.call == CALL:
                self.end(WireError(f"the scheduler ended the stream: {_line(frame.end.message)}" if frame.end.status else "the scheduler ended the stream"))
        elif kind == "go_away" and not self.is_open:
            self.end(WireError(f"the scheduler refuses this worker: {_line(frame.go_away.reason)}"))
        # After the handshake GoAway lets the stream go on; its end is this connection's.

    def _item(self, payload: bytes) -> None:
        self._consumed += len(payload)
        if 2 * self._consumed >= WINDOW_BYTES:
            self._write(Frame(credit=Credit(call=CALL, bytes=self._consumed)))
            self._consumed = 0
        try:
            self._stream.received(payload)
        except DecodeError as error:
            self.end(WireError(f"what came is no message: {error}"))

    def _hello(self, hello: Hello) -> None:
        if self._other is not None:
            return self.end(WireError("a second Hello"))
        names = (hello.role, hello.instance, hello.build, hello.store)
        if any(len(name.encode()) > MAX_NAME_BYTES for name in names) or len(hello.nonce) != NONCE_BYTES:
            return self.end(WireError("a Hello with fields out of bounds"))
        if not hello.version_min <= VERSION <= hello.version_max:
            return self.end(WireError(f"the scheduler speaks versions {hello.version_min} to {hello.version_max}, this worker {VERSION}"))
        if hello.role != PEER:
            return self.end(WireError(f'a "{_line(hello.role)}" answers where a {PEER} was expected'))
        self._other = hello

    def _proof(self, mac: bytes) -> None:
        if self._other is None or self.is_open:
            return self.end(WireError("a Proof that nobody waited for"))
        keys: LinkKeys | None = self._security.keys
        wanted = proof(keys, self._own, self._other, self._beneath, ACCEPTING)
        if not hmac.compare_digest(mac, wanted):
            reasons = {
                (True, False): "the scheduler has no secret, and this worker has: set the same CLUSTER_SECRET on both",
                (False, True): "the scheduler wants a secret, and this worker has none: set CLUSTER_SECRET, the scheduler's",
            }
            reason = reasons.get((keys is not None, bool(mac)), "the scheduler's secret is another than this worker's: set the same CLUSTER_SECRET on both")
            return self.end(WireError(reason))
        self._write(Frame(proof=Proof(mac=proof(keys, self._own, self._other, self._beneath, CONNECTING))))
        self._write(Frame(open=Open(call=CALL, method=METHOD, streaming=True)))
        self.is_open = True
        if self._timer is not None:
            self._timer.cancel()
        self._looked = time.monotonic()
        self._timer = self._loop.call_later(INTERVAL / 2, self._look)
        self._stream.opened()

    # Time

    def _handshake_is_late(self) -> None:
        self.end(WireError(f"the handshake was not through after {HANDSHAKE_SECONDS:g} s"))

    def _look(self) -> None:
        now = time.monotonic()
        # One that stood still itself has heard nothing for that reason.
        stood_still = now - self._looked > INTERVAL
        silence = now - self._heard
        self._looked = now
        if self._buffer and now - self._begun > FRAME_SECONDS and not stood_still:
            return self.end(WireError(f"a frame was not whole after {FRAME_SECONDS:g} s"))
        if silence >= 2 * INTERVAL and not stood_still:
            return self.end(WireError(f"the scheduler was not heard for {silence:.0f} s"))
        if silence >= INTERVAL / 2 and not self._asked:
            self._asked = True
            self._write(Frame(ping=Ping(token=1)))
        self._timer = self._loop.call_later(INTERVAL / 2, self._look)

    # Writing

    def _write(self, frame: Frame) -> None:
        data = frame.SerializeToString()
        self._out.append(struct.pack(">I", len(data)) + data)
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        out, self._out = self._out, []
        if not out or self._transport is None or self._transport.is_closing():
            return
        self._transport.write(b"".join(out))
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()
            self.end(WireError("the scheduler does not read what it is sent"))


def _line(text: str) -> str:
    """What a peer says, as a part of one line."""
    return "".join(each if each.isprintable() else " " for each in text[:300])


async def connect(host: str, port: int, make: Callable[[], Connection], security: Security, timeout: float) -> Connection:
    """Connects to the first of a name's addresses that answers.

    Raises `OSError` where none does, and `SecurityError` for one that must not be spoken with.
    """
    loop = asyncio.get_running_loop()
    found = await asyncio.wait_for(loop.getaddrinfo(host, port, type=1), timeout)
    failure: OSError = OSError(f"{host} has no address")
    for family, _, _, _, address in found:
        tls = security.tls(str(address[0]))
        try:
            _, connection = await asyncio.wait_for(
                loop.create_connection(
                    make, str(address[0]), port, family=family, ssl=tls, server_hostname=host if tls is not None else None),
                timeout)
            return connection
        except (OSError, asyncio.TimeoutError) as error:
            failure = error if isinstance(error, OSError) and str(error) else OSError(f"{host}:{port} did not answer within {timeout:g} s")
    raise failure
