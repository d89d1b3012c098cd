"""A PostgreSQL server beneath the scheduler: its disk full, itself killed or standing still, its connections cut."""
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

from account import account
from cluster import Cluster, Layout
from disk import fill
from load import Load

RATE, SECONDS, LANES = 60, 20, 16
LEAD_SECONDS, FAULT_SECONDS, FREEZE_SECONDS = 4, 8, 10
DISK_BYTES = 160 << 20
PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
# As what it runs where this is root, which it refuses.
USER = "nobody"
# Little that is written ahead, so that the disk is full of what is stored.
SETTINGS = ["listen_addresses=", "shared_buffers=32MB", "max_wal_size=64MB", "min_wal_size=64MB", "autovacuum_naptime=5s"]
# What the scheduler says of a disk that is full; where the server has ended for it, of that.
SPACE, GONE = "no space left on the server's disk", "cannot be reached"


class Server:
    """A server with its data on a small disk of its own. It is started again where it ends, as a machine's service manager does."""

    def __init__(self, folder, context):
        self.disk, self.socket = folder / "disk", folder / "socket"
        for each in self.disk, self.socket:
            each.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "faults", self.disk], check=True)
        context.callback(subprocess.run, ["umount", "--lazy", self.disk])
        # It must get through to its folders.
        folder.chmod(0o711)
        self.data = self.disk / "data"
        self.data.mkdir()
        subprocess.run(["chown", USER, self.data, self.socket], check=True)
        self.run("initdb", f"--pgdata={self.data}", "--username=tasks", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
        self.log = open(folder / "postgres.log", "ab")
        context.callback(self.log.close)
        self.is_over, self.process, self.starts = False, None, 0
        threading.Thread(target=self.keep_running, daemon=True).start()
        context.callback(self.stop)
        self.wait()
        self.run("createdb", "--host", self.socket, "--username=tasks", "tasks")

    def as_user(self, *command):
        return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", PROGRAMS / command[0], *command[1:]]

    def run(self, *command):
        return subprocess.run(self.as_user(*command), check=True, capture_output=True, text=True).stdout

    def keep_running(self):
        settings = [part for setting in (*SETTINGS, f"unix_socket_directories={self.socket}") for part in ("-c", setting)]
        while not self.is_over:
            # What a server that was killed has left of itself.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            self.process = subprocess.Popen(self.as_user("postgres", "-D", self.data, *settings), stdout=self.log, stderr=self.log)
            self.starts += 1
            self.process.wait()
            time.sleep(0.5)

    def wait(self):
        deadline = time.monotonic() + 60
        while subprocess.run(self.as_user("pg_isready", "--quiet", "--host", self.socket)).returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError("the PostgreSQL server does not answer")
            time.sleep(0.05)

    def processes(self):
        """The server's, itself first."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def send(self, number):
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self):
        self.is_over = True
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    @property
    def store(self):
        return f"postgres://tasks@/tasks?host={self.socket}"


class Case:
    """A cluster on such a server, under load."""

    def __init__(self, programs, folder, context):
        folder = pathlib.Path(folder)
        self.server = Server(folder, context)
        layout = Layout(programs, folder)
        layout.settings["scheduler"] = {
            "SCHEDULER_STORE": self.server.store, "SEAL_KEY_FILE": str(folder / "seal-keys"), "SEAL_KEY_CREATE": "true"}
        self.cluster = context.enter_context(Cluster(layout))
        self.scheduler = self.cluster["scheduler"]
        self.problems, self.seen = [], []
        self.loads = [Load(self.cluster.apis, RATE, SECONDS, LANES, tag="load").start()]
        time.sleep(LEAD_SECONDS)

    def expect(self, what, is_so):
        if not is_so:
            self.problems.append(f"not so: {what}")

    def row(self):
        load, before, began = self.loads[0], self.loads[0].accepted, time.monotonic()
        while load.accepted == before and time.monotonic() - began < 60:
            time.sleep(0.01)
        self.seen.append(f"{load.answers[503]} x 503, accepts again after {time.monotonic() - began:.1f} s")
        process = self.scheduler.process.pid
        load.join()
        # An answer of the server that is lost is that of a commit which may have taken effect: what it settled may be sent again.
        row = account(self.cluster, self.loads, may_repeat=True)
        self.expect("the scheduler goes on by itself", self.scheduler.runs and self.scheduler.process.pid == process)
        row["problems"] = self.problems + row["problems"]
        row["seen"] = self.seen
        return row


def case(body):
    def run(programs):
        with contextlib.ExitStack() as context:
            it = Case(programs, context.enter_context(tempfile.TemporaryDirectory()), context)
            body(it)
            return it.row()
    run.__doc__ = body.__doc__
    return run


def full(it):
    """Nothing more fits on the server's disk: creates are refused, nothing accepted is lost, and all goes on once there is room."""
    ballast, load = it.server.disk / "ballast", it.loads[0]
    fill(ballast)
    try:
        time.sleep(FAULT_SECONDS / 2)
        refused = load.refused
        time.sleep(FAULT_SECONDS / 2)
        it.expect("creates are refused throughout", load.refused > refused)
        text = it.scheduler.text()
        it.expect(f"it says what to do: {text[-600:]}", SPACE in text or GONE in text)
    finally:
        ballast.unlink()
    it.seen.append(f"the server was started {it.server.starts} times")


def kill(it):
    """The server and all of its processes are killed, and started again."""
    it.server.send(signal.SIGKILL)


def freeze(it):
    """The server stands still for longer than anyone waits for an answer to a create."""
    it.server.send(signal.SIGSTOP)
    time.sleep(FREEZE_SECONDS)
    it.server.send(signal.SIGCONT)


def cut(it):
    """The scheduler's connections are ended again and again."""
    deadline = time.monotonic() + FAULT_SECONDS
    while time.monotonic() < deadline:
        it.server.run(
            "psql", "--host", it.server.socket, "--username=tasks", "--quiet", "--command",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'task-scheduler'", "tasks")
        time.sleep(0.7)


CASES = {
    "postgres/full": case(full),
    "postgres/kill": case(kill),
    "postgres/freeze": case(freeze),
    "postgres/cut": case(cut),
}
