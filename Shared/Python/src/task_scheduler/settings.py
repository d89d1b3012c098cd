"""Settings of a worker: flags, and over the environment by the names that every service of task-scheduler has."""

from __future__ import annotations

import argparse
import os
import re
import ssl
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from task_scheduler.http import is_loopback
from task_scheduler.logs import LEVELS
from task_scheduler.tasks import MAX_QUEUES, NAME, NAME_RULE
from task_scheduler.wire.keys import LinkKeys
from task_scheduler.wire.security import Certificates, Security, SecurityError, has_pre_shared_keys

MAX_CONCURRENCY = 65_536
DEFAULT_CONCURRENCY, DEFAULT_MAX_CONCURRENCY = "32", "256"
DEFAULT_DRAIN = "8s"
SECRET_BYTES = range(16, 1_025)
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class SettingsError(Exception):
    """A setting that cannot be used: which, what it was, and what it may be."""


@dataclass(frozen=True)
class Endpoint:
    """Where a scheduler is."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class WorkerSettings:
    """All that a worker is told from outside."""

    modules: tuple[str, ...]
    schedulers: tuple[Endpoint, ...]
    queues: tuple[str, ...]
    concurrency: int
    """Occurrences that it runs at once, over all schedulers; also the most threads."""
    max_concurrency: int
    """What a scheduler may raise its share of that to."""
    drain_seconds: float
    """How long what runs may go on once it is told to stop."""
    log_level: str
    log_format: str | None
    security: Security = field(repr=False)


def read(arguments: list[str] | None = None, environment: Mapping[str, str] | None = None) -> WorkerSettings:
    """Settings as the command line and the environment say. Raises `SettingsError`; argparse ends the process for unknown flags."""
    given = environment if environment is not None else os.environ
    flags = _parser().parse_args(arguments)

    def value(name: str, flag: str | None, default: str | None = None) -> str | None:
        return flag if flag is not None else given.get(name) or default

    def text(name: str, flag: str | None, default: str) -> str:
        return value(name, flag, default) or default

    schedulers = tuple(_endpoint(each.strip()) for each in text("SCHEDULER_ENDPOINTS", flags.schedulers, "127.0.0.1:7101").split(","))
    if twice := next((each for place, each in enumerate(schedulers) if each in schedulers[:place]), None):
        raise SettingsError(f"SCHEDULER_ENDPOINTS names {twice} twice; name each scheduler once")
    queues = tuple(each.strip() for each in text("WORKER_QUEUES", flags.queues, "default").split(","))
    if len(queues) > MAX_QUEUES or not all(NAME.fullmatch(each) for each in queues):
        raise SettingsError(f'WORKER_QUEUES was "{",".join(queues)}"; it must be names of {NAME_RULE}, separated by commas')
    concurrency = _count("WORKER_CONCURRENCY", text("WORKER_CONCURRENCY", flags.concurrency, DEFAULT_CONCURRENCY))
    level = text("LOG_LEVEL", flags.log_level, "info").lower()
    if level not in LEVELS:
        raise SettingsError(f'LOG_LEVEL was "{level}"; it must be one of {", ".join(LEVELS)}')
    form = value("LOG_FORMAT", flags.log_format)
    if form not in (None, "text", "json"):
        raise SettingsError(f'LOG_FORMAT was "{form}"; it must be text or json')
    return WorkerSettings(
        modules=tuple(flags.module), schedulers=schedulers, queues=queues, concurrency=concurrency,
        max_concurrency=_count("WORKER_MAX_CONCURRENCY", text("WORKER_MAX_CONCURRENCY", flags.max_concurrency, DEFAULT_MAX_CONCURRENCY)),
        drain_seconds=_duration("WORKER_DRAIN", text("WORKER_DRAIN", flags.drain, DEFAULT_DRAIN)), log_level=level, log_format=form,
        security=_security(given, schedulers))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m task_scheduler", description="Tasks at a time or by a rule.",
        epilog="Secrets are no flags: CLUSTER_SECRET or CLUSTER_SECRET_FILE, TLS_CERT, TLS_KEY and TLS_CA, CLUSTER_TLS, CLUSTER_INSECURE.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    worker = commands.add_parser("worker", help="runs the tasks of modules", description="Runs the tasks of modules until SIGTERM.")
    worker.add_argument("module", nargs="+", metavar="MODULE", help="a module whose tasks are run, as `import` has it")
    for flag, name, default, help in (
        ("--queues", "WORKER_QUEUES", "default", "the queues that it serves, separated by commas"),
        ("--concurrency", "WORKER_CONCURRENCY", DEFAULT_CONCURRENCY, "occurrences that it runs at once"),
        ("--max-concurrency", "WORKER_MAX_CONCURRENCY", DEFAULT_MAX_CONCURRENCY, "what that may be raised to while it runs"),
        ("--schedulers", "SCHEDULER_ENDPOINTS", "127.0.0.1:7101", "host:port of the schedulers, separated by commas"),
        ("--drain", "WORKER_DRAIN", DEFAULT_DRAIN, "how long what runs may go on after SIGTERM"),
        ("--log-level", "LOG_LEVEL", "info", f"one of {', '.join(LEVELS)}"),
        ("--log-format", "LOG_FORMAT", "text on a terminal, else json", "text or json"),
    ):
        worker.add_argument(flag, metavar="VALUE", help=f"{help} ({name}, {default})")
    return parser


def _endpoint(text: str) -> Endpoint:
    host, _, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if is_bracketed else host
    if not host or (":" in host) != is_bracketed or not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        raise SettingsError(f'SCHEDULER_ENDPOINTS was "{text}"; it must be host:port, an IPv6 address in brackets')
    return Endpoint(host, int(port))


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_CONCURRENCY):
        raise SettingsError(f'{name} was "{text}"; it must be a whole number from 1 to {MAX_CONCURRENCY}')
    return int(text)


def _duration(name: str, text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9})(ms|s|m|h)", text)
    if found is None or not 0 < (seconds := int(found[1]) * UNITS[found[2]]) <= 86_400:
        raise SettingsError(f'{name} was "{text}"; it must be a whole number and ms, s, m or h, such as 500ms or 8s, 24h at most')
    return seconds


def _boolean(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name) or "false"
    if text.lower() not in ("true", "false"):
        raise SettingsError(f'{name} was "{text}"; it must be true or false')
    return text.lower() == "true"


def _security(given: Mapping[str, str], schedulers: tuple[Endpoint, ...]) -> Security:
    use = (given.get("CLUSTER_TLS") or "auto").lower()
    if use not in ("auto", "on"):
        raise SettingsError(f'CLUSTER_TLS was "{use}"; it must be auto or on')
    insecure = _boolean(given, "CLUSTER_INSECURE")
    secret, source = _secret(given)
    files = [given.get(name) or "" for name in ("TLS_CERT", "TLS_KEY", "TLS_CA")]
    if any(files) and not all(files):
        raise SettingsError("TLS_CERT, TLS_KEY and TLS_CA go together; set all three or none")
    if use == "on" and insecure:
        raise SettingsError("CLUSTER_TLS is on and CLUSTER_INSECURE is true; keep one")
    if use == "on" and secret is None and not any(files):
        raise SettingsError("CLUSTER_TLS is on and there is nothing to encrypt with; set CLUSTER_SECRET, or TLS_CERT, TLS_KEY and TLS_CA")
    try:
        keys = LinkKeys.of(secret) if secret is not None else None
    except ValueError as error:
        raise SettingsError(f"{source} {error}; it must be the line that scheduler --derive-secret worker prints, or the cluster's secret") from None
    context, digest = None, b""
    if all(files):
        certificates = Certificates(*files)
        _check_private("TLS_KEY", files[1])
        try:
            context, digest = certificates.context(), certificates.digest()
        except (OSError, ValueError, ssl.SSLError) as error:
            raise SettingsError(f"TLS_CERT, TLS_KEY and TLS_CA cannot be used: {error}") from None
    security = Security(keys, always=use == "on", insecure=insecure, context=context, digest=digest)
    # Said at the start where it is sure; a name is looked up later.
    for endpoint in schedulers:
        if security.context is None and (use == "on" or not is_loopback(endpoint.host)) and not insecure and not (keys and has_pre_shared_keys()):
            try:
                security.tls(endpoint.host)
            except SecurityError as error:
                raise SettingsError(str(error)) from None
    return security


def _secret(given: Mapping[str, str]) -> tuple[str | None, str]:
    secret, path = given.get("CLUSTER_SECRET") or None, given.get("CLUSTER_SECRET_FILE") or None
    if secret is not None and path is not None:
        raise SettingsError("CLUSTER_SECRET and CLUSTER_SECRET_FILE are both set; keep one")
    source = "CLUSTER_SECRET"
    if path is not None:
        source = "CLUSTER_SECRET_FILE"
        _check_private(source, path)
        try:
            with open(path, encoding="utf-8") as file:
                secret = file.read(2_049).removesuffix("\n").strip(" \t")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f'CLUSTER_SECRET_FILE was "{path}", which cannot be read: {error}') from None
    if secret is not None and (len(secret.encode()) not in SECRET_BYTES or not secret.isprintable()):
        raise SettingsError(f"{source} must hold one line of {SECRET_BYTES.start} to {SECRET_BYTES.stop - 1} bytes without control characters")
    return secret, source


def _check_private(name: str, path: str) -> None:
    """A file that holds a secret is its owner's alone; the group may read one of another user's."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise SettingsError(f'{name} was "{path}", which cannot be read: {error.strerror}') from None
    refused = 0o077 if status.st_uid == os.geteuid() else 0o037
    if stat.S_IMODE(status.st_mode) & refused:
        raise SettingsError(f'{name} was "{path}", which others may use (mode {stat.S_IMODE(status.st_mode):04o}); chmod 600 it')
