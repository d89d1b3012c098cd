"""What the pages show: by deep link, again after a reload, on the way back, at every width, in every zone."""

from document import Failure
from stock import BEYOND, HOSTILE, NEW_YEAR

SIZES = ((360, 740), (768, 1024), (1280, 900), (2560, 1300))
# What a clock shows at the beginning of 2030 in UTC.
ZONES = {"Pacific/Kiritimati": "Tue 01 Jan 2030, 14:00:00 UTC+14", "Asia/Kolkata": "Tue 01 Jan 2030, 05:30:00 UTC+5:30",
    "America/New_York": "Mon 31 Dec 2029, 19:00:00 UTC-5"}

# Of all that a browser is sent before it asks for what is shown.
MAX_BYTES = 90_000


def addresses(stock):
    """Every page, with what its heading says."""
    return {
        "": "Overview", "/reminders": "Reminders", "/reminders?state=paused&limit=5": "Reminders", "/reminders/new": "New reminder",
        f"/reminders/{stock.series}": "across a clock change", f"/reminders/{stock.hostile}": HOSTILE, f"/reminders/{stock.task}": "nobody.has.it",
        f"/reminders/{stock.unseen}": r"\u{1}\u{85}\u{200b}",
        f"/reminders/{stock.hostile}/edit": "Edit", f"/reminders/{stock.dead[0]}": HOSTILE, "/occurrences": "Occurrences", "/occurrences?state=ready": "Occurrences", "/dead-letters": "Dead letters", "/held": "Held",
        "/queues": "Queues", "/workers": "Workers", f"/workers/{stock.worker}": stock.worker, "/sign-in": "Sign in", "/nowhere": "There is no such page",
    }


def checks(visits, stock, pictures):
    widths = ", ".join(str(width) for width, _ in SIZES)
    yield f"every page by deep link and after a reload, at {widths} pixels, light and dark", lambda: pages(visits, stock, pictures)
    yield "the way back leads to the page with its query", lambda: back(visits)
    yield "times in Kiritimati, Kolkata and New York, and where clocks change", lambda: zones(visits, stock)
    yield "numbers beyond 2^53 are exact", lambda: exact(visits, stock)
    yield "what cannot be seen is written as its codes, and a chart says what its table says", lambda: readable(visits, stock)
    yield "filters and pages of a list are the API's query", lambda: lists(visits, stock)
    yield "an unknown reminder and a bad query are said whole", lambda: problems(visits)
    yield f"all that a page loads is at most {MAX_BYTES // 1_000} KB", lambda: size(visits)
    yield "the keyboard alone goes everywhere", lambda: keyboard(visits, stock)


async def pages(visits, stock, pictures):
    names = {stock.series: "series", stock.hostile: "hostile", stock.task: "task", stock.unseen: "unseen", stock.dead[0]: "dead", stock.worker: "worker"}
    async with visits("pages") as visit:
        for path, heading in addresses(stock).items():
            await visit.open(path)
            await headed(visit, path, heading)
            await visit.reload()
            await headed(visit, path, heading)
            name = "-".join(names.get(part, part) for part in path.split("?")[0].split("/") if part) or "overview"
            for width, height in SIZES:
                await visit.resize(width, height)
                for theme in ("light", "dark"):
                    await visit.page.dark(theme == "dark")
                    await visit.inspect()
                    if pictures and "?" not in path:
                        await visit.page.screenshot(pictures / f"{name}-{width}-{theme}.png")


async def headed(visit, path, heading):
    said = await visit.text("main h1") or await visit.text("main h2")
    if not said.startswith(heading[:80]):
        raise Failure(f"{path} is headed {said!r}")
    if len(current := await visit.page.run("[...document.querySelectorAll('nav [aria-current]')].map(link => link.textContent)")) > 1:
        raise Failure(f"on {path} the menu shows {current}")


async def back(visits):
    async with visits("back") as visit:
        await visit.open("/reminders?state=paused")
        await visit.click("nav a[href='/dashboard/held']")
        await visit.until("document.querySelector('main h1')?.textContent === 'Held'")
        await visit.page.run("history.back()")
        await visit.until("document.querySelector('main h1')?.textContent === 'Reminders' && document.querySelector('main select').value === 'paused'")
        if await visit.page.run("location.search") != "?state=paused":
            raise Failure("the way back loses the query")


async def zones(visits, stock):
    for zone, shown in ZONES.items():
        async with visits(f"zone {zone}", zone=zone) as visit:
            await visit.open(f"/reminders/{stock.once}")
            if shown not in await visit.text():
                raise Failure(f"{zone} does not show {shown}")
            await visit.choose("#zone", "utc")
            await visit.until("document.querySelector('main').innerText.includes('Tue 01 Jan 2030, 00:00:00 UTC+0')")
            await visit.open(f"/reminders/{stock.series}")
            if await visit.page.run("document.querySelector('#zone').value") != "utc":
                raise Failure("the zone is not remembered")
            # Browsers may have an older name for it.
            here = await visit.page.run("Intl.DateTimeFormat().resolvedOptions().timeZone")
            said = await visit.text()
            if "clocks change to UTC-4" not in said or (zone != "America/New_York" and f"here ({here})" not in said):
                raise Failure(f"{zone} does not show the clock change of New York")
            await visit.choose("#zone", "local")


