"""The four services and a backend as processes that a test can kill, stop and start again, on the same ports each time."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
# The order in which they can be started: each finds what it connects to.
ORDER = ["backend", "notifier", "scheduler", "worker", "gateway"]
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+:\d+")
# What a service may take to say that it listens, and to end after a signal.
START_SECONDS, END_SECONDS = 30, 20


class Service:
    """One process. Its log grows over its lives."""

    def __init__(self, name, command, environment, folder, mark):
        self.name, self.command, self.environment = name, command, environment
        self.log, self.mark = folder / f"{name}.log", mark
        self.process, self.began = None, 0
        self.unexpected = []

    def start(self):
        """Starts it and waits until it listens.
        Returns its address."""
        self.launch()
        return self.listening()

    def launch(self):
        self.offset = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env={**os.environ, **self.environment}, stdout=log, stderr=log)
        self.began = time.monotonic()

    def stand_by(self):
        """Starts it where another of its kind does its work."""
        self.launch()
        self.says("standing by")

    def says(self, words):
        """Waits until it has said that since its last start."""
        deadline = time.monotonic() + START_SECONDS
        while words not in self.text():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{self.name} did not say {words!r}: {self.text()[-800:]}")
            time.sleep(0.02)

    def listening(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in self.text().splitlines():
                if self.mark in line and (found := ADDRESS.search(line.split(self.mark, 1)[1])):
                    return found.group()
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} did not start: {self.text()[-800:]}")

    def text(self):
        """What it has logged since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self.offset)
            return log.read().decode(errors="replace")

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self._end(signal.SIGKILL, -signal.SIGKILL)

    def terminate(self):
        self._end(signal.SIGTERM, -signal.SIGTERM if self.name == "backend" else 0)

    def send(self, number):
        self.process.send_signal(number)

    def ended(self):
        """Waits for an end of its own; its status."""
        status = self.process.wait(END_SECONDS)
        self.process = None
        return status

    def _end(self, number, expected):
        self.check()
        if not self.runs:
            return
        self.process.send_signal(number)
        status = self.process.wait(END_SECONDS)
        if status != expected:
            self.unexpected.append(f"{self.name} ended with {status} after signal {number}")
        self.process = None

    def check(self):
        """Notes an end that nobody asked for."""
        if self.process is not None and self.process.poll() is not None:
            self.unexpected.append(f"{self.name} ended by itself with {self.process.returncode}")
            self.process = None


class Layout:
    """Where services run and what they run with: here all on loopback."""

    def __init__(self, programs, folder):
        self.programs, self.folder = pathlib.Path(programs), pathlib.Path(folder)
        self.store = self.folder / "store.db"
        # How many of a thousand first requests the backend refuses.
        self.refused_per_mille = 0
        # How long it takes to answer, at least and less than, so that whenever something breaks there are requests on their way.
        self.answer_milliseconds = (0, 900)
        # Settings for one service by its name, and for all by "".
        self.settings = {}
        # How many of a kind there are where that is not one; the second gateway is gateway-2. One backend.
        self.copies = {}

    def host(self, name):
        return "127.0.0.1"

    def command(self, name, command):
        return command

    def environment(self, name):
        return {**self.settings.get("", {}), **self.settings.get(name.split("-")[0], {})}


class Cluster:
    def __init__(self, layout):
        self.layout, self.record = layout, layout.folder / "record"
        self.services = {}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        folder = self.layout.folder
        backend = self.add("backend", [
            sys.executable, str(HERE / "backend.py"), self.layout.host("backend"), "0", str(self.record),
            str(self.layout.refused_per_mille), *map(str, self.layout.answer_milliseconds)], {}, "listening on ")
        address = backend.start()
        backend.command[backend.command.index("0")] = address.split(":")[1]
        notifiers = self._services("notifier", "wire listening", {"EDVORA_BASE_URL": f"http://{address}"})
        scheduler = self._schedulers({"SCHEDULER_STORE": f"sqlite:{self.layout.store}"})
        self._services("worker", "ops listening", {"SCHEDULER_ENDPOINTS": scheduler, "NOTIFIER_ENDPOINTS": ",".join(notifiers)})
        self.apis = self._services("gateway", "api listening", {"SCHEDULER_ENDPOINTS": scheduler})
        self.api = self.apis[0]

    def _schedulers(self, settings):
        """Where there are several, the others stand by for the first; their addresses."""
        addresses = []
        for number in range(self.layout.copies.get("scheduler", 1), 0, -1):
            name = "scheduler" if number == 1 else f"scheduler-{number}"
            addresses.append(self._service(name, "wire listening", settings))
            if number > 1:
                # Its address is known now.
                self[name].terminate()
        for number in range(2, self.layout.copies.get("scheduler", 1) + 1):
            self[f"scheduler-{number}"].stand_by()
        return ",".join(addresses)

    def _services(self, kind, mark, settings):
        names = [kind] + [f"{kind}-{number}" for number in range(2, self.layout.copies.get(kind, 1) + 1)]
        return [self._service(name, mark, settings) for name in names]

    def _service(self, name, mark, settings):
        """Adds one and starts it; its address, which it then keeps."""
        kind = name.split("-")[0]
        listen = f"{kind.upper()}_LISTEN"
        settings = {"LOG_FORMAT": "json", f"{kind.upper()}_OPS_LISTEN": "127.0.0.1:0", **settings}
        if kind != "worker":
            settings[listen] = f"{self.layout.host(name)}:0"
        service = self.add(name, [str(self.layout.programs / kind)], settings, mark)
        address = service.start()
        if kind != "worker":
            service.environment[listen] = address
        return address

    def add(self, name, command, settings, mark):
        """Adds one, which is not started yet."""
        environment = {**settings, **self.layout.environment(name)}
        service = Service(name, self.layout.command(name, command), environment, self.layout.folder, mark)
        self.services[name] = service
        return service

    def __getitem__(self, name):
        return self.services[name]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def unexpected(self):
        """Ends that nobody asked for, and credentials in logs."""
        for service in self.services.values():
            service.check()
        found = [line for service in self.services.values() for line in service.unexpected]
        for service in self.services.values():
            if service.log.exists() and b"Bearer " in service.log.read_bytes():
                found.append(f"{service.name} logged a credential")
        return found

    def stop(self):
        """Ends what runs, orderly where possible."""
        for service in sorted(self.services.values(), key=lambda service: -ORDER.index(service.name.split("-")[0])):
            if not service.runs:
                continue
            try:
                service.send(signal.SIGCONT)
                service.terminate()
            except (ProcessLookupError, subprocess.TimeoutExpired):
                service.kill()
