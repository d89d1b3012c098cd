"""Everything that can be done on the pages, by clicks, with a look through the API at what came of it."""

import asyncio
import os
import re
import signal
import time

from document import Failure
from stock import HOSTILE, NEW_YEAR

PERSON = "teacher-held"
# Less than the notifier waits for an answer, more than a look at what runs takes.
SLOW_MILLISECONDS = 8_000
MOST_TRIES = 5


def checks(visits, stock):
    yield "one reminder: pause, resume, run, cancel", lambda: one(visits, stock)
    yield "a selection: what is refused is said", lambda: selection(visits, stock)
    yield "all that match: counted, and confirmed by the number", lambda: matching(visits, stock)
    yield "create a notification, with faults first", lambda: notification(visits, stock)
    yield "create a task", lambda: task(visits, stock)
    yield "edit: only what was changed, and not over another's change", lambda: edit(visits, stock)
    yield "queues: pause, resume, limits", lambda: queues(visits, stock)
    yield "occurrences: what runs, waits and is tried again", lambda: occurrences(visits, stock)
    yield "occurrences: one that runs, waits, or is tried again is called off", lambda: calling_off(visits, stock)
    if os.environ.get("STACK_PIDS"):
        yield "occurrences: one that is called off too late", lambda: too_late(visits, stock)
    yield "a worker: concurrency, queues, drain and resume", lambda: worker(visits, stock)
    yield "dead letters: replay one, discard one, a group, all that match", lambda: dead(visits, stock)
    yield "held: a new credential for a person, try again, discard", lambda: held(visits, stock)


def expect(what, is_so):
    if not is_so:
        raise Failure(what)


async def one(visits, stock):
    id = stock.create("acts", NEW_YEAR, rrule="FREQ=DAILY")
    state = lambda: stock.reminder(id)["state"]
    async with visits("one") as visit:
        await visit.open("/reminders?description=acts")
        await visit.click(f"tr[data-key='{id}'] [data-act=pause]")
        await visit.said("1 reminder paused")
        expect("it is not paused", state() == "paused")
        await visit.open(f"/reminders/{id}")
        await visit.click("[data-act=resume]")
        await visit.said("1 reminder resumed")
        expect("it is not resumed", state() == "scheduled")
        await visit.click("[data-act=run]")
        await visit.said("1 reminder due now")
        await visit.until("document.querySelector('main').innerText.includes('1 delivered')")
        await visit.click("[data-act=cancel]")
        await visit.until("document.querySelector('dialog[open]')")
        await visit.inspect()
        await visit.press("Escape")
        expect("it was cancelled without consent", state() == "scheduled")
        await visit.click("[data-act=cancel]")
        await visit.confirm()
        await visit.said("1 reminder cancelled")
        expect("it is not cancelled", state() == "cancelled")
        await visit.until("!document.querySelector('[data-act]')")


async def selection(visits, stock):
    ids = [stock.create("selected", NEW_YEAR) for _ in range(3)]
    stock.ask("DELETE", f"/reminders/{ids[0]}")
    async with visits("selection") as visit:
        await visit.open("/reminders?description=selected")
        await visit.click("thead input[type=checkbox]")
        await visit.until("document.querySelector('.bulk').innerText.includes('3 selected')")
        visit.expect_refusals(409)
        await visit.click(".bulk [data-act=pause]")
        await visit.confirm()
        await visit.until("document.querySelector('dialog[open]')?.innerText.includes('2 paused, 1 not')")
        said = await visit.text("dialog")
        expect(f"why it was refused is not said: {said}", "409: the reminder is cancelled" in said and ids[0] in said)
        await visit.inspect()
    states = [stock.reminder(id)["state"] for id in ids]
    expect(f"they are {states}", states == ["cancelled", "paused", "paused"])


