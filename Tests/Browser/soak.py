"""What tabs that are open for long keep. See `soak`."""

import asyncio
import os
import sys
import time

sys.dont_write_bytecode = True

from chromium import Chromium
from document import API
from stock import Stock
from visit import SIZE, Visit

SAMPLES = 10
# Of the heap, which first takes some for what is drawn again and again.
MAX_GROWTH = 1.25


async def heap(page):
    """Bytes after a collection, and elements of the page."""
    await page.call("HeapProfiler.collectGarbage")
    return (await page.call("Runtime.getHeapUsage"))["usedSize"], await page.run("document.querySelectorAll('*').length")


async def main(minutes="10"):
    stock = Stock(API(os.environ["GATEWAY_URL"]), API(os.environ["STANDIN_URL"]))
    stock.fill()
    busy = stock.create("every second", int(time.time()), rrule="FREQ=SECONDLY")
    grown = 0
    async with Chromium() as browser:
        visits = {path: Visit(await browser.page(*SIZE, apart=True), os.environ["OPS_URL"]) for path in ("", "/reminders", f"/reminders/{busy}", "/queues", "/occurrences")}
        samples = {path: [] for path in visits}
        for path, visit in visits.items():
            await visit.open(path)
        for _ in range(SAMPLES):
            await asyncio.sleep(float(minutes) * 60 / SAMPLES)
            for path, visit in visits.items():
                samples[path].append(await heap(visit.page))
                visit.page.requests.clear()
        for path, visit in visits.items():
            assert not await visit.page.run("document.hidden"), "a hidden tab hears of nothing"
            visit.unharmed()
            (early, _), (late, elements) = samples[path][SAMPLES // 5], samples[path][-1]
            is_grown = late > early * MAX_GROWTH
            grown += is_grown
            print(f"{'grown' if is_grown else 'ok   '} /dashboard{path.replace(busy, 'ID')}: {early >> 10} KiB, then {late >> 10} KiB, {elements} elements", flush=True)
    return 1 if grown else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
