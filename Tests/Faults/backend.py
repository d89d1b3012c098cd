"""A backend that remembers: every request is a line of a file before it is answered, and another once it has been. So the record
holds what happened even where this process is killed. A line is a letter, the Idempotency-Key, and unix milliseconds:

    R received    A answered 204    F refused with 503

usage: backend.py HOST PORT FILE PER-MILLE LEAST MOST      so many of a thousand first requests with a key are refused; an answer
                                                           takes so many milliseconds, by its key: LEAST or more, less than MOST
"""
import asyncio
import os
import sys
import time
import zlib

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class Backend(asyncio.Protocol):
    record = -1
    per_mille, milliseconds = 0, range(0)
    refused = set()

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        keys = []
        while (key := self._next()) is not None:
            keys.append(key)
        if not keys:
            return
        self._note("R", keys)
        if Backend.milliseconds:
            # A client sends no second request on a connection before the first is answered: order is kept.
            wait = Backend.milliseconds[zlib.crc32(keys[0].encode()) // 1000 % len(Backend.milliseconds)] / 1000
            asyncio.get_running_loop().call_later(wait, self._look, keys)
        else:
            self._answer(keys)

    def _look(self, keys):
        # After SIGCONT timers come before what the sockets have to say; a timer of a timer comes after it.
        asyncio.get_running_loop().call_later(0, self._answer, keys)

    def _answer(self, keys):
        # Nobody is there to hear it.
        if self.transport.is_closing():
            return
        answers = [self._refuses(key) for key in keys]
        self.transport.write(b"".join(REFUSAL if refused else ANSWER for refused in answers))
        for letter, which in ("F", True), ("A", False):
            self._note(letter, [key for key, refused in zip(keys, answers) if refused == which])

    def _next(self):
        """The key of the next whole request; None until it is there."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        length, key = 0, ""
        for line in self.buffer[:end].split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name == b"content-length":
                length = int(value)
            elif name == b"idempotency-key":
                key = value.strip().decode()
        if len(self.buffer) < end + 4 + length:
            return None
        self.buffer = self.buffer[end + 4 + length:]
        return key

    def _refuses(self, key):
        if not Backend.per_mille or key in Backend.refused or zlib.crc32(key.encode()) % 1000 >= Backend.per_mille:
            return False
        Backend.refused.add(key)
        return True

    def _note(self, letter, keys):
        if keys:
            now = time.time_ns() // 1_000_000
            os.write(Backend.record, "".join(f"{letter} {key} {now}\n" for key in keys).encode())


async def main(host, port, path, per_mille, least, most):
    Backend.record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    Backend.per_mille, Backend.milliseconds = int(per_mille), range(int(least), int(most))
    server = await asyncio.get_running_loop().create_server(Backend, host, int(port), reuse_address=True, backlog=1024)
    print("backend listening on {}:{}".format(*server.sockets[0].getsockname()[:2]), flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
