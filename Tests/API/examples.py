"""Every example of the document is sent, and every operation at least once; the answers are as documented."""

import json
import pathlib
import re
import time
import urllib.parse

from document import Failure, at

# A queue of the tests' own, so that no example holds up the others.
QUEUE = "api-examples"
# A task that no worker has, so that its occurrences expire.
UNSERVED_TASK = "api.examples.unserved"
HELD_TITLE = "api-examples-held"
SET_ASIDE_SECONDS = 30
README = pathlib.Path(__file__).parent.parent.parent / "README.md"


def checks(api, document, standin):
    """(name, check) of every request."""
    values = PathValues(api, document, standin)
    for operation in document.operations.values():
        bodies = dict(operation.examples())
        if operation.media and not bodies:
            yield f"{operation.id} has an example", _no_example
        for name, body in bodies.items():
            yield f"example {name!r} of {operation.id}", lambda operation=operation, body=body: send(api, operation, values, body)
        if operation.media is None:
            if not operation.has_end:
                yield f"head of {operation.id}", lambda operation=operation: head(api, operation)
            elif values.can_fill(operation):
                yield f"request of {operation.id}", lambda operation=operation: send(api, operation, values)
            else:
                print(f"skip request of {operation.id}: nothing is held without STANDIN_URL")
    yield "the first reminder of the README", lambda: first_of_readme(api, document)
    yield "examples of answers", lambda: answers_examples_fit(document)


def first_of_readme(api, document):
    """The README's command does what the README shows of it."""
    found = re.search(r"^curl -i http://127\.0\.0\.1:5000(/\S+) .*?-d '(.*?)'\n\nHTTP/1\.1 (\d+) ", README.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        raise Failure("no curl -i with a body and its answer was found there")
    path, body, status = found.groups()
    answer = api.ask("POST", path, json.loads(body))
    if answer.status != int(status):
        raise Failure(f"answered {answer.status} instead of {status}: {answer.body[:500].decode(errors='replace')}")
    fits(document.operations["createReminder"], answer)


def head(api, operation):
    answer = api.ask("HEAD", operation.path)
    if answer.status != operation.success[0]:
        raise Failure(f"answered {answer.status}")


def _no_example():
    raise Failure("it takes a body and shows none")


def send(api, operation, values, body=None):
    document = operation.document
    if body is not None and (faults := document.faults(body, operation.media["schema"])):
        raise Failure(f"the example is not what the body's schema says: {faults}")
    path = operation.path
    for name in operation.path_values:
        path = path.replace("{" + name + "}", urllib.parse.quote(values.fresh(operation, name), safe=":"))
    if query := operation.needed_query():
        path += "?" + urllib.parse.urlencode(query)
    answer = api.ask(operation.method, path, body)
    if operation.method == "DELETE" and operation.path.count("{") == 1:
        values.spent(path)
    fits(operation, answer)


def fits(operation, answer):
    """Whether an answer is a documented success."""
    document, described = operation.document, operation.successes.get(answer.status)
    if described is None:
        wanted = " or ".join(map(str, operation.successes))
        raise Failure(f"answered {answer.status} instead of {wanted}: {answer.body[:500].decode(errors='replace')}")
    contents = described.get("content", {})
    if contents and answer.media_type not in contents:
        raise Failure(f"answered {answer.media_type}, documented are {', '.join(contents)}")
    for name in described.get("headers", {}):
        if name not in answer.headers:
            raise Failure(f"answered without the header {name}")
    if (schema := contents.get(answer.media_type, {}).get("schema")) and (faults := document.faults(answer.json(), schema)):
        raise Failure(f"the answer is not what its schema says: {faults}")


def answers_examples_fit(document):
    for operation in document.operations.values():
        for status, response in operation.content["responses"].items():
            for media in document.resolve(response).get("content", {}).values():
                shown = [document.resolve(example)["value"] for example in media.get("examples", {}).values()]
                shown += [media["example"]] if "example" in media else []
                for value in shown:
                    if faults := document.faults(value, media["schema"]):
                        raise Failure(f"{operation.id} {status}: {faults}")


def create(api, document, name, changes=None, metadata=None):
    """The id of a reminder that is made from an operation's first example with some fields changed."""
    operation = document.operations[name]
    body = {**next(operation.examples())[1], **(changes or {})}
    if metadata:
        body["notification_metadata"] = {**body["notification_metadata"], **metadata}
    answer = api.ask(operation.method, operation.path, body)
    if answer.status != operation.success[0]:
        raise Failure(f"{name}, which others need, was answered {answer.status}: {answer.body[:300]!r}")
    return at(answer.json(), "/id")


class PathValues:
    """Values for paths: ids of things that exist, made where none is left."""

    def __init__(self, api, document, standin):
        self._api, self._document, self._standin = api, document, standin
        self._reminder, self._spent, self._time = None, set(), None

    def can_fill(self, operation):
        return "occurrence" not in operation.path_values or not operation.path.startswith("/held") or self._standin is not None

    def fresh(self, operation, name):
        if name == "name":
            return QUEUE
        if operation.id == "cancelOccurrence" and name == "id":
            return self._ready()
        if name == "id":
            # What was cancelled can neither be paused nor changed.
            if self._reminder is None or self._reminder in self._spent:
                self._reminder = create(self._api, self._document, "createReminder")
            return self._reminder
        if name == "time":
            return self._time if operation.id == "cancelOccurrence" else "first"
        if name == "instance":
            workers = self._api.ask("GET", "/workers").json()["workers"]
            if not workers:
                raise Failure("no worker is listed")
            return workers[0]["instance"]
        if name == "occurrence":
            return self._held() if operation.path.startswith("/held") else self._dead_letter()
        raise Failure(f"the tests know no value for {{{name}}}")

    def spent(self, path):
        self._spent.add(path.rpartition("/")[2])

    def _ready(self):
        """A reminder of which an occurrence waits for a worker."""
        reminder = create(self._api, self._document, "createTask", {"task": UNSERVED_TASK, "start_datetime": int(time.time())})
        self._time = self._listed("listOccurrences", "occurrences", reminder, "state=ready&").rpartition(":")[2]
        return reminder

    def _dead_letter(self):
        reminder = create(
            self._api, self._document, "createTask", {"task": UNSERVED_TASK, "expires_after_seconds": 1})
        return self._listed("listDeadLetters", "dead_letters", reminder)

    def _held(self):
        self._standin.ask("POST", "/control", {"status": 401, "title": HELD_TITLE})
        reminder = create(
            self._api, self._document, "createReminder", {"start_datetime": int(time.time())}, {"title": HELD_TITLE})
        return self._listed("listHeld", "held", reminder)

    def _listed(self, name, member, reminder, more=""):
        """The occurrence of a reminder that is about to be listed."""
        operation = self._document.operations[name]
        deadline = time.monotonic() + SET_ASIDE_SECONDS
        while time.monotonic() < deadline:
            answer = self._api.ask("GET", f"{operation.path}?{more}reminder_id={reminder}")
            fits(operation, answer)
            if found := answer.json()[member]:
                return found[0]["id"]
            time.sleep(0.1)
        raise Failure(f"nothing of reminder {reminder} was listed by {name} within {SET_ASIDE_SECONDS} s")
