"""Requests to a gateway, over connections that are kept. Safe for threads and after a fork."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import random
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from task_scheduler.errors import (
    Conflict, Fault, InvalidRequest, NotAllowed, NotFound, Refused, TaskSchedulerError, TooMany, Unavailable)

MAX_ANSWER_BYTES = 32 << 20
"""The longest answer that is read: a page of the longest list."""
MAX_IDLE = 8
"""Connections that are kept while nothing is asked."""
MAX_IDLE_SECONDS = 30.0
"""A connection that was idle for longer may have been closed at the other end."""
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0
"""Seconds between two tries, doubled from try to try; half of each by chance."""


class Gateway:
    """A gateway's address, and how to ask there."""

    def __init__(self, url: str, key: str | None, timeout: float, ca_file: str | None, allow_plain: bool) -> None:
        parts = urlsplit(url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or parts.username:
            raise InvalidRequest(f'the gateway\'s address was "{url}"; it must look like https://tasks.example or http://127.0.0.1:5000')
        if timeout <= 0:
            raise InvalidRequest(f"timeout must be more than 0 seconds; it was {timeout:g}")
        if parts.scheme == "http" and not allow_plain and not is_loopback(host):
            raise InvalidRequest(
                f"{url} would carry keys and credentials unencrypted between machines; use https://, or allow_plain=True if the network is trusted")
        self.url = url
        self._host, self._port, self._path = host, port, parts.path.rstrip("/")
        self.timeout = timeout
        self._headers = {"Accept": "application/json"}
        if key is not None:
            if not key.isascii() or not key.isprintable() or not key.strip():
                raise InvalidRequest("the key must be printable ASCII characters")
            self._headers["Authorization"] = f"Bearer {key}"
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._lock = threading.Lock()
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []
        self._process = os.getpid()

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        *, repeatable: bool,
    ) -> Mapping[str, Any]:
        """Carries out one request, and tries again until its time is over what was not carried out.

        repeatable: whether it may be sent again although the first one may have been carried out.
        """
        deadline = time.monotonic() + self.timeout
        data = None if body is None else _json(body)
        sent = {**self._headers, **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/json"
        wait, reason = FIRST_WAIT, "there was no time to ask"
        while (left := deadline - time.monotonic()) > 0:
            asked_to_wait = 0.0
            try:
                status, answer_headers, answer = self._once(method, self._path + path, data, sent, left)
            except _NotSent as failure:
                reason = str(failure)
            except (OSError, http.client.HTTPException) as failure:
                reason = f"{type(failure).__name__}: {failure}"
                if not repeatable:
                    break
            else:
                if status != 503:
                    return _read(status, answer_headers, answer)
                reason = _detail(answer) or "the gateway answered 503"
                asked_to_wait = _seconds(answer_headers.get("Retry-After")) or 0.0
            pause = max(asked_to_wait, wait * random.uniform(0.5, 1))
            if time.monotonic() + pause >= deadline:
                break
            time.sleep(pause)
            wait = min(2 * wait, LONGEST_WAIT)
        raise Unavailable(f"{self.url} could not do it within {self.timeout:g} s: {reason}")

    def close(self) -> None:
        """Closes the connections that are kept. It can be asked again afterwards."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _once(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str], timeout: float,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._kept()
        if connection is None:
            connection = self._connect(timeout)
        elif connection.sock is not None:
            connection.sock.settimeout(timeout)
        try:
            connection.request(method, path, data, dict(headers))
            answer = connection.getresponse()
            content = answer.read(MAX_ANSWER_BYTES + 1)
            if len(content) > MAX_ANSWER_BYTES:
                raise http.client.HTTPException(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return answer.status, answer.headers, content

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        connection = (
            http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls) if self._tls
            else http.client.HTTPConnection(self._host, self._port, timeout=timeout))
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as failure:
            connection.close()
            raise Unavailable(f"{self.url} has no certificate that is trusted: {failure.verify_message}") from failure
        except OSError as failure:
            connection.close()
            raise _NotSent(f"it cannot be connected to: {failure}") from failure
        return connection

    def _kept(self) -> http.client.HTTPConnection | None:
        if self._process != os.getpid():
            # After a fork these are the parent's: two that write to one would mix up what they ask. Nor may a thread of the parent's
            # have held its lock.
            theirs = self._idle
            self._process, self._lock, self._idle = os.getpid(), threading.Lock(), []
            for connection, _ in theirs:
                connection.close()
        with self._lock:
            while self._idle:
                connection, since = self._idle.pop()
                if time.monotonic() - since < MAX_IDLE_SECONDS and not _has_ended(connection):
                    return connection
                connection.close()
        return None

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < MAX_IDLE and self._process == os.getpid():
                self._idle.append((connection, time.monotonic()))
                return
        connection.close()


class _NotSent(Exception):
    """A request of which nothing was sent."""


def is_loopback(host: str) -> bool:
    """Tells whether only this machine answers there."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _has_ended(connection: http.client.HTTPConnection) -> bool:
    """Tells whether the other end has closed an idle connection, so that a request is not lost with it."""
    sock = connection.sock
    if sock is None:
        return True
    try:
        sock.setblocking(False)
        # Whatever comes unasked is the end, or nothing that an answer could be told from.
        sock.recv(1)
        return True
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def _json(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    except (UnicodeEncodeError, TypeError) as failure:
        raise InvalidRequest(f"the request cannot be written as JSON: {failure}") from None


def _read(status: int, headers: http.client.HTTPMessage, content: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(content) if content else {}
    except ValueError:
        answer = None
    if 200 <= status < 300 and isinstance(answer, dict):
        return answer
    problem = answer if isinstance(answer, dict) else {}
    detail = problem.get("detail")
    if not isinstance(detail, str):
        detail = f"the gateway answered {status}"
    if status >= 500 or status < 400:
        raise Unavailable(detail)
    raise _refusal(status, detail, _faults(problem), headers)


def _refusal(status: int, detail: str, faults: tuple[Fault, ...], headers: http.client.HTTPMessage) -> TaskSchedulerError:
    if status == 429:
        return TooMany(status, detail, faults, _seconds(headers.get("Retry-After")))
    kinds: dict[int, type[Refused]] = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict}
    return kinds.get(status, Refused)(status, detail, faults)


def _faults(problem: Mapping[str, Any]) -> tuple[Fault, ...]:
    listed = problem.get("errors")
    if not isinstance(listed, list):
        return ()
    return tuple(
        Fault(str(next((error[name] for name in ("pointer", "parameter", "header") if name in error), "")), str(error.get("detail", "")))
        for error in listed if isinstance(error, dict))


def _detail(content: bytes) -> str | None:
    try:
        detail = json.loads(content).get("detail")
    except (ValueError, AttributeError):
        return None
    return detail if isinstance(detail, str) else None


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
