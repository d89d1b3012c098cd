"""How long the pages take over many reminders of every state. See `many`."""

import asyncio
import concurrent.futures
import os
import sys
import time

sys.dont_write_bytecode = True

from chromium import Chromium
from document import API
from stock import Stock
from visit import READY, SIZE, Visit

BATCH = 1_000
ROUNDS = 5
MAX_MILLISECONDS = 300
DAY = 86_400
PEOPLE, CLASSROOMS = 50, 500
# Of a thousand.
PAUSED, CANCELLED, DELIVERED, DEAD, HELD = 20, 40, 20, 10, 10
PAGES = ("", "/reminders", "/reminders?state=paused", "/reminders?classroom_id=classroom-7", "/reminders?description=number+77", "/dead-letters", "/held", "/queues", "/occurrences?state=ready", "/workers")

# Milliseconds from the navigation until the page shows its content.
TOOK = f"""new Promise(done => {{
    const look = () => {READY} ? done(performance.now()) : requestAnimationFrame(look);
    look();
}})"""


def fill(stock, count):
    now = int(time.time())

    def one(number):
        kind = number % 1_000
        start, meta, extra = now + DAY + number * 13 % (30 * DAY), {}, {}
        if kind < DELIVERED:
            start = now
        elif kind < DELIVERED + DEAD:
            start, meta = now, {"title": "refused"}
        elif kind < DELIVERED + DEAD + HELD:
            start, meta, extra = now, {"auth_header": "Bearer expired"}, {"rrule": "FREQ=DAILY"}
        whole = {"auth_header": "Bearer good", "title": f"number {number}", "body": "b", "item_id": "i", "created_at": now,
            "created_by": f"teacher-{number % PEOPLE}", "classroom_id": f"classroom-{number % CLASSROOMS}", "kind": 1, **meta}
        return {"start_datetime": start, "description": f"number {number}", "notification_metadata": whole, **extra}

    stock.behave()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        def batch(first):
            made = stock.ask("POST", "/reminders/batch", {"create": [one(number) for number in range(first, min(count, first + BATCH))]})["created"]
            assert all(item["status"] == 201 for item in made), made[:3]
            ids = [item["id"] for item in made][-(PAUSED + CANCELLED):]
            stock.ask("POST", "/reminders/batch", {"cancel": ids[:CANCELLED]})
            for id in ids[CANCELLED:]:
                stock.ask("POST", f"/reminders/{id}/pause")
        list(pool.map(batch, range(0, count, BATCH)))
    while True:
        states = {path: sum(1 for _ in walk(stock, path, name)) for path, name in (("/dead-letters", "dead_letters"), ("/held", "held"))}
        if states["/dead-letters"] >= count // 1_000 * DEAD and states["/held"] >= count // 1_000 * HELD:
            return
        time.sleep(1)


def walk(stock, path, name):
    cursor = ""
    while cursor is not None:
        page = stock.ask("GET", f"{path}?limit=500{cursor and '&cursor=' + cursor}")
        yield from page[name]
        cursor = page["next_cursor"]


async def main(count="100000"):
    stock = Stock(API(os.environ["GATEWAY_URL"]), API(os.environ["STANDIN_URL"]))
    began = time.monotonic()
    fill(stock, int(count))
    print(f"{count} reminders in {time.monotonic() - began:.0f} s", flush=True)
    slow = 0
    async with Chromium() as browser:
        visit = Visit(await browser.page(*SIZE), os.environ["OPS_URL"])
        for path in PAGES:
            times = []
            for _ in range(ROUNDS):
                await visit.page.open(visit.base + "/dashboard" + path)
                times.append(await visit.page.run(TOOK))
            await visit.inspect()
            best = min(times)
            slow += best > MAX_MILLISECONDS
            print(f"{'slow' if best > MAX_MILLISECONDS else 'ok  '} /dashboard{path}: {best:.0f} ms, at worst {max(times):.0f}", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
