from fastapi import FastAPI
from task_scheduler import Retry, TaskScheduler, invocation, task

scheduler = TaskScheduler()        # TASK_SCHEDULER_URL and TASK_SCHEDULER_KEY, or http://127.0.0.1:5000
api = FastAPI()

@task(queue="mail", retry_for=3600, time_limit=20)
def send_welcome(name: str, address: str) -> None:
    if invocation().attempt == 1 and address.endswith("@slow.example"):
        raise Retry(after=1, reason="the mail server was busy")
    print(f"welcome {name} at {address}", flush=True)

@api.post("/users", status_code=201)
def create_user(name: str, address: str) -> dict[str, str]:
    made = scheduler.schedule(send_welcome, f"welcome {name}", kwargs={"name": name, "address": address})
    return {"reminder": made.id}

@api.post("/digests", status_code=201)
def create_digest(name: str, address: str, rule: str, first: int) -> dict[str, str]:
    made = scheduler.schedule(send_welcome, f"digest of {name}", [name, address], rrule_string=rule, trigger_at=first)
    return {"reminder": made.id}

@api.delete("/digests/{reminder}")
def cancel_digest(reminder: str) -> dict[str, str]:
    return {"state": scheduler.cancel(reminder).state}
