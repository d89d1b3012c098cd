"""Requests that schemathesis makes up of the document, right ones and wrong ones; each answer is held to the document."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from document import FUTURE_SECONDS, Failure
from examples import create

HERE = pathlib.Path(__file__).parent
SEED = 20_261_123
RUN_SECONDS, REQUEST_SECONDS = 300, 30
MAX_LINES, MAX_LINE = 80, 300


def checks(api, document, count):
    yield "schemathesis, all its checks", lambda: _run(api, document, count)


def _run(api, document, count):
    ids = {"NOTIFICATION_ID": create(api, document, "createReminder"), "TASK_ID": create(api, document, "createTask", {
        "start_datetime": int(time.time()) + FUTURE_SECONDS})}
    with tempfile.TemporaryDirectory(prefix="api-schemathesis-") as folder:
        report = pathlib.Path(folder, "report.json")
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"),
            "run", f"{api.base}/openapi.json", "--checks", "all", "--max-examples", str(count), "--seed", str(SEED),
            "--continue-on-failure", "--exclude-operation-id", "watchEvents",  # Which has no end.
            "--no-shrink", "--no-color", "--generation-database", "none",
            "--request-timeout", str(REQUEST_SECONDS), "--report", "json", "--report-json-path", str(report),
        ]
        if api.key:
            command += ["--header", f"Authorization: Bearer {api.key}"]
        environment = {**os.environ, **ids, "SCHEMATHESIS_HOOKS": str(HERE / "reasons.py"), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        try:
            said, _ = process.communicate(timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            raise Failure(f"not done within {RUN_SECONDS} s\n{_short(said)}") from None
        if process.returncode != 0 or not report.exists():
            raise Failure(f"see below\n{_short(said)}")
        told = json.loads(report.read_text())
        if told["operations"]["tested"] != told["operations"]["selected"]:
            raise Failure(f"not all operations were tested: {told['operations']}")
        return f"{told['test_cases']['generated']} requests to {told['operations']['tested']} operations"


def _short(said):
    """Its list of failures, in lines that can be read."""
    lines = re.split(r"^=+ (?:FAILURES|ERRORS) =+$", said, maxsplit=1, flags=re.MULTILINE)[-1].splitlines()
    lines = [line for line in lines if line.strip()]
    rest = [f"… {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    return "\n".join("     " + line[:MAX_LINE] for line in lines[:MAX_LINES] + rest)
