"""The tasks of python.py and long.py: post to the backend at POSTING_BACKEND, as a notification would be posted."""
import http.client
import os
import time

from task_scheduler import invocation, task


@task(name="post", queue="python")
def post(item):
    connection = http.client.HTTPConnection(os.environ["POSTING_BACKEND"], timeout=10)
    try:
        connection.request("POST", "/", item, {"Idempotency-Key": invocation().idempotency_key})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != 204:
        raise RuntimeError(f"the backend answered {status}")


@task(name="post_late", queue="python")
def post_late(item, seconds):
    """Takes that long, far longer than its lease, and then posts."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        invocation().extend(40)
        invocation().progress(1 - left / seconds, f"{left:.0f} s are left")
        time.sleep(min(left, 15))
    post.function(item)
