"""Definitions of tasks, without a stack."""

import asyncio
import types
import unittest

import sample
from task_scheduler import InvalidTask, TaskSchedulerError, invocation, task
from task_scheduler.tasks import tasks_of


class Definitions(unittest.TestCase):
    def test_a_task_is_still_its_function(self):
        @task(name="add", time_limit=1.5)
        def add(a: int, b: int = 2) -> int:
            """Adds."""
            return a + b

        self.assertEqual((add(1), add(1, b=5), add.__doc__, add.name, add.time_limit, add.is_async), (3, 6, "Adds.", "add", 1.5, False))

        @task(name="later")
        async def later() -> int:
            return 7

        self.assertEqual((asyncio.run(later()), later.is_async), (7, True))

    def test_its_name_is_the_module_s_and_the_function_s(self):
        self.assertEqual((sample.agreet.name, sample.greet.name), ("sample.agreet", "greet"))

    def test_names_and_bounds_that_cannot_be_used_are_refused_where_they_are_written(self):
        def local():
            pass

        for options, wanted in (
            ({}, "no name of a task: give name="), ({"name": ""}, "no name"), ({"name": "a b"}, "no name"), ({"name": "x" * 65}, "no name"),
            ({"name": "edvora.notification"}, "POST /remind_me"), ({"name": "a", "queue": "a b"}, "no name of a queue"),
            ({"name": "a", "time_limit": 0}, "time_limit must be at least"), ({"name": "a", "retry_for": -1}, "retry_for"),
            ({"name": "a", "expires_after": float("inf")}, "expires_after"),
        ):
            with self.subTest(wanted), self.assertRaisesRegex(InvalidTask, wanted):
                task(**options)(local)
        local.__module__, local.__qualname__ = "__main__", "local"
        with self.assertRaisesRegex(InvalidTask, "has another name in a worker"):
            task(local)

    def test_modules_are_looked_through(self):
        module = types.ModuleType("some")
        with self.assertRaisesRegex(InvalidTask, "no task in some"):
            tasks_of([module])
        module.one, module.same, module.other = sample.greet, sample.greet, sample.agreet
        self.assertEqual(set(tasks_of([module, sample])) >= {"greet", "sample.agreet"}, True)
        module.two = task(name="greet")(lambda: None)
        with self.assertRaisesRegex(InvalidTask, 'two tasks have the name "greet"'):
            tasks_of([module])

    def test_there_is_no_invocation_outside_of_a_run(self):
        with self.assertRaisesRegex(TaskSchedulerError, "called by something else"):
            invocation()
