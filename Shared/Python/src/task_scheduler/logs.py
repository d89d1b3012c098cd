"""Log lines as the services of task-scheduler write them: one line each, text or JSON, on standard error."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

LEVELS = {
    "trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "notice": logging.INFO, "warning": logging.WARNING,
    "error": logging.ERROR, "critical": logging.CRITICAL}
"""The levels of `LOG_LEVEL`."""
MAX_VALUE_CHARACTERS = 10_000


def say(logger: logging.Logger, level: int, message: str, **fields: object) -> None:
    """Logs a message with fields."""
    if logger.isEnabledFor(level):
        logger.log(level, message, extra={"fields": fields})


def configure(level: str, form: str | None) -> None:
    """Has all logs of this process written like that.

    level: one of `LEVELS`. form: `text` or `json`; `None`: text on a terminal, else JSON.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLine() if (form or ("text" if sys.stderr.isatty() else "json")) == "json" else TextLine())
    logging.basicConfig(level=LEVELS[level], handlers=[handler], force=True)


def _parts(record: logging.LogRecord) -> tuple[str, str, dict[str, Any]]:
    time = datetime.fromtimestamp(record.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(record.msecs):03}Z"
    fields = dict(getattr(record, "fields", {}))
    if record.name != "worker":
        fields["logger"] = record.name
    if record.exc_info:
        fields["traceback"] = "".join(traceback.format_exception(*record.exc_info))
    return time, record.levelname.lower(), fields


class JSONLine(logging.Formatter):
    """`{"time":…,"level":…,"service":"worker","message":…,…}`"""

    def format(self, record: logging.LogRecord) -> str:
        time, level, fields = _parts(record)
        line = {"time": time, "level": level, "service": "worker", "message": record.getMessage()[:MAX_VALUE_CHARACTERS]}
        line |= {("_" + name if name in line else name): str(value)[:MAX_VALUE_CHARACTERS] for name, value in fields.items()}
        return json.dumps(line, separators=(",", ":"))


class TextLine(logging.Formatter):
    """`2026-11-23T18:06:42.042Z info     worker taking occurrences queues=default`"""

    def format(self, record: logging.LogRecord) -> str:
        time, level, fields = _parts(record)
        line = f"{time} {level:<8} worker {_escaped(record.getMessage())}"
        for name, value in fields.items():
            text = str(value)
            is_plain = text and text.isprintable() and not any(each in text for each in ' "=\\')
            line += f" {name}={text if is_plain else json.dumps(text[:MAX_VALUE_CHARACTERS], ensure_ascii=False)}"
        return line


def _escaped(text: str) -> str:
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text[:MAX_VALUE_CHARACTERS])