async def exact(visits, stock):
    async with visits("exact") as visit:
        await visit.open(f"/reminders/{stock.task}")
        if str(BEYOND) not in await visit.text("pre"):
            raise Failure(f"{BEYOND} is shown as {await visit.text('pre')}")
        await visit.open(f"/reminders/{stock.task}/edit")
        await visit.enter("#f-kwargs", f'{{"big": {BEYOND}, "more": 1}}')
        await visit.click("#save")
        await visit.said("Saved")
    if (kwargs := stock.reminder(stock.task)["kwargs"]) != {"big": BEYOND, "more": 1}:
        raise Failure(f"it was saved as {kwargs}")


async def readable(visits, stock):
    async with visits("readable") as visit:
        await visit.open(f"/reminders/{stock.unseen}")
        if r'"title": "\u0001\u0085\u200b"' not in await visit.text("pre"):
            raise Failure(f"what cannot be seen is shown as {await visit.text('pre')!r}")
        await visit.open(f"/reminders/{stock.dead[0]}")
        bar = await visit.page.run("document.querySelector('.chart title').textContent")
        took = await visit.text("td[data-name=Took]")
        if float(bar.split(": ")[-1].removesuffix(" ms")) != float(took.removesuffix(" ms")):
            raise Failure(f"the chart says {bar}, its table {took}")


async def lists(visits, stock):
    async with visits("lists") as visit:
        await visit.open("/reminders")
        await visit.press("/")
        await visit.page.type("ACROSS a clock")
        await visit.press("Enter")
        await visit.until("location.search === '?description=ACROSS+a+clock' && document.querySelectorAll('tbody tr').length === 1")
        await visit.open("/reminders?limit=2")
        first = await visit.page.run("[...document.querySelectorAll('tbody tr')].map(row => row.dataset.key)")
        await visit.click("a[rel=next]")
        await visit.until(f"location.search.includes('cursor=') && document.querySelector('tbody tr') && document.querySelector('tbody tr').dataset.key !== {first[0]!r}")
        second = await visit.page.run("[...document.querySelectorAll('tbody tr')].map(row => row.dataset.key)")
        listed = [reminder["id"] for reminder in stock.ask("GET", "/reminders?limit=4")["reminders"]]
        if first + second != listed:
            raise Failure(f"the pages list {first + second}, the API {listed}")
        await visit.open("/reminders?description=there+is+none")
        if "None matches" not in await visit.text():
            raise Failure("an empty list does not say so")


async def problems(visits):
    async with visits("problems") as visit:
        visit.expect_refusals(404, 422)
        await visit.open("/reminders/01932c07-209c-7123-8abc-0123456789ab")
        if "404 Not Found" not in await visit.text():
            raise Failure("an unknown reminder is not said to be")
        await visit.open("/reminders?due_after=soon")
        said = await visit.text()
        if "422" not in said or "due_after" not in said:
            raise Failure(f"a bad query is not said whole: {said}")


async def size(visits):
    """Of the page and of each file that it loads, as it comes without compression."""
    async with visits("size") as visit:
        await visit.open()
        files = sorted({url for url in visit.page.requests if "/dashboard/assets/" in url})
        sizes = await visit.page.run(f"""Promise.all({["/dashboard", *files]}.map(url => fetch(url, {{ cache: 'reload' }}).then(answer => answer.arrayBuffer()))).then(
            bodies => bodies.map(body => body.byteLength))""")
    if sum(sizes) > MAX_BYTES:
        raise Failure(f"they are {sum(sizes)} bytes")
    return f"{sum(sizes)} bytes in {len(sizes)} files"


async def keyboard(visits, stock):
    async with visits("keyboard") as visit:
        await visit.open()
        for key, heading in {"r": "Reminders", "c": "Occurrences", "d": "Dead letters", "h": "Held", "q": "Queues", "n": "New reminder", "o": "Overview"}.items():
            await visit.press("g", key)
            await visit.until(f"document.querySelector('main h1')?.textContent === {heading!r}")
        await visit.press("?")
        await visit.until("document.querySelector('dialog[open]')")
        await visit.inspect()
        await visit.press("Escape")
        await visit.until("!document.querySelector('dialog')")
        await visit.open("/reminders?description=across+a+clock")
        await visit.press("j", "x")
        await visit.until("document.querySelector('.bulk').innerText.includes('1 selected')")
        await visit.press("Enter")
        await visit.until(f"location.pathname.endsWith('{stock.series}')")