async def matching(visits, stock):
    ids = [stock.create("all of them", NEW_YEAR) for _ in range(7)]
    async with visits("matching") as visit:
        await visit.open("/reminders?description=all+of+them&limit=2")
        for act, done in {"pause": "paused", "resume": "resumed"}.items():
            await visit.click(f".bulk [data-all={act}]")
            await visit.confirm()
            await visit.said(f"7 reminders {done}")
        await visit.click(".bulk [data-all=cancel]")
        await visit.until("document.querySelector('dialog input[name=typed]')")
        expect("it does not say how many match", "7 reminders" in await visit.text("dialog"))
        await visit.confirm(7)
        await visit.said("7 reminders cancelled")
        visit.expect_refusals(409)
        await visit.click(".bulk [data-all=pause]")
        await visit.confirm()
        await visit.until("document.querySelector('dialog[open]')?.innerText.includes('0 paused, 7 not')")
        expect("why it was refused is not said once for all", "7 × 409: the reminder is cancelled" in await visit.text("dialog"))
        await visit.inspect()
    expect("not all are cancelled", all(stock.reminder(id)["state"] == "cancelled" for id in ids))


async def notification(visits, stock):
    async with visits("notification") as visit:
        await visit.open("/reminders/new")
        await visit.choose("#f-timezone", "Asia/Kolkata")
        await visit.choose("#f-start_datetime", "2030-01-01T05:30")
        await visit.enter("#f-rrule", "FREQ=NEVER")
        visit.expect_refusals(422)
        await visit.until("document.querySelector('.preview .problem')?.innerText.includes('/rrule')")
        await visit.click("#save")
        await visit.until("document.querySelector('#f-notification_metadata-auth_header-fault').textContent || document.querySelector('.fields .problem')")
        expect("the rule's fault is not at its field", await visit.text("#f-rrule-fault") and await visit.page.run("document.querySelector('#f-rrule').ariaInvalid === 'true'"))
        await visit.click(".choices button:nth-child(2)")
        await visit.until("document.querySelector('.preview').innerText.includes('Tue 01 Jan 2030, 05:30:00 UTC+5:30')")
        await visit.until("document.querySelector('.preview').innerText.includes('every day')")
        for field, text in {"title": "made here", "body": "with a text", "classroom_id": "classroom-made", "created_by": "teacher-made", "item_id": "i",
                "usernames": "one\ntwo", "auth_header": "Bearer good"}.items():
            await visit.enter(f"#f-notification_metadata-{field}", text)
        await visit.enter("#f-priority", "8")
        await visit.click("#save")
        await visit.said("Created")
        await visit.until("document.querySelector('main h1')?.textContent === 'made here'")
    made = stock.ask("GET", "/reminders?created_by=teacher-made")["reminders"]
    expect(f"{len(made)} were made", len(made) == 1)
    seen = {name: made[0][name] for name in ("start_datetime", "timezone", "rrule", "priority")} | {"usernames": made[0]["notification_metadata"]["usernames"]}
    expect(f"it was made as {seen}", seen == {"start_datetime": NEW_YEAR, "timezone": "Asia/Kolkata", "rrule": "FREQ=DAILY", "priority": 8, "usernames": ["one", "two"]})


async def task(visits, stock):
    async with visits("task") as visit:
        await visit.open("/reminders/new")
        await visit.choose("#kind", "task")
        await visit.enter("#f-task", "worker.log")
        await visit.enter("#f-kwargs", "{")
        await visit.click("#save")
        await visit.until("document.querySelector('#f-kwargs-fault').textContent.includes('JSON')")
        await visit.enter("#f-kwargs", '{"message": "made here"}')
        await visit.enter("#f-created_by", "task-made")
        await visit.click("#save")
        await visit.said("Created")
    made = stock.ask("GET", "/reminders?created_by=task-made")["reminders"]
    expect(f"it was made as {made}", len(made) == 1 and made[0]["kwargs"] == {"message": "made here"})


