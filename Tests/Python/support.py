"""The stack, workers as processes, and waiting."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from task_scheduler import TaskScheduler

DEADLINE = 20.0
GATEWAY = os.environ.get("GATEWAY_URL", "")


def eventually(condition, what, seconds=DEADLINE):
    """What the condition comes to, once that is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(0.02)
    return value


def ask(path, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(GATEWAY + path, data, {"Content-Type": "application/json"} if data else {}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


class Worker:
    """A worker of the package, as a process; `log` is what its tasks noted."""

    def __init__(self, queue, *options, log=None, environment=None, module="sample", wait=True):
        self.folder = tempfile.TemporaryDirectory()
        self.notes = log or os.path.join(self.folder.name, "tasks")
        self.output = os.path.join(self.folder.name, "output")
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "task_scheduler", "worker", module, "--queues", queue, *options],
                stdout=output, stderr=output, env={**os.environ, "TASKS_LOG": self.notes, "LOG_FORMAT": "text", **(environment or {})})
        if wait:
            eventually(lambda: "taking occurrences" in self.said() or self.process.poll() is not None, self.said)

    def said(self):
        with open(self.output, encoding="utf-8") as file:
            return file.read()

    def log(self):
        if not os.path.exists(self.notes):
            return []
        with open(self.notes, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)

    def ends(self, seconds=DEADLINE):
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class StackTest(unittest.TestCase):
    """A test with a client, and a queue of its own."""

    def setUp(self):
        if not GATEWAY:
            self.skipTest("there is no stack; see Tests/Python/run")
        self.queue = f"{type(self).__name__}.{self._testMethodName}"[-64:]
        self.scheduler = TaskScheduler(GATEWAY)
        self.addCleanup(self.scheduler.close)

    def worker(self, *options, **more):
        worker = Worker(self.queue, *options, **more)
        self.addCleanup(worker.close)
        return worker
