"""Runs all checks of the dashboard against one stack and prints a line for each. See `run`."""

import asyncio
import os
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import does
import lives
import looks
import signs
from chromium import Chromium
from document import API, Failure
from stock import Stock
from visit import visiting


async def main(pattern=""):
    base = os.environ["OPS_URL"]
    stock = Stock(API(os.environ["GATEWAY_URL"]), API(os.environ["STANDIN_URL"]))
    pictures = pathlib.Path(os.environ.get("SCREENSHOTS") or tempfile.mkdtemp(prefix="dashboard-"))
    pictures.mkdir(parents=True, exist_ok=True)
    began, passed, failed = time.monotonic(), 0, 0
    stock.fill()
    async with Chromium() as browser:
        def visits(name, zone="UTC", base=base, window=False):
            return visiting(browser, base, pictures, name, zone, window)

        for name, check in (*looks.checks(visits, stock, pictures if "SCREENSHOTS" in os.environ else None), *lives.checks(visits, stock), *does.checks(visits, stock), *signs.checks(visits, stock, pictures), *lives.last_checks(visits)):
            if pattern not in name:
                continue
            start = time.monotonic()
            try:
                said = await check()
                passed += 1
                print(f"ok   {name}{f': {said}' if said else ''} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception as failure:
                failed += 1
                what = failure if isinstance(failure, Failure) else f"{type(failure).__name__}: {failure}"
                print(f"FAIL {name}: {what}", flush=True)
    stock.standin.ask("POST", "/control", {})
    print(f"{passed} passed, {failed} failed in {time.monotonic() - began:.0f} s; pictures of the pages: {pictures}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
