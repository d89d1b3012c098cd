"""A disk that is full, read-only, broken or torn, beneath the scheduler's database."""
import contextlib
import errno
import json
import os
import pathlib
import sqlite3
import struct
import subprocess
import tempfile
import time

from account import account
from cluster import Cluster, Layout
from load import Connection, Load, reminder
from shim import READS, SYNCS, WRITES, Shim

RATE, SECONDS, LANES = 60, 16, 16
LEAD_SECONDS, FAULT_SECONDS = 4, 8
DISK_BYTES = 48 << 20
# A database whose schema is of a later build.
LATER_SCHEMA = 9_999
# What a message must say: which file, and what to do.
SPACE, FAULTY, DAMAGED = "Free space there", "Look at the kernel's log", "restore a backup"


class Case:
    """A cluster whose scheduler has its database on a small disk of its own and can be made to fail."""

    def __init__(self, programs, folder, context):
        self.disk = pathlib.Path(folder) / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "faults", self.disk], check=True)
        context.callback(subprocess.run, ["umount", "--lazy", self.disk])
        self.shim = Shim(folder)
        layout = Layout(programs, folder)
        self.store = layout.store = self.disk / "store.db"
        self.log = self.disk / "store.db-wal"
        layout.settings["scheduler"] = self.shim.environment(self.store)
        self.cluster = context.enter_context(Cluster(layout))
        self.scheduler = self.cluster["scheduler"]
        self.problems, self.seen, self.loads = [], [], []
        self.was_killed = False

    def expect(self, what, is_so):
        if not is_so:
            self.problems.append(f"not so: {what}")

    def says(self, *texts):
        """Whether the scheduler has logged a line with all of these, and the file."""
        lines = [line for line in self.scheduler.text().splitlines() if str(self.store) in line]
        return any(all(text in line for text in texts) for line in lines)

    def kill(self):
        self.was_killed = True
        self.scheduler.kill()

    def load(self, seconds=SECONDS, tag="load"):
        load = Load(self.cluster.apis, RATE, seconds, LANES, tag=tag).start()
        self.loads.append(load)
        return load

    def readiness(self):
        """The scheduler's /readyz: its status and what it says."""
        line = next(line for line in self.scheduler.text().splitlines() if "ops listening" in line)
        address = line.split('"address":"')[1].split('"')[0]
        answer = Connection(address).get("/readyz")
        return answer.status, answer.text

    def refuses_creates(self):
        """Whether a create is answered 503, with when to try again."""
        answer = Connection(self.cluster.api).post("/remind_me", json.dumps(reminder(int(time.time()), "refused")), "refused")
        return answer is not None and answer.status == 503 and answer.retry_after is not None

    def fails_to_start(self, *texts):
        """Starts the scheduler, which must end by itself with a message that holds these texts and the file."""
        self.scheduler.launch()
        status = self.scheduler.ended()
        self.expect(f"the scheduler ends with a failure, not {status}", status not in (0, None) and status > 0)
        self.expect(f"it says the file and {texts}: {self.scheduler.text()[-400:]}", self.says(*texts))
        self.expect("it ends in order", "Fatal" not in self.scheduler.text())

    def row(self):
        row = account(self.cluster, self.loads, may_repeat=self.was_killed)
        row["problems"] = self.problems + row["problems"]
        row["seen"] = self.seen
        return row


def case(body):
    def run(programs):
        with contextlib.ExitStack() as context:
            folder = context.enter_context(tempfile.TemporaryDirectory())
            it = Case(programs, folder, context)
            body(it)
            return it.row()
    run.__doc__ = body.__doc__
    return run


# While it runs

def while_failing(it, fault, *texts):
    """Load before, during and after a fault in which nothing can be stored; the same process goes on by itself."""
    load = it.load()
    time.sleep(LEAD_SECONDS)
    process = it.scheduler.process.pid
    with fault:
        time.sleep(FAULT_SECONDS / 2)
        refused = load.refused
        time.sleep(FAULT_SECONDS / 2)
        it.expect("creates are refused throughout", load.refused > refused)
        status, text = it.readiness()
        it.expect(f"the scheduler is not ready: {status} {text[:200]}", status == 503 and "store" in text)
    began = time.monotonic()
    before = load.accepted
    while load.accepted == before and time.monotonic() - began < 30:
        time.sleep(0.01)
    it.seen.append(f"{load.answers[503]} x 503, accepts again after {time.monotonic() - began:.1f} s")
    it.expect(f"it says the file and what to do: {texts}", it.says(*texts))
    load.join()
    it.expect("the same process goes on", it.scheduler.runs and it.scheduler.process.pid == process)
    status, text = it.readiness()
    it.expect(f"the scheduler is ready again: {status} {text[:200]}", status == 200)


@contextlib.contextmanager
def filled(it):
    ballast = it.disk / "ballast"
    fill(ballast)
    try:
        yield
    finally:
        ballast.unlink()


