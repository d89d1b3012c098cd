"""The test's side of shim.c: builds it, and changes the clock and the disk of the services that run with it."""
import contextlib
import errno
import mmap
import pathlib
import shutil
import struct
import subprocess
import time

HERE = pathlib.Path(__file__).parent
WRITES, SYNCS, READS = 1, 2, 4
# Of `struct control`.
CLOCK, FAILING, ERROR, FAILURES, SYNCED, SIZE = 0, 8, 12, 16, 32, 40


class Shim:
    def __init__(self, folder):
        self.library = pathlib.Path(folder) / "shim.so"
        compiler = shutil.which("cc") or shutil.which("clang") or "gcc"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", self.library, HERE / "shim.c", "-ldl"], check=True)
        self.path = pathlib.Path(folder) / "control"
        self.path.write_bytes(bytes(SIZE))
        with open(self.path, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), SIZE)

    def environment(self, store=None):
        """What a service is started with to be under this one's command."""
        environment = {"LD_PRELOAD": str(self.library), "FAULTS_CONTROL": str(self.path)}
        if store is not None:
            environment["FAULTS_STORE"] = str(store)
        return environment

    # The clock.

    @property
    def clock_offset(self):
        return struct.unpack_from("q", self.control, CLOCK)[0] / 1e9

    @clock_offset.setter
    def clock_offset(self, seconds):
        struct.pack_into("q", self.control, CLOCK, int(seconds * 1e9))

    def now(self):
        """The wall clock that the services read."""
        return time.time() + self.clock_offset

    # The disk.

    @contextlib.contextmanager
    def failing(self, what, error=errno.EIO):
        struct.pack_into("i", self.control, ERROR, error)
        struct.pack_into("i", self.control, FAILING, what)
        try:
            yield
        finally:
            struct.pack_into("i", self.control, FAILING, 0)

    @property
    def failures(self):
        return struct.unpack_from("q", self.control, FAILURES)[0]

    @property
    def log_synced(self):
        """Bytes of the write-ahead log that are on stable storage."""
        return struct.unpack_from("q", self.control, SYNCED)[0]
