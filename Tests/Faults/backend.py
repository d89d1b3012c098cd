"""A backend that remembers: every request is a line of a file before it is answered, and another once it has been. So the record
holds what happened even where this process is killed.

usage: backend.py PORT FILE
"""
import asyncio
import json
import os
import sys
import time


async def serve(reader, writer, record):
    def note(what, key):
        os.write(record, json.dumps({"what": what, "key": key, "at_ms": time.time_ns() // 1_000_000}).encode() + b"\n")

    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
            fields = {name.strip().lower(): value.strip() for name, value in fields.items()}
            await reader.readexactly(int(fields.get(b"content-length", b"0")))
            key = fields.get(b"idempotency-key", b"").decode()
            note("received", key)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            note("answered", key)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port, path):
    record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    server = await asyncio.start_server(lambda r, w: serve(r, w, record), "127.0.0.1", port, reuse_address=True)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
