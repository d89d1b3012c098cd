"""Stores jobs that do nothing, and has pgqueuer execute them: prints how many a second of each as JSON.

usage: pgqueuer_jobs.py FOLDER-OF-THE-SOCKET COUNT
"""

import asyncio
import json
import sys
import time

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

# At its best here.
STORED_AT_ONCE, BATCH = 1_000, 500


async def main(folder, count):
    connection = await asyncpg.connect(host=folder, user="tasks", database="tasks")
    queries = Queries.from_asyncpg_connection(connection)
    await queries.install()
    began = time.monotonic()
    for _ in range(0, count, STORED_AT_ONCE):
        await queries.enqueue(["nothing"] * STORED_AT_ONCE, [None] * STORED_AT_ONCE, [0] * STORED_AT_ONCE)
    stored = time.monotonic() - began
    queuer, done = PgQueuer.from_asyncpg_connection(connection), 0

    @queuer.entrypoint("nothing")
    async def nothing(job):
        nonlocal done
        done += 1

    began = time.monotonic()
    await queuer.run(batch_size=BATCH, mode=QueueExecutionMode.drain)
    took = time.monotonic() - began
    assert done == count, f"{done} of {count} were executed"
    print(json.dumps({"stored": round(count / stored), "per_second": round(count / took)}))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