async def edit(visits, stock):
    id = stock.create("edited", NEW_YEAR, meta={"kind": 7})
    before = stock.reminder(id)
    async with visits("edit") as visit:
        await visit.open(f"/reminders/{id}")
        await visit.click("#edit")
        await visit.enter("#f-description", "edited here")
        await visit.enter("#f-notification_metadata-title", "another title")
        stock.ask("PATCH", f"/reminders/{id}", {"priority": 1})
        visit.expect_refusals(412)
        await visit.click("#save")
        await visit.until("document.querySelector('.fields .problem')?.innerText.includes('412')")
        await visit.open(f"/reminders/{id}/edit")
        await visit.enter("#f-description", "edited here")
        await visit.enter("#f-notification_metadata-title", "another title")
        await visit.click("#save")
        await visit.said("Saved")
    after = stock.reminder(id)
    expected = before | {"description": "edited here", "priority": 1, "notification_metadata": before["notification_metadata"] | {"title": "another title"}}
    changed = {name: after[name] for name in after if after[name] != expected[name] and name not in ("revision", "updated_at")}
    expect(f"it was changed beyond that: {changed}", not changed)


async def queues(visits, stock):
    queue = lambda: stock.ask("GET", "/queues/default")
    async with visits("queues") as visit:
        await visit.open("/queues")
        await visit.click("tr[data-key=default] [data-act=pauseQueue]")
        await visit.said("1 queue paused")
        expect("it is not paused", queue()["paused"])
        await visit.click("tr[data-key=default] [data-act=resumeQueue]")
        await visit.said("1 queue resumed")
        expect("it does not go on", not queue()["paused"])
        await visit.click("tr[data-key=default] [data-act=limits]")
        await visit.enter("dialog [name=max_concurrency]", "0")
        await visit.enter("dialog [name=count]", "500")
        visit.expect_refusals(422)
        await visit.click("dialog [type=submit]")
        await visit.until("document.querySelector('dialog .problem')?.innerText.includes('/max_concurrency')")
        await visit.inspect()
        await visit.enter("dialog [name=max_concurrency]", "50")
        await visit.click("dialog [type=submit]")
        await visit.said("Queue default has new limits")
        now = queue()
        expect(f"it is {now}", now["max_concurrency"] == 50 and now["rate_limit"] == {"count": 500, "per_seconds": 1})
        stock.ask("PATCH", "/queues/default", {"max_concurrency": None, "rate_limit": None})


class Underway:
    """Occurrences that wait in a paused queue, wait for their next try, or are at the backend, which takes its time."""

    def __init__(self, stock):
        self.stock, self.now, self.ids = stock, int(time.time()), {}

    def make(self, state, title, **fields):
        self.ids[state] = id = self.stock.create(title, self.now, description=f"{title} {HOSTILE}", **fields)
        self.stock.wait(f"/occurrences?state={state}&reminder_id={id}", "occurrences", 1)
        return id

    def retrying(self):
        self.stock.standin.ask("POST", "/control", {"status": 503, "title": "flaky", "retry_after": "60"})
        return self.make("retrying", "flaky")

    def ready(self):
        self.stock.ask("PATCH", "/queues/waiting", {"paused": True})
        return self.make("ready", "waits", queue="waiting")

    def running(self):
        self.stock.standin.ask("POST", "/control", {"delay_ms": SLOW_MILLISECONDS})
        return self.make("running", "slow")

    def end(self):
        self.stock.behave()
        self.stock.ask("PATCH", "/queues/waiting", {"paused": False})
        for id in self.ids.values():
            # What was called off has nothing left to cancel.
            self.stock.api.ask("DELETE", f"/reminders/{id}")


async def occurrences(visits, stock):
    made = Underway(stock)
    retrying, ready, running = made.retrying(), made.ready(), made.running()
    async with visits("occurrences") as visit:
        await visit.open("/occurrences")
        for state, id in (("running", running), ("ready", ready), ("retrying", retrying)):
            await visit.click(f".tabs a[href$='state={state}']")
            await visit.until(f"document.querySelector(\"tr[data-key^='{id}']\")")
            await visit.inspect()
        expect("it does not say when it is tried next", re.search(r"in \d+ s", await visit.text(f"tr[data-key^='{retrying}']")))
        await visit.open("/occurrences?state=running")
        expect("the worker that runs it is not named", stock.worker in await visit.text(f"tr[data-key^='{running}']"))
    made.end()


