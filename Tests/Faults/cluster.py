"""The four services and a backend as processes that a test can kill, stop and start again, on the same ports each time."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent


class Service:
    """One process. Its log grows over its lives."""

    def __init__(self, name, command, environment, folder, pattern):
        self.name, self.command, self.environment = name, command, environment
        self.log, self.pattern = folder / f"{name}.log", pattern
        self.process = None
        self.unexpected = []

    def start(self):
        offset = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env={**os.environ, **self.environment}, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            text = self.log.read_bytes()[offset:].decode(errors="replace")
            if found := re.search(self.pattern + r".*?(127\.0\.0\.1:\d+)", text):
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} did not start: {self.log.read_text(errors='replace')[-800:]}")

    def kill(self):
        self._end(signal.SIGKILL, -signal.SIGKILL)

    def terminate(self):
        self._end(signal.SIGTERM, -signal.SIGTERM if self.name == "backend" else 0)

    def send(self, number):
        self.process.send_signal(number)

    def _end(self, number, expected):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(number)
        status = self.process.wait(20)
        if status != expected:
            self.unexpected.append(f"{self.name} ended with {status} after signal {number}")
        self.process = None

    def check(self):
        """Notes an end that nobody asked for."""
        if self.process is not None and self.process.poll() is not None:
            self.unexpected.append(f"{self.name} ended by itself with {self.process.returncode}")


class Cluster:
    def __init__(self, programs, folder):
        self.folder, self.record = folder, folder / "record.jsonl"
        self.services = {}
        backend = self._add("backend", [sys.executable, str(HERE / "backend.py"), "0", str(self.record)], {}, "listening on ")
        address = backend.start()
        backend.command[2] = address.split(":")[1]
        notifier = self._add("notifier", [programs / "notifier"], {
            "EDVORA_BASE_URL": f"http://{address}", "NOTIFIER_LISTEN": "127.0.0.1:0", "NOTIFIER_OPS_LISTEN": "127.0.0.1:0"})
        notifier.environment["NOTIFIER_LISTEN"] = notifier.start()
        scheduler = self._add("scheduler", [programs / "scheduler"], {
            "SCHEDULER_STORE": f"sqlite:{folder}/store.db", "SCHEDULER_LISTEN": "127.0.0.1:0", "SCHEDULER_OPS_LISTEN": "127.0.0.1:0"})
        scheduler.environment["SCHEDULER_LISTEN"] = wire = scheduler.start()
        worker = self._add("worker", [programs / "worker"], {
            "SCHEDULER_ENDPOINTS": wire, "NOTIFIER_ENDPOINTS": notifier.environment["NOTIFIER_LISTEN"],
            "WORKER_OPS_LISTEN": "127.0.0.1:0"}, "ops listening")
        worker.start()
        gateway = self._add("gateway", [programs / "gateway"], {
            "SCHEDULER_ENDPOINTS": wire, "GATEWAY_LISTEN": "127.0.0.1:0", "GATEWAY_OPS_LISTEN": "127.0.0.1:0"}, "api listening")
        self.api = gateway.environment["GATEWAY_LISTEN"] = gateway.start()

    def _add(self, name, command, environment, pattern="wire listening"):
        environment = {"LOG_FORMAT": "json", **environment}
        service = self.services[name] = Service(name, command, environment, self.folder, pattern)
        return service

    def check(self):
        for service in self.services.values():
            service.check()

    @property
    def unexpected(self):
        return [line for service in self.services.values() for line in service.unexpected]

    def stop(self):
        for name in ["gateway", "worker", "scheduler", "notifier", "backend"]:
            if service := self.services.get(name):
                try:
                    service.send(signal.SIGCONT) if service.process else None
                    service.terminate()
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    service.kill()
