"""Loaded by schemathesis: requests that are right field by field are made right as a whole where that is easy, so that they get
further than the checks; and a refusal of what the schemas allow needs a reason that no schema can state."""

import os
import re

import schemathesis

# (where, what it says): reasons that lie between fields, or in a text's own grammar. Anything else that is refused although its
# schema allows it is a fault: of the schema or of the check.
REASONS = [
    # Between fields.
    (r"/start_datetime|/rrule", r"nothing is (ever )?due"),
    # The start may be in the set that rrule holds, and a rule's text may be a set's.
    (r"/start_datetime", r"is required, unless rrule is a set"),
    (r"/rrule", r"expected one property on each|expected DTSTART, RRULE|looks like a cron expression"),
    (r"/jitter_seconds", r"must be less than"),
    (r"/trigger_at", r"is start_datetime by another name"),
    (r"/auth_header", r"is given twice"),
    (r"", r"items in create and cancel together"),
    # What a patch may name depends on what the reminder is, a notification or another task.
    (r"/(args|kwargs|classroom_id|created_by|notification_metadata)", r"is not a known field"),
    # A merge patch takes a field away with null, which the schema allows for tasks.
    (r"/notification_metadata/auth_header", r"is required"),
    (r"/task", r"is asked for with POST /remind_me"),
    # What the parts of a rule mean to each other (RFC 5545), and the grammar of its text.
    (r"/rrule(/\w+(/\d+)?)?", r"is not allowed|is allowed only|exclude each other|needs another|bytes when written"),
    (r"/rrule", r"FREQ: is required|is not NAME=VALUE|is not a part of RFC 5545|a part is empty"),
    # Names of a list that is not the API's own, and what an earlier page gave.
    (r"/timezone", r"is not a zone's name"),
    (r"/?cursor", r"is not the next_cursor"),
]
MAX_BODY_BYTES = 65_536
# Without it, or a set with a DTSTART, they get no further.
NEEDS_START = ("POST /remind_me", "POST /tasks/remind_me", "POST /preview")
bodies_by_key = {}


@schemathesis.hook
def before_call(context, case, kwargs):
    # What is asked about may fall due in years, and each request would wait for it as long as it may.
    wait = str((case.query or {}).get("wait_seconds", ""))
    if wait.isascii() and wait.isdigit() and int(wait) <= 60:
        case.query["wait_seconds"] = 0
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # schemathesis takes the header without its quotes for one that its pattern allows.
    if not re.fullmatch(r'\*|"[0-9]+"', (case.headers or {}).get("If-Match", "*")):
        case.headers["If-Match"] = "*"
    # A key that came with another body already is refused before anything else is tried.
    key, body = (case.headers or {}).get("Idempotency-Key"), repr(case.body)
    if key and bodies_by_key.setdefault(key, body) != body:
        del case.headers["Idempotency-Key"]
    # Filters, which a cursor that is none would keep from being tried.
    if len(case.query or {}) > 1:
        case.query.pop("cursor", None)
    if isinstance(case.body, dict):
        reconcile(case.body)
        if case.operation.label in NEEDS_START and case.body.get("start_datetime") is None:
            case.body["start_datetime"] = 1_893_456_000
        if case.operation.label == "PATCH /reminders/{id}":
            case.path_parameters["id"] = os.environ["NOTIFICATION_ID" if "notification_metadata" in case.body else "TASK_ID"]


def reconcile(body):
    """Takes away what contradicts another field."""
    if isinstance(rule := body.get("rrule"), str) and not re.match(r"(?i)(RRULE:)?FREQ=", rule):
        body["rrule"] = "FREQ=DAILY"
    if isinstance(rule, dict):
        if rule.get("count") is not None:
            rule.pop("until", None)
        if rule.get("byweekno") is not None or rule.get("byyearday") is not None or rule.get("bymonthday") is not None:
            rule["freq"] = 0
    start = body.get("start_datetime")
    if start is not None:
        body.pop("trigger_at", None)
        for ending in (body, rule if isinstance(rule, dict) else {}):
            if isinstance(until := ending.get("until"), (int, float)) and until < start:
                del ending["until"]
    if isinstance(body.get("notification_metadata"), dict):
        body.pop("auth_header", None) if "auth_header" in body["notification_metadata"] else None
        for name in ("args", "kwargs", "classroom_id", "created_by"):
            body.pop(name, None)
    if isinstance(body.get("timezone"), str) and not re.fullmatch(r"UTC|[A-Z][a-z]+/[A-Z][A-Za-z_]+", body["timezone"]):
        body["timezone"] = "Europe/Berlin"


@schemathesis.check
def refusals_have_reasons(ctx, response, case):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code == 412 and "If-Match" not in (case.headers or {}):
        raise AssertionError("412 without If-Match")
    if response.status_code == 413 and len(response.request.body or b"") <= MAX_BODY_BYTES:
        raise AssertionError(f"413 for a body of {len(response.request.body or b'')} bytes")
    if response.status_code != 422:
        return
    for error in response.json().get("errors", [{"pointer": "(none)", "detail": response.json()["detail"]}]):
        place, detail = error.get("pointer") or error.get("parameter") or "", error["detail"]
        if not any(re.fullmatch(where, place) and re.search(what, detail) for where, what in REASONS):
            raise AssertionError(f"the schema allows what is refused at {place or 'the whole'}: {detail}")
