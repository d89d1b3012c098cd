"""Creates at a rate that does not wait for answers, over as many connections as that takes; a process of its own.

usage: flood.py HOST:PORT RATE SECONDS CONNECTIONS FIRST-DUE LAST-DUE FILE

RATE 0: as fast as CONNECTIONS go that each wait for their answer. FILE gets the accepted occurrences, a line each. Prints one line of
JSON: how many were sent and answered, by status, latencies of what was accepted in milliseconds, and what was answered wrongly.
"""
import asyncio
import collections
import json
import socket
import sys
import time

TICK_SECONDS = 0.002
# What is under way when time is up is waited for so long.
LINGER_SECONDS = 15


class Caller(asyncio.Protocol):
    def __init__(self, flood):
        self.flood, self.buffer, self.due, self.sent_at = flood, b"", 0, 0.0

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.flood.opened(self)

    def ask(self, payload, due):
        self.due, self.sent_at = due, time.monotonic()
        self.transport.write(payload)

    def data_received(self, data):
        data = self.buffer + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + length(data[:end]):
            self.buffer = data
            return
        self.buffer = b""
        self.flood.answered(self, int(data[9:12]), data)

    def connection_lost(self, error):
        self.flood.lost(self)


def length(head):
    at = head.lower().find(b"content-length:")
    return int(head[at + 15:].split(b"\r", 1)[0]) if at >= 0 else 0


class Flood:
    def __init__(self, address, rate, seconds, connections, first_due, last_due, file):
        self.host, port = address.rsplit(":", 1)
        self.port, self.rate, self.seconds, self.connections = int(port), rate, seconds, connections
        self.first_due, self.last_due, self.file = first_due, last_due, file
        self.idle, self.open, self.opening = [], 0, 0
        self.sent = self.unsent = self.under_way = 0
        self.statuses, self.wrong = collections.Counter(), collections.Counter()
        self.latencies, self.payloads = [], {}

    async def run(self):
        self.loop = asyncio.get_running_loop()
        self.begun = time.monotonic()
        self.first_answer = None
        while (elapsed := time.monotonic() - self.begun) < self.seconds:
            while self.opening + self.open < self.connections and self.opening < 64 and (not self.rate or not self.idle):
                self.opening += 1
                asyncio.ensure_future(self._connect())
            for _ in range(int(self.rate * elapsed) - self.sent - self.unsent):
                if self.idle:
                    self._send(self.idle.pop())
                elif self.opening + self.open >= self.connections:
                    self.unsent += 1
                else:
                    break   # a connection is on its way
            await asyncio.sleep(TICK_SECONDS)
        self.ended = time.monotonic()
        while self.under_way and time.monotonic() < self.ended + LINGER_SECONDS:
            await asyncio.sleep(0.05)

    async def _connect(self):
        try:
            await self.loop.create_connection(lambda: Caller(self), self.host, self.port)
        except OSError as error:
            self.wrong[f"no connection: {error}"] += 1
        self.opening -= 1

    def opened(self, caller):
        self.open += 1
        self._next(caller)

    def _next(self, caller):
        if self.rate:
            self.idle.append(caller)
        elif time.monotonic() - self.begun < self.seconds:
            self._send(caller)

    def _send(self, caller):
        due = self.first_due + self.sent % (self.last_due - self.first_due + 1)
        self.sent += 1
        self.under_way += 1
        caller.ask(self.payloads.get(due) or self._payload(due), due)

    def _payload(self, due):
        body = json.dumps({"rrule": None, "start_datetime": due, "notification_metadata": {
            "auth_header": "Bearer fault", "title": "t", "body": "b", "item_id": "i", "created_at": due, "created_by": "u",
            "classroom_id": "c", "kind": 1}}).encode()
        head = f"POST /remind_me HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.payloads[due] = head.encode() + body
        return self.payloads[due]

    def answered(self, caller, status, data):
        self.under_way -= 1
        self.statuses[status] += 1
        if status == 201:
            self.latencies.append(time.monotonic() - caller.sent_at)
            at = data.find(b'"id":"') + 6
            self.file.write(f"{data[at:at + 36].decode()}:{caller.due}\n")
        elif status not in (429, 503) or b"retry-after:" not in data.lower():
            self.wrong[f"{status} without Retry-After: {data[-200:].decode(errors='replace')}"] += 1
        caller.sent_at = 0.0
        self._next(caller)

    def lost(self, caller):
        self.open -= 1
        if caller.sent_at:
            self.under_way -= 1
            self.wrong["a connection broke before its answer"] += 1
        elif caller in self.idle:
            self.idle.remove(caller)

    def line(self):
        latencies = sorted(self.latencies)

        def part(share):
            return round(latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000) if latencies else 0
        seconds = self.ended - self.begun
        return json.dumps({
            "sent": self.sent, "unsent": self.unsent, "offered_per_s": round((self.sent + self.unsent) / seconds),
            "accepted_per_s": round(len(latencies) / seconds), "statuses": self.statuses, "wrong": self.wrong,
            "unanswered": self.under_way, "connections": self.open, "p50_ms": part(0.5), "p99_ms": part(0.99), "max_ms": part(1)})


def main(address, rate, seconds, connections, first_due, last_due, path):
    with open(path, "w") as file:
        flood = Flood(address, float(rate), float(seconds), int(connections), int(first_due), int(last_due), file)
        asyncio.run(flood.run())
    print(flood.line(), flush=True)


main(*sys.argv[1:])
