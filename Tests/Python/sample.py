"""Tasks that the tests schedule and run. What they did is a line each in the file that TASKS_LOG names."""

import asyncio
import json
import os
import time

from task_scheduler import CancelSchedule, LeaseNotExtended, Reject, Retry, invocation, task


def note(**what):
    """Adds a line, whole, whoever else writes at the same time."""
    line = json.dumps({"pid": os.getpid(), "key": invocation().idempotency_key, "attempt": invocation().attempt, **what}) + "\n"
    file = os.open(os.environ["TASKS_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


@task(name="greet")
def greet(name, greeting="hello"):
    note(said=f"{greeting} {name}")


@task
async def agreet(name: str, *, greeting: str = "hello") -> None:
    await asyncio.sleep(0)
    note(said=f"{greeting} {name}")


@task
async def goes_on(tag, seconds, steps):
    for step in range(steps):
        try:
            await invocation().aextend(seconds)
        except LeaseNotExtended as error:
            note(tag=tag, refused=str(error))
            return
        invocation().progress((step + 1) / steps, f"{step + 1} of {steps}")
        await asyncio.sleep(seconds / 2)
    note(tag=tag)


@task
def goes_on_in_a_thread(tag, seconds, steps):
    for step in range(steps):
        try:
            invocation().extend(seconds)
        except LeaseNotExtended as error:
            note(tag=tag, refused=str(error))
            return
        invocation().progress((step + 1) / steps, f"{step + 1} of {steps}")
        time.sleep(seconds / 2)
    note(tag=tag)


@task(name="nothing")
async def nothing():
    pass


@task
def fails_twice(tag):
    note(tag=tag)
    if invocation().attempt < 3:
        raise Retry(after=0.01, reason="not yet")


@task
def fails(tag):
    note(tag=tag)
    raise ValueError(f"{tag} went wrong with {invocation().authorization}\nin two lines")


@task
def counts(words):
    return {"count": len(words), "longest": max(words, key=len)}


@task
async def returns(what):
    return {"long": "x" * 65_535, "set": {1}, "nan": float("nan"), "said": [invocation().authorization], "fits": "x" * 65_534}[what]


@task
async def rejects(tag):
    note(tag=tag)
    raise Reject("never")


@task
def ends_series(tag):
    note(tag=tag)
    raise CancelSchedule


@task(max_attempts=1)
async def waits(tag, seconds):
    note(began=tag)
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        note(cancelled=tag)
        raise
    note(ended=tag)


@task
def sleeps(tag, seconds):
    note(began=tag)
    time.sleep(seconds)
    note(ended=tag)


@task(time_limit=0.3, max_attempts=1)
async def limited(tag):
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        note(cancelled=tag)
        raise


@task(time_limit=0.3, max_attempts=1)
def watches(tag):
    while not invocation().cancelled:
        time.sleep(0.01)
    note(cancelled=tag, left=invocation().seconds_left)
