"""Uses the two applications as their users do. See `run`."""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])
SECONDS = 20


def eventually(condition, what):
    deadline = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {SECONDS} s: {what()}"
        time.sleep(0.05)
    return value


def ask(method, url, headers=None, **query):
    request = urllib.request.Request(url + ("?" + urllib.parse.urlencode(query) if query else ""), method=method, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


class Examples(unittest.TestCase):
    def start(self, name, *command):
        path = pathlib.Path(f"{name}.log")
        with path.open("wb") as output:
            process = subprocess.Popen([sys.executable, "-m", *command], stdout=output, stderr=output)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return path.read_text

    def application(self, name):
        said = self.start(name, "uvicorn", f"{name}:api", "--host", "127.0.0.1", "--port", "0")
        line = eventually(lambda: [line for line in said().splitlines() if "running on http" in line], said)[0]
        return line.split("running on ")[1].split()[0]

    def test_an_application_with_celery_s_habits(self):
        worker = self.start("worker", "task_scheduler", "worker", "app", "--queues", "mail")
        app = self.application("app")
        made = ask("POST", f"{app}/users", name="Ada", address="ada@school.example")["reminder"]
        eventually(lambda: "welcome Ada at ada@school.example" in worker(), worker)
        eventually(lambda: ask("GET", f"{os.environ['GATEWAY_URL']}/reminders/{made}")["occurrences"]["delivered"] == 1, worker)
        ask("POST", f"{app}/users", name="Bo", address="bo@slow.example")
        eventually(lambda: "welcome Bo at bo@slow.example" in worker(), worker)
        self.assertIn("the mail server was busy", worker())
        digest = ask("POST", f"{app}/digests", name="Cy", address="cy@school.example", rule="FREQ=SECONDLY", first=int(time.time()) + 1)["reminder"]
        eventually(lambda: worker().count("welcome Cy") >= 2, worker)
        self.assertEqual(ask("DELETE", f"{app}/digests/{digest}"), {"state": "cancelled"})

    def test_an_application_that_only_posts_to_remind_me(self):
        app, due = self.application("reminders"), int(time.time()) + 2
        ask("POST", f"{app}/homework", {"Authorization": "Bearer teacher"}, title="Homework of the example", classroom="c1", due=due)

        def delivered():
            with urllib.request.urlopen(os.environ["STANDIN_URL"] + "/control/deliveries", timeout=10) as answer:
                return answer.read().decode()

        eventually(lambda: "Homework of the example" in delivered(), delivered)
        self.assertGreaterEqual(time.time(), due)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            ask("POST", f"{app}/homework", {"Authorization": "Bearer teacher"}, title="t", classroom="", due=due)
        self.assertEqual(refused.exception.code, 422)
        refused.exception.close()

    def test_the_readme_shows_the_application_as_it_is(self):
        readme = (EXAMPLES / "../../../README.md").read_text()
        self.assertIn(f"```python\n{(EXAMPLES / 'app.py').read_text()}```\n", readme)

    def test_the_readme_shows_the_package_in_swift_as_it_is(self):
        readme, package = (EXAMPLES / "../../../README.md").read_text(), EXAMPLES / "../school"
        for name in ("SchoolTasks/Greet.swift", "school-worker/Main.swift", "school/Main.swift"):
            self.assertIn(f"```swift\n{(package / 'Sources' / name).read_text()}```\n", readme)
        manifest = (package / "Package.swift").read_text()
        targets = [line.strip() for line in readme.splitlines() if "arget(name:" in line]
        self.assertGreater(len(targets), 2)
        for line in targets:
            self.assertIn(line, manifest)


if __name__ == "__main__":
    unittest.main()
