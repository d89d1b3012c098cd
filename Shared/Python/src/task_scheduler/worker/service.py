"""The worker as a process: from its settings to its exit code."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from task_scheduler.errors import InvalidTask
from task_scheduler.logs import configure, say
from task_scheduler.settings import WorkerSettings
from task_scheduler.tasks import AnyTask, tasks_of
from task_scheduler.worker.announcement import Identity
from task_scheduler.worker.capacity import Capacity
from task_scheduler.worker.link import Link
from task_scheduler.worker.places import Places
from task_scheduler.worker.runs import Runner

SUCCESS, FAILURE, USAGE, NOT_DRAINED = 0, 1, 64, 75
"""Exit codes: it was asked to stop and all that it had begun was finished; it could not start; a setting is bad; not all was finished."""
ACKNOWLEDGEMENT_SECONDS = 8.0
"""How long outcomes are waited for to be acknowledged once nothing runs any more, also of a scheduler that is not there now."""


def main(settings: WorkerSettings) -> int:
    """Runs a worker until it is told to stop. Comes to its exit code; a second signal ends the process at once."""
    configure(settings.log_level, settings.log_format)
    logger = logging.getLogger("worker")
    # As `python -m` has it, also where the command is started by another name.
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        tasks = tasks_of([importlib.import_module(name) for name in settings.modules])
    except InvalidTask as error:
        say(logger, logging.CRITICAL, "it cannot start", reason=error)
        return USAGE
    except Exception as error:
        logger.critical("a module of tasks cannot be imported: %s: %s", type(error).__name__, error, exc_info=not isinstance(error, ModuleNotFoundError))
        return FAILURE
    return asyncio.run(serve(settings, tasks, logger))


async def serve(settings: WorkerSettings, tasks: Mapping[str, AnyTask], logger: logging.Logger) -> int:
    """Takes occurrences until SIGTERM or SIGINT, and finishes what it has begun."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def signalled(number: int) -> None:
        if stop.is_set():
            say(logger, logging.WARNING, "ended at once by a second signal")
            _exit(128 + number)
        say(logger, logging.INFO, "stopping", signal=signal.Signals(number).name, drain_limit=f"{settings.drain_seconds:g}s")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled, number)
    capacity = Capacity(settings.queues, settings.concurrency, settings.max_concurrency)
    runner = Runner(tasks, capacity.most, logger)
    places = Places(capacity, runner, shut_down=lambda: None if stop.is_set() else signalled(signal.SIGTERM))
    identity = Identity(instance=f"worker-{secrets.token_hex(6)}", build=_build())
    links = [Link(endpoint, places, identity, settings.security, runner, logger) for endpoint in settings.schedulers]
    for link in links:
        places.add(link)
    keeping = [asyncio.create_task(link.keep()) for link in links]
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *keeping], return_when=asyncio.FIRST_COMPLETED)
    for each in keeping:
        if each.done():
            # Nothing ends it before it is told to leave, so this is a fault of its own: better started anew than half alive.
            each.result()
    cut = await _drain(links, settings.drain_seconds, logger)
    await asyncio.gather(*keeping)
    say(logger, logging.INFO, "stopped", cut_off=cut)
    if cut:
        # Threads that still run would be waited for.
        _exit(NOT_DRAINED)
    return SUCCESS


async def _drain(links: list[Link], seconds: float, logger: logging.Logger) -> int:
    """Lets what runs finish, and its outcomes be acknowledged. Comes to how many did not finish."""
    for link in links:
        link.drain()
    left = [link.left for link in links]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while any(link.running for link in links) and loop.time() < deadline:
        await asyncio.wait(left, timeout=min(0.05, max(0.0, deadline - loop.time())), return_when=asyncio.ALL_COMPLETED)
    cut = sum(link.cut_off() for link in links)
    if cut:
        say(logger, logging.WARNING, "tasks did not end in time; others are to run them", count=cut)
    await asyncio.wait(left, timeout=ACKNOWLEDGEMENT_SECONDS)
    open = sum(link.unacknowledged for link in links)
    if open:
        say(logger, logging.WARNING, "outcomes were not acknowledged in time; what they are of may be run again", count=open)
    for link in links:
        link.lose_patience()
    return cut


def _build() -> str:
    try:
        return f"python-{version('task-scheduler')}"
    except PackageNotFoundError:
        return "python"


def _exit(code: int) -> None:
    logging.shutdown()
    os._exit(code)
