"""The documentation page in a browser."""

import asyncio
import json
import shutil
import subprocess
import time

from chromium import BrowserError, Chromium
from document import Failure

SIZES = ((1280, 900), (390, 844))
HOSTILE = "<img src=x onerror=\"document.title='broken into'\"><script>document.title='broken into'</script>"


def checks(base, document, key, pictures):
    """(name, check) for every size of window, and one for a hostile document."""
    for width, height in SIZES:
        yield f"page at {width}x{height}", lambda width=width, height=height: asyncio.run(
            _visit(base, document, key, pictures, width, height))
    yield "page with markup in the document's texts", lambda: asyncio.run(_hostile(base, document))


async def _visit(base, document, key, pictures, width, height):
    async with Chromium() as browser:
        page = await browser.page(width, height)
        try:
            await _use(page, base, document, key, pictures, width)
        except BrowserError as error:
            await page.screenshot(pictures / f"{width}-failure.png")
            raise Failure(f"{error}; see {pictures / f'{width}-failure.png'}; it complained of {page.complaints}") from None
        if page.complaints:
            raise Failure(f"the browser complains: {page.complaints}")
        if strange := sorted({url for url in page.requests if not url.startswith((base + "/", "data:"))}):
            raise Failure(f"it asked for {strange}")


async def _use(page, base, document, key, pictures, width):
    await page.open(base + "/docs")
    await page.wait_for("document.querySelectorAll('#groups a').length")
    links = await page.run("document.querySelectorAll('#groups a').length")
    if links != len(document.operations):
        raise Failure(f"{links} operations are listed, the document has {len(document.operations)}")
    await page.screenshot(pictures / f"{width}-overview.png")
    await _find_create(page, pictures, width)
    if key:
        await page.click("#key")
        await page.type(key)
    await _send_create(page, pictures, width)
    await _look_at_all(page, document, pictures, width)


async def _find_create(page, pictures, width):
    """By the keyboard alone: `/` searches, Enter opens."""
    await page.press("/", 191, "/")
    await page.type("createReminder remind_me notification")
    left = await page.run("document.querySelectorAll('#groups li:not([hidden])').length")
    if not 1 <= left <= 2:
        raise Failure(f"a search for createReminder leaves {left} operations")
    await page.screenshot(pictures / f"{width}-search.png")
    await page.press("Enter", 13)
    await page.wait_for("document.querySelector('h1').textContent && location.hash === '#createReminder'")
    await page.run("""(() => {
        const box = document.querySelector('#search');
        box.value = '';
        box.dispatchEvent(new Event('input'));
    })()""")
    await page.screenshot(pictures / f"{width}-create.png")


async def _send_create(page, pictures, width):
    body = json.loads(await page.run("document.querySelector('.try textarea').value"))
    if body["start_datetime"] <= time.time():
        raise Failure(f"the example that is offered is due in the past: {body['start_datetime']}")
    await page.click(".send")
    await page.wait_for("document.querySelector('.outcome')")
    outcome = await page.run("document.querySelector('.outcome').textContent")
    if not outcome.startswith("201"):
        said = await page.run("document.querySelector('.answer').innerText")
        raise Failure(f"the example that is offered was answered: {said}")
    answer = json.loads(await page.run("document.querySelector('.answer pre').textContent"))
    if answer.get("message") != "success":
        raise Failure(f"the answer that is shown is {answer}")
    await page.run("document.querySelector('.answer').scrollIntoView({ block: 'center', behavior: 'instant' })")
    await page.screenshot(pictures / f"{width}-answer.png")
    await page.dark(True)
    await page.screenshot(pictures / f"{width}-dark.png")
    await page.dark(False)
    await page.click(".row button")
    await page.wait_for("document.querySelector('.row button').textContent === 'Copied'")
    _curl_does_the_same(await page.run("[...document.querySelectorAll('.try pre')].at(-1).textContent"))


def _curl_does_the_same(command):
    if not shutil.which("curl"):
        return
    if "$API_KEY" not in command and "Authorization" in command:
        raise Failure("the curl command shows the key")
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30)
    if not said.stdout.startswith("HTTP/1.1 201"):
        raise Failure(f"the curl command was answered: {said.stdout[:300]}{said.stderr[-300:]}")


async def _look_at_all(page, document, pictures, width):
    """Opens every operation and every field; nothing is wider than the window."""
    for operation in document.operations.values():
        await page.run(f"location.hash = {json.dumps('#' + operation.id)}")
        await page.wait_for(f"document.title.startsWith({json.dumps(operation.id)})")
        await page.run("""(() => {
            for (const closed of document.querySelectorAll('details:not([open])')) closed.open = true;
            for (let round = 0; round < 5; round++)
                for (const button of document.querySelectorAll('.toggle[aria-expanded=false]')) button.click();
        })()""")
        shown = await page.run("document.querySelector('main').innerText")
        for text in [operation.path] + [parameter["name"] for parameter in operation.parameters]:
            if text not in shown:
                raise Failure(f"{operation.id} does not show {text}")
        widths = await page.run("[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")
        if max(widths[:2]) > width or widths[2] != width:
            await page.screenshot(pictures / f"{width}-too-wide.png")
            raise Failure(f"{operation.id} is {max(widths)} pixels wide in a window of {width}")
        if operation.id in ("changeReminder", "listReminders"):
            await page.screenshot(pictures / f"{width}-{operation.id}.png")


async def _hostile(base, document):
    """The page with a document whose every text tries to be markup."""

    def poison(value, name=""):
        if isinstance(value, dict):
            return {key: poison(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [poison(inner) for inner in value]
        return HOSTILE + value if name in ("title", "version", "summary", "description") and isinstance(value, str) else value

    async with Chromium() as browser:
        page = await browser.page(*SIZES[0])
        await page.replace(base + "/openapi.json", json.dumps(poison(document.content)))
        await page.open(base + "/docs#createReminder")
        await page.wait_for("document.querySelector('.try')")
        title, images, scripts = await page.run(
            "[document.title, document.querySelectorAll('img').length, document.querySelectorAll('script').length]")
        if images or scripts != 1 or title == "broken into" or page.complaints:
            raise Failure(f"text became markup: {images} images, {scripts} scripts, title {title!r}, {page.complaints}")
