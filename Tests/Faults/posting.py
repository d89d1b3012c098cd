"""The task of python.py: posts to the backend at POSTING_BACKEND, as a notification would be posted."""
import http.client
import os

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