def fill(ballast):
    """Writes until nothing more fits, also not a byte."""
    with open(ballast, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(bytes(size)) == size:
                    continue
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            size //= 2


def full(it):
    while_failing(it, filled(it), "no space left", SPACE)


def read_only(it):
    while_failing(it, it.shim.failing(WRITES | SYNCS, errno.EROFS), FAULTY)


def write_errors(it):
    while_failing(it, it.shim.failing(WRITES), FAULTY)


def sync_errors(it):
    while_failing(it, it.shim.failing(SYNCS), FAULTY)


def all_errors(it):
    while_failing(it, it.shim.failing(WRITES | SYNCS | READS), FAULTY)


# At a start

def full_at_start(it):
    load = it.load(6)
    load.join()
    it.kill()
    with filled(it):
        it.scheduler.launch()
        time.sleep(3)
        if it.scheduler.runs:
            it.seen.append("starts on the full disk")
            it.expect("creates are refused", it.refuses_creates())
        else:
            it.seen.append(f"does not start on the full disk ({it.scheduler.ended()})")
        it.expect(f"it says the file and what to do: {it.scheduler.text()[-600:]}", it.says("space"))
    if it.scheduler.process is None:
        it.scheduler.start()
    it.load(4, "after").join()


def read_only_at_start(it):
    it.load(6).join()
    it.kill()
    subprocess.run(["mount", "-o", "remount,ro", it.disk], check=True)
    try:
        it.fails_to_start("write")
    finally:
        subprocess.run(["mount", "-o", "remount,rw", it.disk], check=True)
    it.scheduler.start()
    it.load(4, "after").join()


def later_schema(it):
    it.load(6).join()
    it.scheduler.terminate()
    with contextlib.closing(sqlite3.connect(it.store)) as database, database:
        schema = database.execute("SELECT version FROM schema_version").fetchone()[0]
        database.execute("UPDATE schema_version SET version = ?", (LATER_SCHEMA,))
    before = it.store.read_bytes()
    it.fails_to_start(str(LATER_SCHEMA), "Run the build")
    it.expect("the file is as it was", it.store.read_bytes() == before)
    with contextlib.closing(sqlite3.connect(it.store)) as database, database:
        database.execute("UPDATE schema_version SET version = ?", (schema,))
    it.scheduler.start()
    it.load(4, "after").join()


# After a loss of power

def frames(log):
    """The write-ahead log's valid frames: (page number, whether it ends a transaction, offset), and a frame's size.
    See https://sqlite.org/fileformat2.html#the_write_ahead_log"""
    data = log.read_bytes()
    page_bytes, salts = struct.unpack_from(">I", data, 8)[0], data[16:24]
    size, found, offset = 24 + page_bytes, [], 32
    while offset + size <= len(data) and data[offset + 8:offset + 16] == salts:
        number, pages = struct.unpack_from(">II", data, offset)
        found.append((number, pages > 0, offset))
        offset += size
    return found, size


def torn_pages(it):
    """The process is lost while the log is being copied into the database: pages of the database are half old, half garbage. The
    log holds them all."""
    it.load(4, "before").join()
    it.scheduler.terminate()
    it.scheduler.start()
    load = it.load(8)
    time.sleep(LEAD_SECONDS)
    it.kill()
    found, size = frames(it.log)
    page_bytes = size - 24
    pages = {number for number, _, _ in found}
    with open(it.store, "r+b") as database:
        length = database.seek(0, os.SEEK_END)
        torn = [number for number in sorted(pages) if number * page_bytes <= length]
        # The last page of the file first: it may never have been written whole.
        for number in torn:
            database.seek((number - 1) * page_bytes + page_bytes // 2)
            database.write(b"\xa5" * (page_bytes // 2))
    it.seen.append(f"{len(torn)} pages torn, {len(found)} frames in the log")
    it.expect("pages were torn", torn)
    it.scheduler.start()
    load.join()


def truncated_log(it):
    """Power is lost while commits wait for the disk: of the log there is what was synced, and half a frame more."""
    load = it.load(10)
    time.sleep(LEAD_SECONDS)
    with it.shim.failing(SYNCS):
        time.sleep(1.5)
        it.kill()
    synced, length = it.shim.log_synced, it.log.stat().st_size
    data = it.log.read_bytes()
    _, size = frames(it.log)
    with open(it.log, "r+b") as log:
        log.truncate(synced)
        log.seek(synced)
        log.write(data[synced:synced + size // 2])
    it.seen.append(f"log cut from {length} to {synced + size // 2} bytes")
    it.expect("there was something to cut", length > synced)
    it.scheduler.start()
    load.join()


def damaged(it):
    """Garbage in the middle of the database: not to be mended, but said, and the file is left for who can; from a copy all goes on."""
    it.load(6).join()
    it.scheduler.terminate()
    whole = it.store.read_bytes()
    with open(it.store, "r+b") as database:
        for at in range(0, len(whole), 4096):
            if at:
                database.seek(at)
                database.write(b"\xa5" * 64)
    it.scheduler.launch()
    deadline = time.monotonic() + 15
    while it.scheduler.runs and not it.says(DAMAGED) and time.monotonic() < deadline:
        time.sleep(0.1)
    if it.scheduler.runs:
        it.seen.append("starts on the damaged database")
        it.expect("a create is refused", it.refuses_creates())
        it.expect("the scheduler is not ready", it.readiness()[0] == 503)
        it.kill()
    else:
        it.seen.append(f"does not start on the damaged database ({it.scheduler.ended()})")
    it.expect(f"it says the file and what to do: {it.scheduler.text()[-600:]}", it.says(DAMAGED))
    it.store.write_bytes(whole)
    for suffix in "-wal", "-shm":
        pathlib.Path(f"{it.store}{suffix}").unlink(missing_ok=True)
    it.scheduler.start()
    it.load(4, "after").join()


CASES = {
    "disk/full": case(full),
    "disk/full-at-start": case(full_at_start),
    "disk/read-only": case(read_only),
    "disk/read-only-at-start": case(read_only_at_start),
    "disk/write-errors": case(write_errors),
    "disk/sync-errors": case(sync_errors),
    "disk/all-errors": case(all_errors),
    "disk/torn-pages": case(torn_pages),
    "disk/truncated-log": case(truncated_log),
    "disk/damaged": case(damaged),
    "disk/later-schema": case(later_schema),
}
