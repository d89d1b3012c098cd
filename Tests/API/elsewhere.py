"""Pages that are not the gateway's own, in a browser on its machine: they change nothing and read nothing."""

import asyncio
import contextlib
import http.server
import json
import threading
import time
import urllib.parse

from chromium import Chromium
from document import Failure

# Where the API is mounted on the ops listener.
MOUNT = "/dashboard/api"
# A name that the browser takes for this machine, as one that was rebound would be.
REBOUND = "rebound.example"
SIZE = (800, 600)
FRAME_SECONDS = 10
API_PATHS, OPS_PATHS = ("/reminders", "/openapi.json", "/docs"), ("/metrics", "/readyz", "/", "/dashboard", "/dashboard/api/reminders", "/dashboard/api/session")

# Sends one request and says what the page gets to know of it.
SEND = """async (address, options) => {
    try {
        const answer = await fetch(address, options);
        return { type: answer.type, status: answer.status, text: await answer.text() };
    } catch (error) {
        return { failed: String(error) };
    }
}"""


def checks(api, ops):
    """(name, check) of a page on another port of this machine, and of one whose name was rebound."""
    yield "a page on another port changes nothing and reads nothing", lambda: asyncio.run(_other_port(api, ops))
    yield "a page whose name was rebound changes nothing and reads nothing", lambda: asyncio.run(_rebound(api, ops))


def _reminder(api, title="api-elsewhere"):
    answer = api.ask("POST", "/remind_me", _body(title))
    if answer.status != 201:
        raise Failure(f"no reminder to try it on: {answer.status} {answer.body[:300]!r}")
    return answer.json()["id"]


def _body(title):
    return {"start_datetime": int(time.time()) + 86_400, "notification_metadata": {
        "auth_header": "Bearer elsewhere", "title": title, "body": "b", "item_id": "i", "created_at": 1_700_000_000,
        "created_by": title, "classroom_id": "c", "kind": 1}}


def _nothing_happened(api, id, title):
    seen = api.ask("GET", f"/reminders/{id}").json()
    if seen["state"] != "scheduled":
        raise Failure(f"the reminder is {seen['state']} now")
    made = api.ask("GET", f"/reminders?created_by={title}").json()["reminders"]
    if made:
        raise Failure(f"{len(made)} reminders were created")


def _changes(base, id, title):
    """Requests that a page can send without being asked first, and those that it is asked first for."""
    text = json.dumps(_body(title))
    for mode in ("no-cors", "cors"):
        for path in ("pause", "run"):
            yield f"{base}/reminders/{id}/{path}", {"method": "POST", "mode": mode, "credentials": "include"}
        yield f"{base}/remind_me", {"method": "POST", "mode": mode, "body": text, "headers": {"Content-Type": "text/plain"}}
    yield f"{base}/remind_me", {"method": "POST", "body": text, "headers": {"Content-Type": "application/json"}}
    yield f"{base}/reminders/{id}", {"method": "DELETE"}


async def _send(page, address, options):
    return await page.run(f"({SEND})({json.dumps(address)}, {json.dumps(options)})")


@contextlib.contextmanager
def _server():
    """A web server on another port, with an empty page."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def _other_port(api, ops):
    id, title = _reminder(api), f"elsewhere-port-{time.time_ns()}"
    with _server() as address:
        async with Chromium() as browser:
            page = await browser.page(*SIZE)
            await page.open(address)
            for base in (api.base, *([ops + MOUNT] if ops else [])):
                for target, options in _changes(base, id, title):
                    said = await _send(page, target, options)
                    if said.get("text") or said.get("status"):
                        raise Failure(f"{options['method']} {target}: the page reads {said}")
            for target in [api.base + path for path in API_PATHS] + ([ops + path for path in OPS_PATHS] if ops else []):
                for mode in ("cors", "no-cors"):
                    said = await _send(page, target, {"mode": mode})
                    if said.get("text") or said.get("status"):
                        raise Failure(f"GET {target}: the page reads {said}")
            if ops:
                await _is_not_framed(page, ops + "/dashboard")
                await _post_form(page, f"{ops}{MOUNT}/reminders/{id}/pause")
                await page.open(address)
            await _post_form(page, f"{api.base}/reminders/{id}/pause")
    _nothing_happened(api, id, title)


async def _is_not_framed(page, address):
    await page.run(f"""(() => {{
        const frame = document.createElement('iframe');
        frame.src = {json.dumps(address)};
        document.body.append(frame);
    }})()""")
    deadline = time.monotonic() + FRAME_SECONDS
    while not any("frame-ancestors" in said for said in page.complaints):
        if time.monotonic() > deadline:
            raise Failure(f"{address} stands in a frame of another's page")
        await asyncio.sleep(0.05)


async def _post_form(page, action):
    """A form needs no script's rights: it takes the tab to the answer."""
    await page.leave(f"""(() => {{
        const form = document.createElement('form');
        form.method = 'post';
        form.action = {json.dumps(action)};
        document.body.append(form);
        form.submit();
    }})()""")
    await page.wait_for(f"location.href === {json.dumps(action)} && document.readyState === 'complete'")
    if '"status":403' not in await page.run("document.body.innerText"):
        raise Failure(f"a form was answered: {await page.run('document.body.innerText')}")


async def _rebound(api, ops):
    id, title = _reminder(api), f"elsewhere-name-{time.time_ns()}"
    async with Chromium(f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1") as browser:
        page = await browser.page(*SIZE)
        for listener in filter(None, (api.base, ops)):
            base = f"http://{REBOUND}:{urllib.parse.urlsplit(listener).port}"
            await page.open(base + "/")
            # The page is of the listener's origin, as far as the browser knows: it may read all that is answered.
            is_api = listener == api.base
            for path in API_PATHS if is_api else OPS_PATHS:
                said = await _send(page, base + path, {})
                # Who needs a key is safe by whatever name; its documentation is anyone's.
                if said.get("status") not in ((200, 401) if is_api and api.key else (403,)):
                    raise Failure(f"GET {path}: the page reads {said}")
            for target, options in _changes(base if is_api else base + MOUNT, id, title):
                said = await _send(page, target, options)
                if said.get("status") not in (401, 403):
                    raise Failure(f"{options['method']} {target}: the page reads {said}")
    _nothing_happened(api, id, title)
