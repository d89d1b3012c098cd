"""A link to one scheduler: leases, credit, outcomes until they are acknowledged, and a connection that is made again when it is lost.

A lease means nothing to another scheduler, so each has a link of its own. They share the worker's places (places.py). But where one has taken
a store over from another, the link to it takes what the other had handed out.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from concurrent.futures import Future

from task_scheduler._protos.outcome_pb2 import OUTCOME_CANCEL_SCHEDULE, OUTCOME_DELIVERED, OUTCOME_UNSENT
from task_scheduler._protos.scheduler_pb2 import (
    Controlled, Dispatch, OutcomeReport, SchedulerMessage, WorkerControl, WorkerMessage)
from task_scheduler.logs import say
from task_scheduler.settings import Endpoint
from task_scheduler.wire.connection import Connection, Tenure, WireError, connect
from task_scheduler.wire.security import Security, SecurityError
from task_scheduler.worker.announcement import Identity, announced, parts
from task_scheduler.worker.asks import Asks, ProgressReports, refuse
from task_scheduler.worker.capacity import Refusal
from task_scheduler.worker.ends import CALLED_OFF, End, one_line, unsent
from task_scheduler.worker.places import Places
from task_scheduler.worker.runs import Run, Runner
from task_scheduler.worker.shares import Credit

ID_BYTES = 16
MAX_WAITING_RESULT_BYTES = 16 << 20
"""Bytes of results that a scheduler has not acknowledged, beyond which it is asked for nothing new."""
FIRST_WAIT, LONGEST_WAIT = 0.02, 0.5
"""Seconds before connecting again, doubled from try to try; half of each by chance. A scheduler that was away for a moment waits for the
workers that it knew, but not for long."""
CONNECT_SECONDS = 3.0
GOOD_SECONDS = 1.0
"""A stream that stood for so long was good, so the next wait is the first again."""
FORMER_SECONDS = 30.0
"""So long nobody with a higher term must have been there before a scheduler with a lower one is believed."""
REFUSAL_LOG_SECONDS = 60.0
"""The same reason is not logged again sooner."""


class Link:
    """One scheduler, and what this worker has of it. All of it runs on one event loop."""

    def __init__(
        self, endpoint: Endpoint, places: Places, identity: Identity, security: Security, runner: Runner, logger: logging.Logger,
    ) -> None:
        self.endpoint = endpoint
        self._places, self._identity, self._security, self._runner, self._logger = places, identity, security, runner, logger
        self.credit = Credit()
        self.tenure: Tenure | None = None
        """Of whoever it was connected to last, where others stand by for that one's store. Beside it whether that stream stands, and its end."""
        self._opened_tenure, self._ended_at = False, 0.0
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._running: dict[int, Run] = {}
        """Every lease that has not been reported: what runs, and what waits."""
        self._controlled: list[Controlled] = []
        """What became of what it was told to be."""
        self._is_standing_due = False
        self._asks = Asks()
        self._progress = ProgressReports()
        self._unacknowledged: dict[int, OutcomeReport] = {}
        self._fresh: list[OutcomeReport] = []
        self._result_bytes = 0
        """Of what tasks returned, in those."""
        self._is_draining = self._is_patient = False
        self._finished = self._failed = 0
        self._opened_at: float | None = None
        self._logged: tuple[str, float] = ("", 0.0)
        self._wake = asyncio.Event()
        self.left: asyncio.Future[None] = self._loop.create_future()
        """Done once it has ended in order: nothing runs, and what was reported is acknowledged or given up."""

    @property
    def running(self) -> int:
        """What runs and has not been reported."""
        return len(self._running)

    @property
    def unacknowledged(self) -> int:
        """Outcomes that the scheduler has not acknowledged."""
        return len(self._unacknowledged)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing waits that could be acknowledged now."""
        return not self._running and not (self._unacknowledged and self.is_connected)

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler is there."""
        return self._connection is not None and self._connection.is_open

    # The connection

    async def keep(self) -> None:
        """Connects, again and again, until it has left."""
        wait = FIRST_WAIT
        while not self.left.done():
            self._opened_at = None
            reason = await self._one_connection()
            if self.left.done():
                return
            self._say_lost(reason)
            if self._opened_at is not None and time.monotonic() - self._opened_at > GOOD_SECONDS:
                wait = FIRST_WAIT
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), wait * random.uniform(0.5, 1))
            except asyncio.TimeoutError:
                pass
            wait = min(2 * wait, LONGEST_WAIT)

    async def _one_connection(self) -> Exception | None:
        identity = self._identity

        def make() -> Connection:
            # Known before its first frame comes.
            self._connection = Connection(self, self._security, identity.instance, identity.build)
            return self._connection

        try:
            connection = await connect(self.endpoint.host, self.endpoint.port, make, self._security, CONNECT_SECONDS)
        except (OSError, SecurityError, UnicodeError) as error:
            # UnicodeError: a name that is none.
            self._connection = None
            return error
        reason = await connection.ended
        self._connection = None
        if self._opened_tenure:
            self._opened_tenure, self._ended_at = False, time.monotonic()
        self._places.closed(self)
        return reason

    def _say_lost(self, reason: Exception | None) -> None:
        text = str(reason) or type(reason).__name__
        last, since = self._logged
        if text == last and time.monotonic() - since < REFUSAL_LOG_SECONDS:
            return
        self._logged = (text, time.monotonic())
        say(self._logger, logging.WARNING, "no scheduler to take occurrences from", scheduler=self.endpoint, reason=text)

    # What the scheduler says

    def opened(self) -> None:
        """Announces this worker, with what it still has from before."""
        if not self._takes_over():
            return
        self._opened_at = time.monotonic()
        self._logged = ("", 0.0)
        outcomes = list(self._unacknowledged.values())
        attach = announced(
            self._identity, self._places.capacity, self._runner.names, self._running.values(), outcomes, finished=self._finished, failed=self._failed)
        # Who asked over another stream is not waiting for an answer.
        self._fresh, self._controlled, self._is_standing_due = [], [], False
        capacity = self._places.capacity
        standing = capacity.standing if capacity.is_drained else None
        self._places.opened(self)
        message = WorkerMessage(attach=attach, leaving=self._is_draining, standing=standing)
        self._say_limit(message)
        self._asks.say_again()
        self._progress.say_again()
        self._say_of_tasks(message)
        self._send(message, outcomes)
        say(
            self._logger, logging.INFO, "taking occurrences", scheduler=self.endpoint, queues=",".join(capacity.queues),
            concurrency=capacity.concurrency, running=len(self._running), unacknowledged=len(outcomes))
        self._leave_if_done()

    def _takes_over(self) -> bool:
        """Takes what schedulers that had the same store before have handed out; false: it is one of those itself."""
        assert self._connection is not None
        tenure = self._connection.tenure
        if tenure is not None:
            known = [link for link in self._places.of_store(tenure.store) if isinstance(link, Link)]
            others, why = [link for link in known if link is not self], ""
            if any(link.is_connected and link.tenure == tenure for link in others):
                why = "it is reached over another endpoint; name each scheduler once"
            elif any(link.has_higher(tenure.term) for link in known):
                why = "another scheduler has taken over from it"
            if why:
                self._connection.end(WireError(why))
                return False
            for link in others:
                self._take_from(link)
        self.tenure, self._opened_tenure = tenure, True
        return True

    def has_higher(self, term: int) -> bool:
        """Whether it knows of a later owner of the store. Where that has not been there for long, the store is one that was restored."""
        is_later = self.tenure is not None and self.tenure.term > term
        return is_later and (self._opened_tenure or time.monotonic() - self._ended_at < FORMER_SECONDS)

    def _take_from(self, former: Link) -> None:
        count = len(former._running)
        for run in former._running.values():
            run.holder = self
        self._running |= former._running
        self._unacknowledged |= former._unacknowledged
        self._result_bytes += former._result_bytes
        # This one has just been connected: nothing of its own is asked or said.
        self._asks, self._progress = former._asks, former._progress
        self._finished, self._failed = self._finished + former._finished, self._failed + former._failed
        former.tenure = None
        former._running, former._unacknowledged, former._fresh, former._result_bytes = {}, {}, [], 0
        former._asks, former._progress, former._finished, former._failed = Asks(), ProgressReports(), 0, 0
        self._places.moved(former, self, count)
        self._await_progress()  # What was said there and not taken yet.
        # It may stand still, and does not know.
        if former._connection is not None:
            former._connection.end(WireError("another scheduler has taken over"))

    def received(self, payload: bytes) -> None:
        message = SchedulerMessage.FromString(payload)
        for lease in message.acknowledged:
            report = self._unacknowledged.pop(lease, None)
            if report is not None and report.result:
                self._result_bytes -= len(report.result)
                self._places.flush_soon()
            if report is not None and report.outcome != OUTCOME_UNSENT:
                self._finished += 1
                self._failed += report.outcome not in (OUTCOME_DELIVERED, OUTCOME_CANCEL_SCHEDULE)
        for lease in message.revoked:
            if (revoked := self._running.get(lease)) is not None:
                self._asks.drop(revoked, "the lease was taken back")
        for answer in message.extended:
            self._asks.answered(answer)
        for leases, also_begun in ((message.revoked, True), (message.recalled, False)):
            for lease in leases:
                run = self._running.get(lease)
                if run is not None and not self._places.give_up(self, run, CALLED_OFF):
                    self._runner.call_off(run, also_begun=also_begun)
        for dispatch in message.dispatches:
            self._run(dispatch)
        if message.HasField("credit_limit"):
            self.credit.confirmed()
            self._places.flush_soon()
        for control in message.controls:
            self._carry_out(control)
        if self._places.capacity.is_shutting_down:
            self._places.flush_soon()
        if self._is_draining:
            self._leave_if_done()

    def unblocked(self) -> None:
        self.flush()

    def _carry_out(self, control: WorkerControl) -> None:
        refusal, capacity = "", self._places.capacity
        try:
            capacity.apply(control)
            self._places.capacity_changed()
        except Refusal as error:
            refusal = str(error)
        self._controlled.append(Controlled(id=control.id, refusal=refusal))
        say(
            self._logger, logging.INFO, "told what to be", action=control.action, concurrency=capacity.concurrency,
            queues=",".join(capacity.queues), drained=capacity.is_drained, refusal=refusal)
        self._places.flush_soon()

    def capacity_changed(self) -> None:
        """The worker has become something else, whoever told it to."""
        self._is_standing_due = True

    def _run(self, dispatch: Dispatch) -> None:
        self.credit.received += 1
        if dispatch.lease in self._running:
            return self._places.flush_soon()
        if len(dispatch.id) != ID_BYTES:
            say(self._logger, logging.WARNING, "a dispatch without a good id was left", lease=dispatch.lease)
            # Its lease runs out; the place that it was to take is free.
            return self._places.flush_soon()
        run = Run(self, dispatch)
        self._running[run.lease] = run
        if self._is_draining:
            self.finished(run, unsent("the worker is stopping"))
        else:
            self._places.take(self, run)

    # Tasks that go on

    def extend(self, run: Run, milliseconds: int) -> Future[None]:
        answer: Future[None] = Future()
        self._loop.call_soon_threadsafe(self._ask, run, milliseconds, answer)
        return answer

    def _ask(self, run: Run, milliseconds: int, answer: Future[None]) -> None:
        if self._running.get(run.lease) is not run:
            return refuse(answer, "the run has ended")
        self._asks.add(run, milliseconds, answer)
        self._places.flush_soon()

    def progressed(self, run: Run, fraction: float | None, text: str) -> None:
        if self._progress.put(run, fraction, text):
            self._loop.call_soon_threadsafe(self._await_progress)

    def _await_progress(self) -> None:
        self._loop.call_later(self._progress.rest, self._take_progress)

    def _take_progress(self) -> None:
        self._progress.take(self._running)
        self._places.flush_soon()

    def _say_of_tasks(self, message: WorkerMessage) -> None:
        message.progress.extend(self._progress.fresh())
        now, said = time.monotonic(), self._asks.take()
        if self._asks.has_fresh or self._progress.has_fresh:
            self._places.flush_soon()
        if said:
            message.extensions.extend(said)
            self._loop.call_later(self._asks.ANSWER_SECONDS, self._asks.give_up, [each.id for each in said], now)

    # What becomes of runs

    def finished(self, run: Run, end: End) -> None:
        self._running.pop(run.lease, None)
        self._asks.drop(run, "the run has ended")
        self._progress.forget(run)
        detail = end.detail
        if detail:
            detail = one_line(detail, run.invocation.authorization if run.invocation is not None else None)
        report = OutcomeReport(
            lease=run.lease, id=run.id, scheduled_at=run.scheduled_at, outcome=end.outcome, retry_after_ms=end.retry_after_ms,
            started_at_ms=run.started_at_ms or time.time_ns() // 1_000_000, duration_us=int((time.monotonic() - run.started) * 1e6), detail=detail,
            result=end.result)
        self._result_bytes += len(end.result)
        self._unacknowledged[run.lease] = report
        self._fresh.append(report)
        self._places.flush_soon()

    def returned(self, run: Run) -> None:
        self._places.returned(self, run)

    def _say_limit(self, message: WorkerMessage) -> bool:
        """Says how many occurrences may come over the stream in all. False: as many as before."""
        before = self.credit.limit
        limit = self._places.limit(self, may_grow=not self._is_draining and self._result_bytes <= MAX_WAITING_RESULT_BYTES)
        if limit is None:
            return False
        message.credit_limit = limit
        # A scheduler of a build that knows of no limit goes by how much it changes.
        message.credit, message.withdrawn = max(0, limit - before), max(0, before - limit)
        return True

    def flush(self) -> None:
        """Says everything that this turn of the loop brought."""
        # Without a stream nothing is lost: the next announcement says it all. One that takes nothing now goes on when it does.
        if self._connection is None or not self._connection.can_send:
            return
        message = WorkerMessage(standing=self._places.capacity.standing if self._is_standing_due else None, controlled=self._controlled)
        if not self._say_limit(message) and not (
            self._fresh or self._controlled or self._is_standing_due or self._asks.has_fresh or self._progress.has_fresh):
            return
        fresh, self._fresh, self._controlled, self._is_standing_due = self._fresh, [], [], False
        self._say_of_tasks(message)
        self._send(message, fresh)

    def _send(self, first: WorkerMessage, outcomes: list[OutcomeReport]) -> None:
        assert self._connection is not None
        messages = parts(outcomes)
        first.outcomes.extend(next(messages))
        self._connection.send(first.SerializeToString())
        for part in messages:
            self._connection.send(WorkerMessage(outcomes=part).SerializeToString())

    # The end

    def drain(self) -> None:
        """Asks for nothing more, and leaves once what runs is finished and acknowledged."""
        self._is_draining = self._is_patient = True
        self._places.give_back_waiting("the worker is stopping", only=self)
        if self._connection is not None and self._connection.is_open:
            self._connection.send(WorkerMessage(leaving=True).SerializeToString())
        self._wake.set()
        self._leave_if_done()

    def cut_off(self) -> int:
        """Gives up what still runs: another worker is to run it. Comes to how many that were."""
        runs = list(self._running.values())
        for run in runs:
            self._runner.cut_off(run)
        return len(runs)

    def lose_patience(self) -> None:
        """Waits for acknowledgements no longer: what was not acknowledged may be run again."""
        self._is_patient = False
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        if not self._is_draining or self.left.done() or self._running or (self._unacknowledged and self._is_patient):
            return
        self.left.set_result(None)
        self._wake.set()
        if self._connection is not None:
            self._connection.finish()
