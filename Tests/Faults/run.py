"""Runs cases and prints a row for each; ends with 1 where one is not as promised.

usage: run.py FOLDER-OF-THE-PROGRAMS NAME…      a name is a group, a case like scheduler/kill, quick, or all; none: lists them
"""
import importlib
import os
import pathlib
import signal
import subprocess
import sys
import time

from account import COLUMNS

GROUPS = ["matrix", "slow", "python", "long", "network", "disk", "postgres", "standby", "failover", "clock", "overload", "cancel", "outage", "health", "hostile", "peers", "soak"]
# Sure and soon over: part of deploy/test.
QUICK = ["all/kill", "disk/full", "clock/back", "failover/synchronous"]


def cases():
    """All cases by name, in order, with their group."""
    found = {}
    for group in GROUPS:
        for name, case in importlib.import_module(group).CASES.items():
            found[name] = (group, case)
    return found


def chosen(known, names):
    if names == ("all",):
        names = GROUPS
    if names == ("quick",):
        names = QUICK
    wrong = [name for name in names if name not in GROUPS and name not in known]
    if wrong:
        raise SystemExit(f"there is no {', '.join(wrong)}; there are {', '.join(GROUPS)}, quick, all, and {', '.join(known)}")
    return [name for name in known if name in names or known[name][0] in names]


def apart():
    """Goes on in namespaces of its own: nothing that a case does to network and mounts is seen outside, and every process ends
    with this one, however it ends."""
    if os.environ.get("FAULTS_APART"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mkdir", "-p", "/run/netns"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "faults", "/run/netns"], check=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return
    command = ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
    trial = subprocess.run([*command, "true"], capture_output=True, text=True)
    if trial.returncode != 0:
        raise SystemExit(f"no namespaces can be made here ({trial.stderr.strip()}); run it as root, in a container a privileged one")
    os.environ["FAULTS_APART"] = "1"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def main(programs, *names):
    known = cases()
    if not names:
        print(__doc__.strip(), "", *known, sep="\n")
        return 2
    names = chosen(known, names)
    apart()
    programs = pathlib.Path(programs).resolve()
    bad = 0
    print("| case | " + " | ".join(COLUMNS) + " | seen |\n|---|" + "---|" * (len(COLUMNS) + 1), flush=True)
    for name in names:
        began = time.monotonic()
        row = known[name][1](programs)
        problems = row["problems"]
        seen = "; ".join(row.get("seen", []) + [f"{time.monotonic() - began:.0f} s"])
        if problems:
            bad += 1
            seen += "; **NOT AS PROMISED**: " + "; ".join(problems)
        print(f"| {name} | " + " | ".join(str(row.get(column, "")) for column in COLUMNS) + f" | {seen} |", flush=True)
    return min(1, bad)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
