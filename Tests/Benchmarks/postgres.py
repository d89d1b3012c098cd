"""A PostgreSQL server for a row of the benchmark, and what is measured on it without the services: the store alone beside pgbench of the same
rows in the same batches, and pgqueuer.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = "/usr/lib/postgresql/15/bin"
# As what it runs where this is root, which it refuses.
USER = "nobody"
SETTINGS = ["listen_addresses=", "shared_buffers=512MB", "max_wal_size=4GB", "wal_compression=on", "checkpoint_timeout=15min"]
# Writes in a transaction of the store, and of pgbench's.
BATCH = 64
REMINDERS, JOBS = 200_000, 100_000
# Writes that gather during a commit under load.
GATHERED = 4096

# The rows that a create makes, with ids in the order of time.
CREATES = f"""
WITH new AS MATERIALIZED (
    SELECT (random() * 255)::int shard,
        (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid id,
        1790003600 + (random() * 86400)::int due
    FROM generate_series(1, {BATCH})
), definition AS (
    INSERT INTO definitions (shard, id, start_at, timezone, rdates, exdates, queue, priority, misfire_policy, retry_for_s, jitter_s, catch_up_limit,
        task, arguments, description, classroom_id, created_by, created_ms, caller, sealed)
    SELECT shard, id, due, 'UTC', '', '', 'default', 5, 0, 86400, 0, 100, 'edvora.notification', convert_to(repeat('an argument', 38), 'UTF8'),
        'a class begins', convert_to('classroom-' || due % 1000, 'UTF8'), convert_to('teacher-' || due % 100, 'UTF8'), 1790000000000, '',
        convert_to(repeat('credential', 10), 'UTF8') FROM new
)
INSERT INTO reminders (shard, id, state, next_at, next_index, due_ms, delivered, updated_ms, revision, caller)
SELECT shard, id, 0, due, 1, due::bigint * 1000, 0, 1790000000000, 1, '' FROM new
"""
# What a delivery that ends a reminder changes: its row of `reminders`, and an attempt.
SETTLEMENTS = f"""
WITH due AS MATERIALIZED (
    SELECT shard, id, next_at FROM reminders WHERE shard = :shard AND state = 0 AND due_ms IS NOT NULL ORDER BY due_ms, id LIMIT {BATCH}
), settled AS (
    UPDATE reminders r SET (state, next_at, next_index, due_ms, delivered, updated_ms, finished_ms, revision)
        = (2, NULL, NULL, NULL, 1, d.next_at * 1000 + 9, d.next_at * 1000 + 9, 1) FROM due d WHERE r.shard = d.shard AND r.id = d.id
)
INSERT INTO attempts (shard, reminder, started_ms, scheduled_at, number, outcome, duration_us, status_code, detail)
SELECT shard, id, next_at * 1000 + 3, next_at, 1, 0, 8400, 200, '' FROM due
"""


class Server:
    """A server in a folder of its own on the disk, ended with the block."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="postgres-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.data, 0o700)
        if os.geteuid() == 0:
            shutil.chown(self.data, USER)
            shutil.chown(self.folder, USER)
        self.run("initdb", f"--pgdata={self.data}", "--username=tasks", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
        settings = [part for setting in (*SETTINGS, f"unix_socket_directories={self.folder}") for part in ("-c", setting)]
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(self.command("postgres", "-D", self.data, *settings), stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while subprocess.run(self.command("pg_isready", "--quiet", "--host", self.folder)).returncode != 0:
            assert time.monotonic() < deadline, "the PostgreSQL server does not start"
            time.sleep(0.05)
        self.run("createdb", "--host", self.folder, "--username=tasks", "tasks")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    @property
    def store(self):
        return f"postgres://tasks@/tasks?host={self.folder}"

    def command(self, program, *arguments):
        user = ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        return [*user, f"{PROGRAMS}/{program}", *arguments]

    def run(self, *command):
        done = subprocess.run(self.command(*command), capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def sql(self, text):
        return self.run("psql", "--host", self.folder, "--username=tasks", "-Atc", text, "tasks")

    def pgbench(self, script, transactions):
        """Rows a second of a script of one statement, sent again and again over one connection."""
        path = os.path.join(self.folder, "script.sql")
        with open(path, "w") as file:
            file.write("\\set shard random(0, 255)\n" + " ".join(script.split()) + ";\n")
        shown = self.run(
            "pgbench", "--host", self.folder, "--username=tasks", "--no-vacuum", "--protocol=prepared", f"--file={path}",
            f"--transactions={transactions}", "tasks")
        line = next(line for line in shown.splitlines() if line.startswith("tps = "))
        return round(float(line.split()[2]) * BATCH)


def alone(programs, server, *arguments):
    """Creates and settlements a second of the store alone."""
    command = [f"{programs}/postgres-benchmark", server.store, str(REMINDERS), *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def by_shard(programs):
    """The store alone with each shard by itself, as on Citus, and with all in one transaction: batches that gathered under load."""
    result = {}
    for prefix, distribution in (("whole-", "none"), ("", "by-shard")):
        with Server() as server:
            result |= {prefix + name: value for name, value in alone(programs, server, GATHERED, distribution).items()}
    return result


def store(programs):
    """Creates and settlements a second of the store alone, and of the same rows by pgbench."""
    with Server() as server:
        result = alone(programs, server, BATCH)
        server.sql("TRUNCATE definitions, reminders, attempts")
        server.sql("CHECKPOINT")
        result["pgbench-creates"] = server.pgbench(CREATES, REMINDERS // BATCH)
        # As the store has them: one statement after the other along the indexes, whatever the statistics say.
        server.sql("ALTER DATABASE tasks SET enable_seqscan = off")
        # A shard runs out before all have.
        result["pgbench-settlements"] = server.pgbench(SETTLEMENTS, REMINDERS // BATCH // 2)
        return result


def pgqueuer(python):
    """Jobs that do nothing, stored and executed a second by pgqueuer."""
    with Server() as server:
        done = subprocess.run(
            [python, f"{HERE}/Peers/pgqueuer_jobs.py", server.folder, str(JOBS)], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)


def python(folder):
    """A Python that has pgqueuer, in a folder of its own."""
    wanted, installed = f"{HERE}/Peers/pgqueuer.txt", os.path.join(folder, "installed.txt")
    with open(wanted) as file:
        text = file.read()
    if not os.path.exists(installed) or open(installed).read() != text:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted], check=True, stdout=sys.stderr)
        shutil.copy(wanted, installed)
    return f"{folder}/bin/python"
