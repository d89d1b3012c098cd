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
        for path in ("", "/reminders", f"/reminders/{busy}", "/queues", "/occurrences"):
            visit = Visit(await browser.page(*SIZE), os.environ["OPS_URL"])
            await visit.open(path)
            samples = []
            for _ in range(SAMPLES):
                await asyncio.sleep(float(minutes) * 60 / SAMPLES)
                samples.append(await heap(visit.page))
                visit.page.requests.clear()
            visit.unharmed()
            early, late = samples[SAMPLES // 5][0], samples[-1][0]
            grown += late > early * MAX_GROWTH
            print(f"{'grown' if late > early * MAX_GROWTH else 'ok   '} /dashboard{path.replace(busy, 'ID')}: {early >> 10} KiB, then {late >> 10} KiB, "
                f"{samples[-1][1]} elements", flush=True)
            await visit.page.close()
    return 1 if grown else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
