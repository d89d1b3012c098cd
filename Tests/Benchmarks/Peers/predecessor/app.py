"""The stack that this project replaces, for the benchmark: FastAPI takes a reminder, RabbitMQ keeps it, Celery delivers it.

Both programs are in this file: `uvicorn app:api` and `celery --app app:worker worker`. From the environment: BROKER_URL,
EDVORA_BASE_URL.
"""

import json
import mmap
import multiprocessing
import os
import struct
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import List, Optional, Union

import requests
from billiard import current_process
from celery import Celery
from celery.signals import worker_process_init, worker_ready
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

# As many as requests are carried out at once by one process (anyio's threads), so that no publish waits for a connection.
CONNECTIONS = 40

worker = Celery("reminders", broker=os.environ["BROKER_URL"])
worker.conf.update(
    # What makes a 201 mean that the reminder is on disk: the queue is durable, the message persistent, and publishing waits for
    # the broker's confirm.
    broker_transport_options={"confirm_publish": True},
    task_default_delivery_mode=2,
    # A reminder is taken out of the queue when it has been delivered, not before.
    task_acks_late=True,
    broker_pool_limit=CONNECTIONS,
    # Nothing that the benchmark does not need, so that it is not measured.
    task_ignore_result=True,
    worker_disable_rate_limits=True,
    # No limit: every message with an ETA waits in the worker's memory. With one, Celery raises it by a basic.qos for each such
    # message, and, started as it is here, was seen to stop taking any at 164 of 500.
    worker_prefetch_multiplier=0,
    broker_connection_retry_on_startup=True,
)
URL = os.environ.get("EDVORA_BASE_URL", "") + "/notifications/classroom"
session = None
# Of this process in the file TASKS_DONE: where, and how many `nothing` has run and when it first did.
done, place, count, first = None, 0, 0, 0.0


class Metadata(BaseModel):
    auth_header: str
    title: str
    body: str
    item_id: Union[str, List[str]]
    created_at: int
    created_by: str
    classroom_id: str
    kind: int
    image: str = ""
    action: bool = False
    action_path: List[str] = []
    extra_path: str = ""
    usernames: List[str] = []


class Reminder(BaseModel):
    rrule: Optional[Union[str, dict]] = None
    start_datetime: int
    notification_metadata: Metadata


class Created(BaseModel):
    message: str
    id: str


def name_process(name):
    """The benchmark adds up CPU by a process's name, so each has its own."""
    with open("/proc/self/comm", "w") as file:
        file.write(name)


@worker_process_init.connect
def begin_process(**_):
    """One connection to the backend for each process. The environment is not asked for proxies at every request."""
    global session, done, place
    with open(os.environ["TASKS_DONE"], "r+b") as file:
        done, place = mmap.mmap(file.fileno(), 0), current_process().index * struct.calcsize("<qdd")
    session = requests.Session()
    session.trust_env = False
    name_process(f"celery-{current_process().index + 1}")
    print("predecessor ready", flush=True)


@worker_ready.connect
def say_ready(**_):
    print("predecessor ready", flush=True)


@worker.task(name="remind", bind=True)
def remind(task, notification, due):
    payload = {key: value for key, value in notification.items() if key not in ("auth_header", "usernames")}
    classroom = notification["classroom_id"]
    body = {"classroom_id": classroom, "topic": classroom, "payload": payload, "usernames": notification["usernames"]}
    headers = {
        "Authorization": notification["auth_header"], "Content-Type": "application/json",
        "Idempotency-Key": f"{task.request.id}:{due}",
    }
    session.post(URL, data=json.dumps(body, separators=(",", ":")), headers=headers, timeout=10).raise_for_status()


@worker.task(name="nothing")
def nothing():
    """Does nothing, and says so."""
    global count, first
    now = time.time()
    count, first = count + 1, first or now
    struct.pack_into("<qdd", done, place, count, first, now)


@asynccontextmanager
async def lifespan(_):
    name_process("fastapi-" + multiprocessing.current_process().name.rsplit("-", 1)[-1])
    yield


api = FastAPI(lifespan=lifespan)


# Not `async`: the publish blocks until the broker has synced, so each is given a thread, and one sync confirms many of them.
@api.post("/remind_me", status_code=201)
def remind_me(reminder: Reminder) -> Created:
    if reminder.rrule is not None:
        raise HTTPException(501, "the benchmark asks the predecessor for single reminders only")
    due = reminder.start_datetime
    notification = reminder.notification_metadata.model_dump()
    sent = remind.apply_async((notification, due), eta=datetime.fromtimestamp(due, timezone.utc))
    return Created(message="success", id=sent.id)
