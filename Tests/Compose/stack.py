"""A compose project of the test's own: its images, containers, networks and volumes, all of which are gone afterwards."""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import uuid
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERVICES = ("scheduler", "notifier", "worker", "gateway")
ALL = (*SERVICES, "edvora-standin")
DATABASE = "postgres"
BASE_IMAGE = "debian:bookworm-slim"


class Failure(Exception):
    """What the test found wrong, for whoever reads its output."""


def run(*command, env=None, timeout=60, check=True):
    """The command's standard output. Raises Failure with what it wrote to standard error."""
    try:
        done = subprocess.run(command, env=env, timeout=timeout, capture_output=True, cwd=DEPLOY)
    except subprocess.TimeoutExpired:
        raise Failure(f"{' '.join(command)}: not finished after {timeout} s") from None
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')[-3000:]}")
    return done.stdout.decode(errors="replace")


def wait_for(what, seconds, condition):
    """Waits until the condition gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not so after {seconds} s")
        time.sleep(0.1)


def compose_command():
    """docker-compose, or the engine's plugin; the variable COMPOSE names another."""
    if os.environ.get("COMPOSE"):
        return os.environ["COMPOSE"].split()
    return ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Stack:
    def __init__(self, has_database):
        """has_database: the reminders are kept in PostgreSQL, in a container beside the others."""
        self.project = f"tasks-test-{uuid.uuid4().hex[:8]}"
        self.watched = (*SERVICES, DATABASE) if has_database else SERVICES
        self.api, self.ops, self.standin = free_ports(3)
        files = ["docker-compose.yml", *(["docker-compose.postgres.yml"] if has_database else [])]
        self.base = [*compose_command(), *(word for file in files for word in ("-f", file)), "--env-file", "example.env", "-p", self.project]
        self.env = {
            **os.environ, "TAG": self.project, "GATEWAY_PORT": str(self.api), "OPS_PORT": str(self.ops),
            "STANDIN_PORT": str(self.standin), "COMPOSE_PROFILES": "standin",
            "EDVORA_BASE_URL": "http://edvora-standin:8080", "EDVORA_ALLOW_PLAIN": "true",
        }

    def compose(self, *arguments, timeout=90):
        return run(*self.base, *arguments, env=self.env, timeout=timeout)

    def images(self):
        return {service: f"task-scheduler-{service}:{self.project}" for service in ALL}

    def added_bytes(self, image):
        size = lambda name: int(run("docker", "image", "inspect", "--format", "{{.Size}}", name))
        # The builder need not have kept the base under its name.
        if not run("docker", "images", "--quiet", BASE_IMAGE).strip():
            run("docker", "pull", "--quiet", BASE_IMAGE, timeout=300)
        return size(image) - size(BASE_IMAGE)

    def containers(self, service=None, state=None):
        """What the engine knows of them, oldest first."""
        filters = ["--filter", f"label=com.docker.compose.project={self.project}"]
        if service:
            filters += ["--filter", f"label=com.docker.compose.service={service}"]
        ids = run("docker", "ps", "--all", "--quiet", "--no-trunc", *filters).split()
        found = json.loads(run("docker", "inspect", *ids)) if ids else []
        if state:
            found = [each for each in found if each["State"]["Status"] == state]
        return sorted(found, key=lambda each: each["Created"])

    def await_health(self, seconds, counts=None):
        """Waits until each service has that many containers (one unless it says more), and all are healthy."""
        counts = counts or {}

        def unhealthy():
            rest = []
            for service in self.watched:
                states = [each["State"] for each in self.containers(service)]
                healthy = [s for s in states if s["Running"] and s.get("Health", {}).get("Status") == "healthy"]
                if not len(states) == len(healthy) == counts.get(service, 1):
                    rest.append(service)
            return rest

        try:
            wait_for("all healthy", seconds, lambda: not unhealthy())
        except Failure:
            names = unhealthy()
            logs = self.compose("logs", "--no-color", "--tail", "5", *names)
            raise Failure(f"not healthy within {seconds} s: {', '.join(names)}\n{logs}") from None

    def crash(self, container):
        """Kills the service's process as the kernel would, so that the engine sees a crash and not somebody's order."""
        try:
            os.kill(container["State"]["Pid"], signal.SIGKILL)
        except PermissionError:
            run("docker", "kill", "--signal", "KILL", container["Id"])
            run("docker", "start", container["Id"])

    def logs(self, container):
        return subprocess.run(
            ["docker", "logs", container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=True).stdout.decode()

    def files(self, container, path):
        """The files below a path in a container: name to (content, mode, owner)."""
        stream = subprocess.run(["docker", "cp", f"{container}:{path}", "-"], capture_output=True, timeout=30, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
            members = [member for member in archive.getmembers() if member.isfile()]
            return {Path(m.name).name: (archive.extractfile(m).read(), m.mode, m.uid) for m in members}

    def remove(self):
        """Everything but the builder's cache; what cannot be removed is named."""
        try:
            self.compose("down", "--volumes", "--remove-orphans", "--timeout", "15", timeout=120)
        except Failure as failure:
            print(f"compose down: {failure}")
        removals = {
            "containers": ("rm", "--force", "--volumes"), "networks": ("network", "rm"), "volumes": ("volume", "rm"),
            "images": ("rmi", "--no-prune"),
        }
        for kind, ids in self.remains().items():
            run("docker", *removals[kind], *ids, check=False)
        return list(self.remains())

    def remains(self):
        """What is left of it, by kind."""
        label = f"label=com.docker.compose.project={self.project}"
        lists = {
            "containers": ("ps", "--all", "--quiet", "--filter", label),
            "networks": ("network", "ls", "--quiet", "--filter", label),
            "volumes": ("volume", "ls", "--quiet", "--filter", label),
            "images": ("images", "--filter", f"reference=*:{self.project}", "--format", "{{.Repository}}:{{.Tag}}"),
        }
        found = {kind: run("docker", *arguments).split() for kind, arguments in lists.items()}
        return {kind: ids for kind, ids in found.items() if ids}
