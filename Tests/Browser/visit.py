"""The dashboard in a tab: what people do with it, and what must never happen meanwhile."""

import contextlib
import json

from chromium import BrowserError
from document import Failure

SIZE = (1280, 900)
WAIT_SECONDS = 30
READY = "document.querySelector('main h1, main .empty h2, main .problem h2')"

# Elements whose text does not stand out from what is behind it as WCAG 2 AA asks for.
FAINT = """(() => {
    const numbers = color => color.match(/[\\d.]+/g).map(Number);
    const light = color => numbers(color).slice(0, 3).map(part => part / 255)
        .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4).reduce((sum, part, index) => sum + part * [.2126, .7152, .0722][index], 0);
    const behind = element => {
        for (let place = element; place; place = place.parentElement) {
            const color = getComputedStyle(place).backgroundColor;
            if ((numbers(color)[3] ?? 1) > 0) return color;
        }
        return matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)';
    };
    return [...document.body.querySelectorAll('*')].filter(element => element.checkVisibility() && !element.matches(':disabled, .unseen *, .unseen, .said, .skip')
        && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())).map(element => {
        const style = getComputedStyle(element), [one, other] = [light(style.color), light(behind(element))].sort((one, other) => other - one);
        const isLarge = parseFloat(style.fontSize) >= 24;
        return (one + .05) / (other + .05) < (isLarge ? 3 : 4.5) ? `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}` : null;
    }).filter(Boolean);
})()"""

# Controls and tables that say nothing to those who do not see them; characters without ink say nothing.
NAMELESS = """(() => {
const says = text => /[^\\p{C}\\p{Z}]/u.test(text ?? '');
return [...document.querySelectorAll('input, select, textarea, button, table, dialog, nav, a')].filter(element => {
    if (element.closest('[hidden]')) return false;
    const named = element.getAttribute('aria-label') || element.getAttribute('aria-labelledby');
    if (element.matches('table')) return !says(element.caption?.textContent);
    if (element.matches('button, a')) return !(named || says(element.textContent));
    return !(named || [...element.labels ?? []].some(label => says(label.textContent)));
}).map(element => element.outerHTML.slice(0, 120));
})()"""


class Visit:
    """A tab on the dashboard."""

    def __init__(self, page, base):
        self.page, self.base = page, base
        self._expected = []

    async def open(self, path=""):
        await self.page.open(self.base + "/dashboard" + path)
        await self.ready()

    async def reload(self):
        await self.page.open(await self.page.run("location.href"))
        await self.ready()

    async def ready(self):
        await self.page.wait_for(READY, WAIT_SECONDS)
        if not await self.page.run("document.hidden"):
            await self.page.takes_input(WAIT_SECONDS)

    async def until(self, script):
        await self.page.wait_for(script, WAIT_SECONDS)

    async def text(self, selector="main"):
        return await self.page.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    async def click(self, selector):
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.page.click(selector)

    async def enter(self, selector, text):
        """Types in a field in the place of what is in it."""
        await self.click(selector)
        await self.page.run(f"document.querySelector({json.dumps(selector)}).select?.()")
        await self.page.type(text)

    async def choose(self, selector, value):
        """As a choice from a list; also a moment, whose field has as many parts as the browser likes."""
        await self.page.run(f"""(() => {{
            const control = document.querySelector({json.dumps(selector)});
            control.value = {json.dumps(value)};
            for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, {{ bubbles: true }}));
        }})()""")

    async def press(self, *keys):
        for key in keys:
            await self.page.press(key, 13 if key == "Enter" else 27 if key == "Escape" else ord(key.upper()), key if len(key) == 1 else "\r" if key == "Enter" else "")

    async def said(self, text):
        """Waits for what the page tells when something is done."""
        await self.until(f"document.querySelector('#said').textContent.includes({json.dumps(text)})")

    async def confirm(self, number=None):
        """Agrees to what a dialog asks, by typing the number where it asks for one."""
        await self.until("document.querySelector('dialog[open] form')")
        if number is not None:
            await self.click("dialog [type=submit]")
            if not await self.page.run("Boolean(document.querySelector('dialog[open] input:invalid'))"):
                raise Failure("it could be done without typing the number")
            await self.enter("dialog input[name=typed]", str(number))
        await self.click("dialog [type=submit]")

    def expect_refusals(self, *statuses):
        """What the browser's console says of answers with these statuses is no complaint from now on."""
        # The browser may say so only later.
        self._expected += [f"the server responded with a status of {status}" for status in statuses]

    async def resize(self, width, height):
        await self.page.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    async def inspect(self):
        """Holds what is shown to what always holds: nothing is faint, nameless, wider than the window, or was text and became markup."""
        found = await self.page.run(f"""({{ faint: {FAINT}, nameless: {NAMELESS}, width: document.documentElement.scrollWidth,
            window: innerWidth, images: document.querySelectorAll('img').length, scripts: document.querySelectorAll('script').length, title: document.title }})""")
        if found["faint"]:
            raise Failure(f"faint: {found['faint'][:5]}")
        if found["nameless"]:
            raise Failure(f"without a name: {found['nameless'][:5]}")
        if found["width"] > found["window"]:
            raise Failure(f"{found['width']} pixels wide in a window of {found['window']}")
        if found["images"] or found["scripts"] != 1 or "broken into" == found["title"]:
            raise Failure(f"text became markup: {found}")
        self.unharmed()

    def unharmed(self):
        if complaints := [said for said in self.page.complaints if not any(text in said for text in self._expected)]:
            raise Failure(f"the browser complains: {complaints[:5]}")
        if strange := sorted({url for url in self.page.requests if not url.startswith((self.base + "/", "data:", "about:"))}):
            raise Failure(f"it asked for {strange}")


@contextlib.asynccontextmanager
async def visiting(browser, base, pictures, name, zone, window):
    """A tab, closed in the end; a picture is kept of what fails, and any complaint fails."""
    page = await browser.page(*SIZE, window=window)
    await page.call("Emulation.setTimezoneOverride", {"timezoneId": zone})
    visit = Visit(page, base)
    try:
        yield visit
        visit.unharmed()
    except (BrowserError, Failure, AssertionError) as error:
        picture = pictures / f"failure-{name.translate({32: '-', 47: '-'})}.png"
        with contextlib.suppress(BrowserError):
            await page.screenshot(picture)
        raise Failure(f"{error}; see {picture}; it complained of {page.complaints[:3]}; it says {(await visit.text('body'))[-300:]!r}") from error
    finally:
        await page.close()
