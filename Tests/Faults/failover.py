"""Two PostgreSQL servers, one of which follows the other: the first is killed under load, and the other is promoted."""
import contextlib
import pathlib
import subprocess
import tempfile
import time

from account import SETTLE_SECONDS, account
from cluster import Cluster, Layout
from health import ask
from load import Load
from postgres import PROGRAMS, USER

RATE, SECONDS, LANES = 60, 14, 16
LEAD_SECONDS = 4
# How long the primary goes on without a replica, where what it then confirms is to be lost.
TAIL_SECONDS = 3
# How long nobody is promoted.
GONE_SECONDS = 1
# Where something is lost it is not waited for longer once nothing more comes.
LOSS_SECONDS = 15
# What is written has reached a replica within this time, and what was received has been settled.
LAG_SECONDS = 1
SETTINGS = ["listen_addresses=", "shared_buffers=32MB", "wal_retrieve_retry_interval=200ms"]
NOW = "the database is now on timeline 2"
NOTHING, TAIL, UNKNOWN = (NOW + end for end in (
    "; nothing that was confirmed is lost, as replication is synchronous",
    "; what was confirmed in the last moments before may be lost, as replication is asynchronous",
    "; what was confirmed in the last moments before may be lost: nobody who is left saw whether replication was synchronous"))


