"""The command `python -m task_scheduler`."""

from __future__ import annotations

import sys

from task_scheduler.settings import SettingsError, read
from task_scheduler.worker.service import USAGE, main

if __name__ == "__main__":
    try:
        settings = read()
    except SettingsError as error:
        print(f"worker: {error}", file=sys.stderr)
        raise SystemExit(USAGE) from None
    raise SystemExit(main(settings))
