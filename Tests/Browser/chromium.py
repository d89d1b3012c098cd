"""A headless Chromium and the few commands of its DevTools protocol (https://chromedevtools.github.io/devtools-protocol) that
the page's tests need."""

import asyncio
import base64
import json
import os
import re
import shutil
import signal
import tempfile

import websockets

START_SECONDS, COMMAND_SECONDS, END_SECONDS = 30, 20, 5
MAX_MESSAGE_BYTES = 64 << 20
NAMES = ("chromium", "chromium-browser", "google-chrome")


class BrowserError(Exception):
    pass


class Navigated(BrowserError):
    """The page that was asked has made way for another before it answered."""


# What the browser answers, https://source.chromium.org: `content/browser/devtools`, V8's `inspector`.
NAVIGATED = ("Inspected target navigated or closed", "Execution context was destroyed", "Cannot find context with specified id",
             "Cannot find default execution context")


class Chromium:
    """A browser with a profile of its own; both are gone when the `async with` block ends."""

    def __init__(self, *options):
        self._options = options

    async def __aenter__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise BrowserError("there is no chromium; install Debian's package of that name")
        self._profile = tempfile.mkdtemp(prefix="api-tests-chromium-")
        options = [
            "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self._profile}", "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--no-proxy-server",
            *self._options,
        ]
        # Chromium refuses to run as root with its sandbox.
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        try:
            self._process = await asyncio.create_subprocess_exec(
                program, *options, "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                start_new_session=True)
            address = await asyncio.wait_for(self._address(), START_SECONDS)
            # What it says later must not fill the pipe.
            self._drain = asyncio.create_task(self._process.stderr.read())
            self._socket = await websockets.connect(address, max_size=MAX_MESSAGE_BYTES, proxy=None)
        except BaseException:
            await self._end()
            raise
        self._next, self._answers, self._pages = 0, {}, {}
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        try:
            # So it ends its helpers itself.
            await self.call("Browser.close")
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        except (BrowserError, OSError, asyncio.TimeoutError, websockets.ConnectionClosed):
            pass
        self._reader.cancel()
        await self._socket.close()
        await self._end()

    async def page(self, width, height, window=False, apart=False):
        """A new tab of that size; in a window of its own it stays visible whichever other is opened. Where it is to stand apart it is as
        another person's: also with connections of its own, of which a browser has six to one address."""
        own = await self.call("Target.createBrowserContext", {"disposeOnDetach": True}) if apart else {}
        target = await self.call("Target.createTarget", {"url": "about:blank", "newWindow": window or apart, **own})
        session = await self.call("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        page = self._pages[session["sessionId"]] = Page(self, session["sessionId"], target["targetId"])
        await page.prepare(width, height)
        return page

    async def call(self, method, parameters=None, session=None):
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        answer = self._answers[self._next] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps(message))
        return await asyncio.wait_for(answer, COMMAND_SECONDS)

    async def _address(self):
        said = b""
        while line := await self._process.stderr.readline():
            said += line
            if found := re.search(rb"DevTools listening on (ws://\S+)", line):
                return found[1].decode()
        raise BrowserError("chromium did not start:\n" + said.decode(errors="replace")[-2000:])

    async def _read(self):
        try:
            await self._receive()
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(BrowserError("chromium has ended"))

    async def _receive(self):
        async for text in self._socket:
            message = json.loads(text)
            if (answer := self._answers.pop(message.get("id"), None)) is not None:
                if answer.done():
                    continue
                if error := message.get("error"):
                    kind = Navigated if error["message"].startswith(NAVIGATED) else BrowserError
                    answer.set_exception(kind(error["message"]))
                else:
                    answer.set_result(message["result"])
            elif page := self._pages.get(message.get("sessionId")):
                page.note(message["method"], message["params"])

    async def _end(self):
        if process := getattr(self, "_process", None):
            # Its helpers are in its process group.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            await process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)


class Page:
    """A tab. What its console says, and what it asks for over the network, is kept in `complaints` and `requests`."""

    def __init__(self, browser, session, target):
        self._browser, self._session, self._target = browser, session, target
        self.complaints, self.requests = [], []
        self._loaded = asyncio.Event()

    async def prepare(self, width, height):
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        await self.call("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    async def call(self, method, parameters=None):
        return await self._browser.call(method, parameters, self._session)

    async def open(self, address):
        self._loaded.clear()
        answer = await self.call("Page.navigate", {"url": address})
        if answer.get("errorText"):
            raise BrowserError(f"{address}: {answer['errorText']}")
        await asyncio.wait_for(self._loaded.wait(), COMMAND_SECONDS)

    async def close(self):
        await self._browser.call("Target.closeTarget", {"targetId": self._target})

    async def replace(self, address, text):
        """Answers requests for an address with that JSON text from now on."""
        self._replacement = base64.b64encode(text.encode()).decode()
        await self.call("Fetch.enable", {"patterns": [{"urlPattern": address}]})

    async def dark(self, is_dark):
        value = "dark" if is_dark else "light"
        await self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": value}]})

    async def run(self, script):
        """The value of a JavaScript expression, which may be a promise."""
        answer = await self.call("Runtime.evaluate", {
            "expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True})
        if details := answer.get("exceptionDetails"):
            said = details.get("exception", {}).get("description") or details["text"]
            raise BrowserError(f"{script}: {said}")
        return answer["result"].get("value")

    async def wait_for(self, script, seconds=10):
        """Waits until an expression is true, in this page or in the one that it leads to."""
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            try:
                if await self.run(f"Boolean({script})"):
                    return
            except Navigated:
                pass
            await asyncio.sleep(0.05)
        raise BrowserError(f"not true within {seconds} s: {script}")

    async def leave(self, script):
        """Runs a script that takes the tab elsewhere: whether it is answered before the page is gone does not matter."""
        try:
            await self.run(script)
        except Navigated:
            pass

    async def click(self, selector):
        """A click in the middle of an element, as of a mouse: what lies over it gets it instead. One that moves is clicked where it comes to rest."""
        place = await self.run(f"""(async () => {{
            const place = () => {{
                const element = document.querySelector({json.dumps(selector)});
                if (!element) return null;
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }};
            let last = place();
            for (let turn = 0; turn < 50; turn++) {{
                await new Promise(done => setTimeout(done, 20));
                const next = place();
                if (next && last && next[0] === last[0] && next[1] === last[1]) return next;
                last = next;
            }}
            throw new Error(last ? 'it does not come to rest' : 'there is none');
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", {
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1})

    async def type(self, text):
        await self.call("Input.insertText", {"text": text})

    async def press(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", {
                "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text if kind == "keyDown" else ""})

    async def takes_input(self, seconds):
        """Waits until the page is given what a mouse and a keyboard do: the browser drops all of it until it has painted the page."""
        await self.run("addEventListener('keydown', () => { globalThis.takesInput = true; }, { capture: true, once: true })")
        deadline = asyncio.get_running_loop().time() + seconds
        while not await self.run("Boolean(globalThis.takesInput)"):
            if asyncio.get_running_loop().time() > deadline:
                raise BrowserError(f"the page is given no input within {seconds} s")
            await self.press("Shift", 16)
            await asyncio.sleep(0.02)

    async def screenshot(self, path):
        answer = await self.call("Page.captureScreenshot", {"format": "png"})
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def note(self, event, details):
        if event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Runtime.exceptionThrown":
            thrown = details["exceptionDetails"]
            self.complaints.append("exception: " + (thrown.get("exception", {}).get("description") or thrown["text"]))
        elif event == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning", "assert"):
            self.complaints.append("console: " + " ".join(str(said.get("value")) for said in details["args"]))
        elif event == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
            entry = details["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif event == "Fetch.requestPaused":
            self._task = asyncio.create_task(self.call("Fetch.fulfillRequest", {
                "requestId": details["requestId"], "responseCode": 200, "body": self._replacement,
                "responseHeaders": [{"name": "Content-Type", "value": "application/json"}]}))
        elif event == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
