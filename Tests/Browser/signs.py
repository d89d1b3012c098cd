"""Signing in, where a gateway has a keys file: what each role is shown, and when a session ends."""

import asyncio
import contextlib
import hashlib
import json
import os
import re

from document import Failure
from stock import NEW_YEAR

KEYS = {"boss": ("boss-key-0123456789abcdef", "admin"), "night": ("night-key-0123456789abcdef", "operator"), "reader": ("reader-key-0123456789abcdef", "viewer")}
START_SECONDS = 20
# What each may do to a reminder that is scheduled.
ACTS = {"boss": ["pause", "run", "cancel"], "night": ["pause", "run"], "reader": []}


def checks(visits, stock, folder):
    if os.environ.get("STACK_PROGRAMS"):
        yield "with keys: signed out, signed in by each role, ended with the key", lambda: signs(visits, stock, folder)


@contextlib.asynccontextmanager
async def gateway(keys):
    """A second gateway of the stack, with that keys file: the address of its ops listener."""
    environment = os.environ | {"GATEWAY_API_KEYS_FILE": str(keys), "GATEWAY_LISTEN": "127.0.0.1:0", "GATEWAY_OPS_LISTEN": "127.0.0.1:0", "LOG_FORMAT": "json"}
    process = await asyncio.create_subprocess_exec(
        os.path.join(os.environ["STACK_PROGRAMS"], "gateway"), env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)

    async def address():
        while line := await process.stdout.readline():
            if b"ops listening" in line:
                return "http://" + re.search(rb"127\.0\.0\.1:\d+", line)[0].decode()
        raise Failure("the gateway with keys has ended")

    try:
        base = await asyncio.wait_for(address(), START_SECONDS)
        drain = asyncio.create_task(process.stdout.read())
        yield base
        drain.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def write(file, names):
    lines = [f"{name} {hashlib.sha256(KEYS[name][0].encode()).hexdigest()} {KEYS[name][1]}\n" for name in names]
    new = file.with_suffix(".new")
    new.write_text("".join(lines))
    new.replace(file)


async def sign_in(visit, key):
    await visit.enter("input[name=key]", key)
    await visit.click(".sign-in [type=submit]")


async def signs(visits, stock, folder):
    file = folder / "keys"
    write(file, KEYS)
    id = stock.create("signed", NEW_YEAR)
    async with gateway(file) as base, visits("signs", base=base) as visit:
        visit.expect_refusals(401, 403, 422)
        await visit.open(f"/reminders/{id}")
        await visit.until("document.querySelector('.sign-in')")
        await visit.inspect()
        await sign_in(visit, "no-key-of-this-gateway")
        await visit.until("document.querySelector('.problem')?.innerText.includes('is not a key')")
        for name, (key, role) in KEYS.items():
            await sign_in(visit, key)
            # To where it was asked for.
            await visit.until("document.querySelector('main h1')?.textContent === 'signed'" if name == "boss" else "document.querySelector('main h1')?.textContent === 'Overview'")
            await visit.open(f"/reminders/{id}")
            await visit.inspect()
            acts = await visit.page.run("[...document.querySelectorAll('.heading [data-act]')].map(button => button.dataset.act)")
            edits = await visit.page.run("Boolean(document.querySelector('#edit'))")
            if acts != ACTS[name] or edits != (name == "boss") or f"{name} ({role})" not in await visit.text("header"):
                raise Failure(f"{name} is offered {acts}, edit {edits}, and told {await visit.text('header')!r}")
            if name == "reader":
                status = await visit.page.run(f"""fetch('/dashboard/api/reminders/{id}/pause', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }} }}).then(answer => answer.status)""")
                if status != 403:
                    raise Failure(f"a viewer that pauses by hand is answered {status}")
            if "key" in json.dumps(await visit.page.run("[{ ...localStorage }, { ...sessionStorage }, document.cookie]")):
                raise Failure("the page keeps the key")
            await visit.click("#sign-out")
            await visit.until("document.querySelector('.sign-in')")
        await sign_in(visit, KEYS["night"][0])
        await visit.until("document.querySelector('main h1')?.textContent === 'Overview'")
        write(file, ["boss"])
        # As soon as the page asks for anything.
        await visit.until("document.querySelector('.sign-in')")
