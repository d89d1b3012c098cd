"""An application without tasks of its own: it posts to /remind_me, as it did to the predecessor, and depends on nothing of ours."""

import json
import os
import time
import urllib.error
import urllib.request

from fastapi import FastAPI, Header, HTTPException

api = FastAPI()
GATEWAY = os.environ.get("TASK_SCHEDULER_URL", "http://127.0.0.1:5000")


@api.post("/homework", status_code=201)
def remind_of_homework(title: str, classroom: str, due: int, authorization: str = Header()) -> dict[str, str]:
    """Reminds a classroom. due: unix seconds. authorization: the teacher's own, with which the notification is posted."""
    body = {
        "rrule": None, "start_datetime": due,
        "notification_metadata": {
            "auth_header": authorization, "title": title, "body": "is due now", "item_id": "1", "created_at": int(time.time()),
            "created_by": "teacher", "classroom_id": classroom, "kind": 1}}
    request = urllib.request.Request(f"{GATEWAY}/remind_me", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return {"reminder": json.load(answer)["id"]}
    except urllib.error.HTTPError as refused:
        raise HTTPException(refused.code, json.load(refused)["detail"]) from None