async def calling_off(visits, stock):
    made = Underway(stock)
    outcomes = lambda id: [attempt["outcome"] for attempt in stock.ask("GET", f"/reminders/{id}/attempts")["attempts"]]
    async with visits("calling off") as visit:
        ready = made.ready()
        await visit.open("/occurrences?state=ready")
        await visit.click(f"tr[data-key^='{ready}'] [data-act=callOff]")
        await visit.confirm()
        await visit.said("1 occurrence cancelled")
        await visit.until(f"!document.querySelector(\"tr[data-key^='{ready}']\")")
        expect(f"what waited ended as {outcomes(ready)}", outcomes(ready) == ["cancelled"])
        retrying = made.retrying()
        await visit.open(f"/reminders/{retrying}")
        await visit.click("td [data-act=callOff]")
        await visit.until("document.querySelector('dialog[open]')?.innerText.includes('its series goes on')")
        await visit.inspect()
        # While the dialog asks, somebody else has done it.
        stock.ask("POST", f"/reminders/{retrying}/occurrences/{made.now}/cancel")
        visit.expect_refusals(404)
        await visit.confirm()
        await visit.until("document.querySelector('dialog[open]')?.innerText.includes('0 cancelled, 1 not')")
        expect("why it was refused is not said", "404: " in await visit.text("dialog"))
        await visit.press("Escape")
        await visit.until("!document.querySelector('td [data-act=callOff]')")
        running = made.running()
        await visit.open(f"/reminders/{running}")
        await visit.click("td [data-act=callOff]")
        await visit.confirm()
        # Its request has left, so its end is not known within the second that is waited for it.
        await visit.said("1 occurrence cancelled; 1 is on its way")
    made.end()


async def too_late(visits, stock):
    """What has been delivered by the time that its worker is told to stop it. Who wins is not the same each time."""
    made, backend = Underway(stock), int(os.environ["STACK_PIDS"].split()[0])
    async with visits("too late") as visit:
        visit.expect_refusals(404)
        for _ in range(MOST_TRIES):
            os.kill(backend, signal.SIGSTOP)
            try:
                id = made.make("running", "answered late")
                await visit.open(f"/reminders/{id}")
                await visit.click("td [data-act=callOff]")
                await visit.confirm()
                # Long enough for the scheduler to hear of it, and short of the second that it waits for its end.
                await asyncio.sleep(0.2)
            finally:
                os.kill(backend, signal.SIGCONT)
            await visit.until("document.querySelector('dialog[open]')?.innerText.includes('0 cancelled, 1 not') || document.querySelector('#said').textContent.includes('is on its way')")
            said = await visit.text("dialog")
            if "Too late" in said:
                break
        expect("what came to its end meanwhile is not said to have", "Too late: it has come to its end: delivered" in said)
        await visit.inspect()
        await visit.press("Escape")
        await visit.until("!document.querySelector('td [data-act=callOff]')")
        expect(f"it is {stock.reminder(id)['state']}", stock.reminder(id)["occurrences"]["delivered"] == 1)
    made.end()


async def worker(visits, stock):
    of = lambda: stock.ask("GET", f"/workers/{stock.worker}")
    before = of()
    async with visits("worker") as visit:
        await visit.open(f"/workers/{stock.worker}")
        await visit.click("[data-act=change]")
        await visit.enter("dialog [name=size]", "0")
        visit.expect_refusals(422)
        await visit.click("dialog [type=submit]")
        await visit.until("document.querySelector('dialog .problem')?.innerText.includes('/concurrency')")
        await visit.inspect()
        await visit.enter("dialog [name=size]", "7")
        await visit.enter("dialog [name=served]", "default, more")
        await visit.click("dialog [type=submit]")
        await visit.said("runs 7 at once, from default, more")
        expect(f"it is {of()}", of()["concurrency"] == 7 and sorted(of()["queues"]) == ["default", "more"])
        await visit.click("[data-act=change]")
        await visit.enter("dialog [name=size]", "")
        await visit.page.run("document.querySelector('dialog [name=size]').value = ''")
        await visit.enter("dialog [name=served]", "default")
        await visit.click("dialog [type=submit]")
        await visit.said(f"runs {before['concurrency']} at once, from default")
        await visit.click("[data-act=drain]")
        await visit.until("document.querySelector('[data-act=resumeWorker]')")
        expect(f"it is {of()['state']}", of()["state"] in ("draining", "drained"))
        await visit.click("[data-act=resumeWorker]")
        await visit.until("document.querySelector('[data-act=drain]')")
        expect(f"it is {of()['state']}", of()["state"] == "attached")


