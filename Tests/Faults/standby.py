"""Two schedulers of one PostgreSQL database: the one that has it is killed, stands still or is terminated, and the other takes over."""
import contextlib
import pathlib
import signal
import statistics
import tempfile
import time

from account import account
from cluster import Cluster, Layout
from load import Load
from postgres import Server

RATE, LANES = 60, 16
LEAD_SECONDS, REST_SECONDS = 4, 2
KILLS, TERMINATIONS, FREEZES = 30, 6, 3
# One that stands still is found silent after 3 s.
FREEZE_SECONDS = 10
# What was due at a loss or within these seconds after it waits for the other.
AFTER_SECONDS, LIMIT_SECONDS = 8, 5
TAKES, LOST = "taking the database over", "another scheduler has taken the database over"


class Case:
    """A cluster with two schedulers under load, for as long as their losses take."""

    def __init__(self, programs, folder, context, seconds):
        folder = pathlib.Path(folder)
        server = Server(folder, context)
        layout = Layout(programs, folder)
        layout.copies["scheduler"] = 2
        layout.settings["scheduler"] = {
            "SCHEDULER_STORE": server.store, "SEAL_KEY_FILE": str(folder / "seal-keys"), "SEAL_KEY_CREATE": "true"}
        self.cluster = context.enter_context(Cluster(layout))
        self.owner, self.other = self.cluster["scheduler"], self.cluster["scheduler-2"]
        self.losses, self.problems = [], []
        self.load = Load(self.cluster.apis, RATE, seconds, LANES, tag="load").start()
        time.sleep(LEAD_SECONDS)

    def lose(self, how):
        """The one that has the database is lost, the other takes over, and the first stands by in its turn."""
        began = time.time()
        how(self.owner)
        self.other.says(TAKES)
        self.other.listening()
        self.losses.append(began)
        self.owner, self.other = self.other, self.owner
        time.sleep(REST_SECONDS)

    def row(self, may_repeat):
        self.load.join()
        row = account(self.cluster, [self.load], may_repeat=may_repeat)
        waits = sorted(self.wait(row["record"], loss) for loss in self.losses)
        if waits[-1] > LIMIT_SECONDS:
            self.problems.append(f"what was due waited for {waits[-1]:.1f} s")
        row["problems"] = self.problems + row["problems"]
        row["seen"] = [
            f"{len(waits)} losses; what was due waited for {statistics.median(waits):.1f} s in the middle, {waits[-1]:.1f} s at most",
            f"{self.load.answers[503] + self.load.answers[504]} x 503 or 504"]
        return row

    def wait(self, record, loss):
        """How late the latest was that fell due about then, seconds. What was accepted late was not late for that."""
        latest = 0
        for key, first in record.first.items():
            identity, at = key.rsplit(":", 1)
            if loss - 1 <= int(at) <= loss + AFTER_SECONDS:
                latest = max(latest, first / 1000 - max(int(at), self.load.accepted_at.get(identity, 0)))
        return latest


def case(body, losses, seconds, may_repeat):
    def run(programs):
        with contextlib.ExitStack() as context:
            it = Case(programs, context.enter_context(tempfile.TemporaryDirectory()), context, losses * seconds)
            for _ in range(losses):
                body(it)
            return it.row(may_repeat)
    run.__doc__ = body.__doc__
    return run


def kill(it):
    """It is killed."""
    it.lose(lambda owner: owner.kill())
    it.other.stand_by()


def terminate(it):
    """It is asked to end."""
    it.lose(lambda owner: owner.terminate())
    it.other.stand_by()


def freeze(it):
    """It stands still, with what is due in its memory; when it goes on, it ends."""
    began = time.monotonic()
    it.lose(lambda owner: owner.send(signal.SIGSTOP))
    time.sleep(max(0, FREEZE_SECONDS - (time.monotonic() - began)))
    it.other.send(signal.SIGCONT)
    status = it.other.ended()
    if status != 1 or LOST not in it.other.text():
        it.problems.append(f"one that has lost the database ended with {status}: {it.other.text()[-300:]}")
    it.other.stand_by()


# What a process that was killed had handed out is asked of the workers, which all live: nothing of it is sent again.
CASES = {
    "standby/kill": case(kill, KILLS, 5, may_repeat=True),
    "standby/terminate": case(terminate, TERMINATIONS, 6, may_repeat=False),
    "standby/freeze": case(freeze, FREEZES, 14, may_repeat=False),
}
