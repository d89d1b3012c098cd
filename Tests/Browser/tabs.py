"""What ten tabs cost the gateway and the scheduler. See `tabs`."""

import asyncio
import os
import pathlib
import statistics
import sys
import time

sys.dont_write_bytecode = True

from chromium import Chromium
from document import API
from stock import Stock
from visit import SIZE, Visit

PAGES = ("", "", "", "", "/reminders", "/queues", "/workers", "/occurrences", "/dead-letters", "/held")
ROUNDS = 5
BATCH = 1_000
# Until a burst is due: as long as its creation may take, and a moment of rest.
LEAD_SECONDS = 6
WAIT_SECONDS = 120
MAX_BYTES = 8_000_000
MAX_SHARE = 0.02
# Of the stack's processes, by their place.
SCHEDULER, GATEWAY = 2, 4


def memory(pid):
    """Bytes of a process that are its own."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon:")).split()[1]) * 1_024


def processor_seconds(pid):
    """Of all threads of a process."""
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


class Bursts:
    """Reminders that are all due at the same second."""

    def __init__(self, stock, count, pid):
        self.stock, self.count, self.pid = stock, count, pid

    def delivered(self):
        return self.stock.standin.ask("GET", "/control/summary").json()["delivered"]

    async def run(self):
        """The processor time that the scheduler takes from before one is due until it is delivered."""
        due, expected = int(time.time()) + LEAD_SECONDS, self.delivered() + self.count
        one = {"start_datetime": due, "notification_metadata": {"auth_header": "Bearer good", "title": "burst", "body": "b", "item_id": "i",
            "created_at": due, "created_by": "t", "classroom_id": "c", "kind": 1}}
        for first in range(0, self.count, BATCH):
            body = {"create": [one] * min(BATCH, self.count - first)}
            await asyncio.to_thread(self.stock.ask, "POST", "/reminders/batch", body)
        assert time.time() < due, "it takes longer to create them than until they are due"
        await asyncio.sleep(due - time.time() - 0.2)
        before = processor_seconds(self.pid)
        deadline = time.monotonic() + WAIT_SECONDS
        while self.delivered() < expected:
            assert time.monotonic() < deadline, f"{self.delivered()} of {expected} are delivered"
            await asyncio.sleep(0.1)
        return processor_seconds(self.pid) - before


async def main(count="20000"):
    stock = Stock(API(os.environ["GATEWAY_URL"]), API(os.environ["STANDIN_URL"]))
    stock.fill()
    pids = [int(pid) for pid in os.environ["STACK_PIDS"].split()]
    bursts = Bursts(stock, int(count), pids[SCHEDULER])
    alone, watched, grown = [], [], []
    async with Chromium() as browser:
        # What is made at the first of everything is no tab's.
        await bursts.run()
        for _ in range(ROUNDS):
            alone.append(await bursts.run())
            before = memory(pids[GATEWAY])
            visits = [Visit(await browser.page(*SIZE, apart=True), os.environ["OPS_URL"]) for _ in PAGES]
            for visit, path in zip(visits, PAGES):
                await visit.open(path)
            assert not any([await visit.page.run("document.hidden") for visit in visits]), "a hidden tab asks for nothing"
            watched.append(await bursts.run())
            grown.append(memory(pids[GATEWAY]) - before)
            for visit in visits:
                await visit.page.close()
    share = statistics.median(watched) / statistics.median(alone) - 1
    print(f"{'much' if max(grown) > MAX_BYTES else 'ok  '} the gateway has at most {max(grown) / 1e6:.1f} MB more with {len(PAGES)} tabs", flush=True)
    print(f"{'much' if share > MAX_SHARE else 'ok  '} the scheduler takes {statistics.median(watched):.2f} s of a processor for {count}, and {statistics.median(alone):.2f} s alone: "
        f"{share:+.1%}", flush=True)
    return 1 if max(grown) > MAX_BYTES or share > MAX_SHARE else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
