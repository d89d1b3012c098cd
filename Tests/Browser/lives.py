"""What changes while a page is open, and what it does when nothing answers."""

import asyncio
import contextlib
import os
import signal
import time

from document import Failure
from stock import NEW_YEAR

# As live.js has it: a pulse a second, each waited for 0.8 s.
SECONDS_UNTIL_SAID = 2
PULSE_SECONDS = 20
# One more than a browser has connections to one address.
WINDOWS = 7
DEAD_TILE = "Number(document.querySelector('.tile[href$=\"/dead-letters\"] strong')?.textContent)"
# The place of its id among those of the stack.
SCHEDULER = 2


def checks(visits, stock):
    yield "what others change is shown without a reload, and what is typed stays", lambda: changes(visits, stock)
    yield "the overview changes by one event stream, and asks for no list", lambda: events(visits, stock)
    yield f"{WINDOWS} windows of a browser are live by one event stream, which another has when the first is gone", lambda: windows(visits, stock)
    yield "a hidden tab asks for nothing, and reads when it is looked at again", lambda: hidden(visits, stock)
    if os.environ.get("STACK_PIDS"):
        yield "it says that it is not live, and comes back by itself", lambda: silence(visits)


def last_checks(visits):
    """What leaves the stack without a part that it was started with."""
    if os.environ.get("STACK_PIDS"):
        yield "a scheduler that was killed, and one in its place", lambda: killed(visits)


async def changes(visits, stock):
    id = stock.create("watched", NEW_YEAR)
    async with visits("changes") as visit:
        await visit.open("/reminders?description=watched")
        await visit.enter("form input[name=queue]", "half typ")
        stock.ask("POST", f"/reminders/{id}/pause")
        await visit.until("document.querySelector('tbody').innerText.includes('paused')")
        if await visit.page.run("document.activeElement.value") != "half typ":
            raise Failure("what was typed is gone")
        await visit.open("/held")
        await visit.click("nav a[href='/dashboard/reminders']")
        await visit.until("document.querySelector('main h1')?.textContent === 'Reminders'")


async def events(visits, stock):
    async with visits("events") as visit:
        await visit.open()
        await visit.until(f"{DEAD_TILE} === {len(stock.ask('GET', '/dead-letters')['dead_letters'])}")
        before = await visit.page.run(DEAD_TILE)
        id = stock.create("refused", int(time.time()), description="while it is open")
        await visit.until(f"{DEAD_TILE} === {before + 1}")
        await visit.until(f"document.querySelector('nav a[href$=\"/dead-letters\"]').innerText.includes('{before + 1:.0f}')")
        streams = streams_of(visit)
        lists = [url for url in visit.page.requests if "/dashboard/api/dead-letters" in url or "/dashboard/api/held" in url]
        if streams != 1 or lists:
            raise Failure(f"it opened {streams} streams and asked for {lists}")
        # The lists that come of it are read again by themselves.
        await visit.open(f"/dead-letters?reminder_id={id}")
        discard(stock, id)
        await visit.until("document.querySelector('main').innerText.includes('None matches')")


def streams_of(visit):
    """How often a tab has asked for the event stream."""
    return sum(url.endswith("/dashboard/api/events") for url in visit.page.requests)


def discard(stock, id):
    for letter in stock.ask("GET", f"/dead-letters?reminder_id={id}")["dead_letters"]:
        stock.ask("DELETE", f"/dead-letters/{letter['id']}")


async def windows(visits, stock):
    async with contextlib.AsyncExitStack() as opened:
        shown = [await opened.enter_async_context(visits(f"window {number}", window=True)) for number in range(WINDOWS)]
        for visit in shown:
            await visit.open()
        assert not any([await visit.page.run("document.hidden") for visit in shown]), "a hidden tab hears of nothing"
        await shown[0].until(f"{DEAD_TILE} >= 0")
        before, ids = await shown[0].page.run(DEAD_TILE), []
        for is_first_gone in (False, True):
            if is_first_gone:
                first = next(visit for visit in shown if streams_of(visit))
                await first.page.open("about:blank")
                shown.remove(first)
            ids.append(stock.create("refused", int(time.time()), description="told to all windows"))
            for visit in shown:
                await visit.until(f"{DEAD_TILE} === {before + len(ids)}")
            if sum(streams := [streams_of(visit) for visit in shown]) != 1:
                raise Failure(f"the windows opened {streams} streams")
        for id in ids:
            discard(stock, id)


async def hidden(visits, stock):
    id = stock.create("unwatched", NEW_YEAR)
    async with visits("hidden") as visit, visits("looked at") as other:
        await visit.open("/reminders?description=unwatched")
        await other.open("/queues")
        await other.page.call("Page.bringToFront")
        await visit.until("document.hidden")
        # What was under way when it was hidden is through when the other tab has asked a few times.
        await asked(other, 2)
        before = len(visit.page.requests)
        await asked(other, 2)
        if more := visit.page.requests[before:]:
            raise Failure(f"a hidden tab asks for {more}")
        if streams_of(other) != 1:
            raise Failure(f"the event stream was opened {streams_of(other)} times by the tab that is looked at")
        stock.ask("POST", f"/reminders/{id}/pause")
        await visit.page.call("Page.bringToFront")
        await visit.until("document.querySelector('tbody').innerText.includes('paused')")


async def asked(visit, count):
    """Waits until a tab has asked so many more times whether the gateway is ready."""
    pulses = lambda: sum(url.endswith("/readyz") for url in visit.page.requests)
    deadline, before = time.monotonic() + PULSE_SECONDS, pulses()
    while pulses() < before + count:
        if time.monotonic() > deadline:
            raise Failure(f"a tab that is looked at asked {pulses() - before} times in {PULSE_SECONDS} s")
        await asyncio.sleep(0.05)


async def silence(visits):
    # The gateway is the last that the stack starts.
    gateway = int(os.environ["STACK_PIDS"].split()[-1])
    async with visits("silence") as visit:
        await visit.open("/reminders")
        await visit.until("document.querySelector('#live').textContent === 'Live'")
        visit.expect_refusals(503)
        os.kill(gateway, signal.SIGSTOP)
        try:
            began = time.monotonic()
            await visit.until("!document.querySelector('#stale').hidden")
            took = time.monotonic() - began
        finally:
            os.kill(gateway, signal.SIGCONT)
        await visit.until("document.querySelector('#stale').hidden && document.querySelector('#live').textContent === 'Live'")
        await visit.until("!document.querySelector('main .problem')")
    return f"said after {took:.1f} s, to be within {SECONDS_UNTIL_SAID}"


async def killed(visits):
    async with visits("killed") as visit:
        visit.expect_refusals(503)
        await visit.open("/reminders")
        os.kill(int(os.environ["STACK_PIDS"].split()[SCHEDULER]), signal.SIGKILL)
        began = time.monotonic()
        await visit.until("document.querySelector('#stale').innerText.includes('scheduler')")
        took = time.monotonic() - began
        await visit.open("/queues")
        if "503" not in await visit.text(".problem"):
            raise Failure(f"without a scheduler the page says {await visit.text()!r}")
        program = os.path.join(os.environ["STACK_PROGRAMS"], "scheduler")
        process = await asyncio.create_subprocess_exec(
            program, env=os.environ | {"SCHEDULER_LISTEN": os.environ["SCHEDULER_ENDPOINTS"]}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        try:
            await visit.until("document.querySelector('#stale').hidden && document.querySelector('tbody')?.innerText.includes('default')")
        finally:
            process.terminate()
            await process.wait()
    return f"said after {took:.1f} s"
