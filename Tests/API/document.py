"""The OpenAPI document of a gateway, and requests to its API."""

import http.client
import json
import time
import urllib.parse

from jsonschema import Draft202012Validator, FormatChecker

REQUEST_SECONDS = 20
METHODS = ("get", "post", "put", "patch", "delete")
# From now to the instants of an example that must lie in the future.
FUTURE_SECONDS = 3600


class Failure(Exception):
    """What a check found, in words."""


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body
        self.media_type = (response.getheader("Content-Type") or "").split(";")[0].strip()

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure(f"{self.status} with a body that is not JSON: {self.body[:200]!r}") from None


class API:
    """Requests to a gateway; each over a connection of its own."""

    def __init__(self, base, key=None):
        parts = urllib.parse.urlsplit(base)
        if parts.scheme != "http" or not parts.hostname:
            raise SystemExit(f"{base}: expected the address of a gateway, such as http://127.0.0.1:5000")
        self.base, self.key = base.rstrip("/"), key
        self._host, self._port = parts.hostname, parts.port or 80

    def ask(self, method, target, body=None, headers=None):
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        connection = http.client.HTTPConnection(self._host, self._port, timeout=REQUEST_SECONDS)
        try:
            connection.request(method, target, None if body is None else json.dumps(body).encode(), headers)
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()


class Operation:
    def __init__(self, document, method, path, content):
        self.document, self.method, self.path, self.content = document, method.upper(), path, content
        self.id = content["operationId"]
        self.parameters = [document.resolve(parameter) for parameter in content.get("parameters", [])]
        body = document.resolve(content.get("requestBody", {}))
        self.media = body.get("content", {}).get("application/json")

    def needed_query(self):
        """The first value of each parameter that must be given."""
        return {
            parameter["name"]: parameter["schema"]["enum"][0] for parameter in self.parameters if parameter["in"] == "query" and parameter["required"]}

    @property
    def has_end(self):
        """Whether its answer ends: events do not."""
        return "text/event-stream" not in self.success[1].get("content", {})

    @property
    def path_values(self):
        return [parameter["name"] for parameter in self.parameters if parameter["in"] == "path"]

    @property
    def success(self):
        """The first documented success: its status and the answer's description."""
        return min(self.successes.items(), key=lambda each: each[0])

    @property
    def successes(self):
        """The documented successes: the answers' descriptions by status."""
        return {int(status): self.document.resolve(answer) for status, answer in self.content["responses"].items() if status.startswith("2")}

    def examples(self):
        """The request bodies that the document shows, by name, their instants in the future where they must be."""
        for name, example in (self.media or {}).get("examples", {}).items():
            example = self.document.resolve(example)
            value = json.loads(json.dumps(example["value"]))
            for pointer in example.get("x-future-times", self.media.get("x-future-times", [])):
                set_at(value, pointer, int(time.time()) + FUTURE_SECONDS)
            yield name, value


class Document:
    def __init__(self, content):
        self.content = content
        self.operations = {
            operation["operationId"]: Operation(self, method, path, operation)
            for path, item in content["paths"].items() for method, operation in item.items() if method in METHODS
        }

    def resolve(self, thing):
        while "$ref" in thing:
            thing = at(self.content, thing["$ref"].removeprefix("#"))
        return thing

    def faults(self, value, schema):
        """What is wrong with a value, in words; nothing if it is as the schema says."""
        # References begin at the document's root, so the components come along.
        validator = Draft202012Validator({**schema, "components": self.content["components"]}, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def at(value, pointer):
    """The value at a JSON pointer (RFC 6901)."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def set_at(value, pointer, new):
    above, _, name = pointer.rpartition("/")
    holder = at(value, above)
    holder[int(name) if isinstance(holder, list) else name] = new