class Server:
    """One that is not started again where it ends."""

    def __init__(self, folder, context, name, primary=None):
        self.data, self.socket = folder / name / "data", folder / name
        self.socket.mkdir()
        self.data.mkdir(0o700)
        subprocess.run(["chown", "--recursive", USER, self.socket], check=True)
        if primary is None:
            self.run("initdb", f"--pgdata={self.data}", "--username=tasks", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
        else:
            source = f"host={primary.socket} user=tasks application_name={name}"
            self.run("pg_basebackup", f"--dbname={source}", f"--pgdata={self.data}", "--write-recovery-conf", "--checkpoint=fast")
        log = context.enter_context(open(folder / f"{name}.log", "ab"))
        settings = [part for setting in (*SETTINGS, f"unix_socket_directories={self.socket}") for part in ("-c", setting)]
        self.process = subprocess.Popen(self.as_user("postgres", "-D", self.data, *settings), stdout=log, stderr=log)
        context.callback(self.kill)
        until(lambda: subprocess.run(self.as_user("pg_isready", "--quiet", "--host", self.socket)).returncode == 0)

    def as_user(self, *command):
        return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", PROGRAMS / command[0], *command[1:]]

    def run(self, *command):
        return subprocess.run(self.as_user(*command), check=True, capture_output=True, text=True).stdout

    def sql(self, *statements, database="tasks"):
        commands = [part for statement in statements for part in ("--command", statement)]
        return self.run("psql", "--host", self.socket, "--username=tasks", "--quiet", "--no-align", "--tuples-only", *commands, database).strip()

    def kill(self):
        """It and all of its processes."""
        if self.process.poll() is not None:
            return
        pid = self.process.pid
        for each in [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
            subprocess.run(["kill", "-KILL", str(each)], stderr=subprocess.DEVNULL)
        self.process.wait()


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("what was waited for did not come about")
        time.sleep(0.02)


class Case:
    """A cluster on the first server, under load."""

    def __init__(self, programs, folder, context, is_synchronous, schedulers=1):
        folder = pathlib.Path(folder)
        # The servers' user must get through to its folders.
        folder.chmod(0o711)
        self.first = Server(folder, context, "first")
        self.first.run("createdb", "--host", self.first.socket, "--username=tasks", "tasks")
        self.second = Server(folder, context, "second", self.first)
        if is_synchronous:
            self.first.sql("ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
        wanted = "sync" if is_synchronous else "async"
        # What sends to the replica looks at its settings when there is something to send.
        until(lambda: self.first.sql("CHECKPOINT", "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'") == wanted)
        layout = Layout(programs, folder)
        layout.copies["scheduler"] = schedulers
        layout.settings["scheduler"] = {
            "SCHEDULER_STORE": f"postgres://tasks@/tasks?host={self.first.socket},{self.second.socket}&target_session_attrs=read-write",
            "SEAL_KEY_FILE": str(folder / "seal-keys"), "SEAL_KEY_CREATE": "true"}
        self.cluster = context.enter_context(Cluster(layout))
        self.scheduler = self.cluster["scheduler"]
        self.problems, self.seen = [], []
        self.load = Load(self.cluster.apis, RATE, SECONDS, LANES, tag="load").start()
        time.sleep(LEAD_SECONDS)

    def expect(self, what, is_so):
        if not is_so:
            self.problems.append(f"not so: {what}")

    def lose(self):
        """The first server is killed; when that has been for a while, nobody has the database."""
        self.epoch = int(self.first.sql("SELECT max(epoch) FROM shards"))
        self.lost_at = time.time()
        self.first.kill()
        time.sleep(GONE_SECONDS)

    def promote(self):
        self.before = int(self.second.sql("SELECT max(epoch) FROM shards"))
        self.second.sql("SELECT pg_promote()")

    def restart(self):
        """The scheduler has ended, and is started again as whatever supervises it does."""
        status, text = self.scheduler.ended(), self.scheduler.text()
        self.expect(f"it ends with 1, and says why: {status}, {text[-500:]}", status == 1 and f"{NOW}; " in text and "started again" in text)
        self.scheduler.start()

    def row(self, told, owner, settle_seconds=SETTLE_SECONDS):
        """The row. `told`: what `owner`, which has the database by now, is to have said of the failover."""
        load, before, began = self.load, self.load.accepted, time.monotonic()
        until(lambda: load.accepted > before)
        self.seen.append(f"{load.answers[503] + load.answers[504]} x 503 or 504, accepts again {time.time() - self.lost_at:.1f} s after the loss")
        owner.says(told)
        may_have_lost = told != NOTHING
        # The last: while it stood by it listened elsewhere.
        ops = [line for line in owner.text().splitlines() if "ops listening" in line][-1].split('"address":"')[1].split('"')[0]
        ready = ask(ops, "/readyz")
        self.expect(f"it is ready and gives notice of what may be lost: {ready}", ready[0] == 200 and (told in ready[1]) == may_have_lost)
        metrics = ask(ops, "/metrics")[1]
        self.expect("the metric says so", f"\nscheduler_store_may_have_lost {int(may_have_lost)}" in metrics)
        load.join()
        row = account(self.cluster, [load], may_repeat=may_have_lost, settle_seconds=settle_seconds)
        epoch = int(self.second.sql("SELECT min(epoch) FROM shards"))
        self.expect(f"epochs go on upwards: {epoch} after {self.epoch}", epoch > self.epoch)
        self.problems += row["problems"]
        row["problems"], row["seen"] = self.problems, self.seen
        return row


def case(is_synchronous, schedulers=1):
    def decorate(body):
        def run(programs):
            with contextlib.ExitStack() as context:
                it = Case(programs, context.enter_context(tempfile.TemporaryDirectory()), context, is_synchronous, schedulers)
                return body(it)
        run.__doc__ = body.__doc__
        return run
    return decorate


@case(is_synchronous=True)
def synchronous(it):
    """The replica is synchronous: nothing is lost."""
    it.lose()
    it.promote()
    it.restart()
    return it.row(NOTHING, it.scheduler)


@case(is_synchronous=False)
def asynchronous(it):
    """The replica is not, and has not received anything for a while, a take-over of the shards included: what was confirmed since is lost, and
    that is told. What was settled since is sent again, with its own key."""
    cut_at = time.time()
    it.second.sql("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    until(lambda: it.first.sql("SELECT count(*) FROM pg_stat_replication") == "0")
    it.scheduler.terminate()
    it.scheduler.start()
    time.sleep(TAIL_SECONDS)
    it.lose()
    it.promote()
    it.restart()
    row = it.row(TAIL, it.scheduler, LOSS_SECONDS)
    it.expect("the take-over is in what is lost", it.before < it.epoch)
    # All that is missing was accepted in that time, and all that was sent again was settled in it.
    lost = {key.rsplit(":", 1)[0] for key in row["missing"]}
    outside = [identity for identity in lost if not cut_at - LAG_SECONDS < it.load.accepted_at[identity] < it.lost_at + LAG_SECONDS]
    record = row["record"]
    again = [key for key in record.after_answer if record.first[key] < (cut_at - LAG_SECONDS) * 1000]
    for what, found in ("lost though it was there", outside), ("sent again though it was settled", again):
        it.expect(f"nothing is {what}: {found[:3]}", not found)
    it.expect("something is lost", lost)
    it.expect("no key is sent more than twice", max(record.received.values()) <= 2)
    it.seen.append(f"{len(lost)} reminders of {TAIL_SECONDS} s and more without a replica lost, and told to be")
    if lost:
        it.problems.remove(f"{row['lost']} lost")
    return row


@case(is_synchronous=True, schedulers=2)
def both(it):
    """The scheduler that has the database is killed with its server: the one that stood by has seen that nothing can be lost."""
    owner, other = it.scheduler, it.cluster["scheduler-2"]
    it.lose()
    owner.kill()
    it.promote()
    other.says("taking the database over")
    other.listening()
    return it.row(NOTHING, other)


@case(is_synchronous=True)
def alone(it):
    """The only scheduler is killed with its server, and started again before anybody is promoted: it waits, and knows of no loss."""
    it.scheduler.kill()
    it.lose()
    it.scheduler.launch()
    it.scheduler.says("waiting: the database takes no writes")
    it.promote()
    it.scheduler.listening()
    return it.row(UNKNOWN, it.scheduler)


CASES = {
    "failover/synchronous": synchronous,
    "failover/asynchronous": asynchronous,
    "failover/both": both,
    "failover/alone": alone,
}