async def dead(visits, stock):
    letters = lambda: stock.ask("GET", "/dead-letters")["dead_letters"]
    # A reason of its own, so that it is a group of its own.
    for _ in range(2):
        stock.send("/tasks", {"task": "worker.log", "kwargs": {"wrong": 1}, "created_by": "group", "max_attempts": 1})
    stock.wait("/dead-letters?created_by=group", "dead_letters", 2)
    async with visits("dead") as visit:
        await visit.open("/dead-letters?task=edvora.notification")
        count = len(letters())
        first = letters()[-1]["id"]
        stock.standin.ask("POST", "/control", {})
        await visit.click(f"tr[data-key='{first}'] [data-act=replay]")
        await visit.said("1 dead letter due now")
        await visit.until(f"!document.querySelector(\"tr[data-key='{first}']\")")
        second = letters()[-1]["id"]
        await visit.click(f"tr[data-key='{second}'] [data-act=discard]")
        await visit.confirm()
        await visit.said("1 dead letter discarded")
        expect(f"{len(letters())} are left of {count}", len(letters()) == count - 2)
        await visit.open("/dead-letters?created_by=group")
        await visit.click("tr[data-key^='group'] [data-all=discard]")
        await visit.confirm(2)
        await visit.said("2 dead letters discarded")
        expect("the group is still there", not stock.ask("GET", "/dead-letters?created_by=group")["dead_letters"])
        left = len(letters())
        await visit.open("/dead-letters")
        await visit.click(".bulk [data-all=replay]")
        await visit.confirm()
        await visit.said(f"{left} dead letter{'' if left == 1 else 's'} due now")
        await visit.until("document.querySelector('main').innerText.includes('There are no dead letters')")
        stock.behave()
        for number in range(2):
            stock.create("refused", NEW_YEAR, description=f"again {number}")
        for reminder in stock.ask("GET", "/reminders?description=again")["reminders"]:
            stock.ask("POST", f"/reminders/{reminder['id']}/run")
        stock.wait("/dead-letters", "dead_letters", 2)
        await visit.click(".bulk [data-all=discard]")
        await visit.confirm(2)
        await visit.said("2 dead letters discarded")
    expect("some are left", not letters())


async def held(visits, stock):
    of = lambda person: stock.ask("GET", f"/held?created_by={person}")["held"]
    again = stock.hold("teacher-again")
    stock.wait("/held?created_by=teacher-again", "held", 1)
    async with visits("held") as visit:
        await visit.open("/held")
        await visit.click(f"tr[data-key='group {PERSON}'] [data-act=release]")
        await visit.enter("dialog [name=auth_header]", "Bearer new")
        await visit.inspect()
        await visit.click("dialog [type=submit]")
        await visit.said("1 released")
        expect("it is still held", not of(PERSON))
        await visit.open("/held?created_by=teacher-again")
        key = of("teacher-again")[0]["id"]
        await visit.click(f"tr[data-key='{key}'] [data-act=replayHeld]")
        await visit.said("1 held occurrence due now")
        stock.wait("/held?created_by=teacher-again", "held", 1)
        await visit.open("/held?created_by=teacher-again")
        await visit.click(f"tr[data-key='{key}'] [data-act=discardHeld]")
        await visit.confirm()
        await visit.said("1 held occurrence discarded")
    expect("it is still held", not of("teacher-again"))
    stock.ask("DELETE", f"/reminders/{again}")
