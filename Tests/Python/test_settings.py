"""Settings, without a stack."""

import os
import tempfile
import unittest

from task_scheduler.settings import Endpoint, SettingsError, read
from task_scheduler.wire.keys import LinkKeys, derive
from task_scheduler.wire.security import has_pre_shared_keys


class Settings(unittest.TestCase):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w")
        self.addCleanup(file.close)
        file.write("a secret of the whole cluster\n")
        file.flush()
        self.file = file.name

    def test_flags_win_over_the_environment_and_that_over_defaults(self):
        settings = read(["worker", "a", "b", "--queues", "x, y"], {"WORKER_QUEUES": "z", "WORKER_CONCURRENCY": "7"})
        self.assertEqual((settings.modules, settings.queues, settings.concurrency, settings.drain_seconds), (("a", "b"), ("x", "y"), 7, 8.0))
        self.assertEqual(settings.schedulers, (Endpoint("127.0.0.1", 7101),))
        settings = read(["worker", "a"], {"SCHEDULER_ENDPOINTS": "localhost:1,[::1]:2", "CLUSTER_SECRET_FILE": self.file, "WORKER_DRAIN": "1m"})
        self.assertEqual((settings.schedulers, settings.drain_seconds), ((Endpoint("localhost", 1), Endpoint("::1", 2)), 60.0))
        self.assertEqual(settings.security.keys, LinkKeys.of("a secret of the whole cluster"))
        self.assertNotIn("secret of", repr(settings))

    def test_bounds_hold_at_their_ends(self):
        for name, good, bad in (
            ("WORKER_CONCURRENCY", ("1", "65536"), ("0", "65537", "-1", "1.5", "٣")),
            ("WORKER_MAX_CONCURRENCY", ("1", "65536"), ("0", "65537", "many")),
            ("WORKER_DRAIN", ("1ms", "24h"), ("0s", "25h", "soon", "5", "-1s")),
            ("WORKER_QUEUES", ("a", ",".join(["a"] * 256), "x" * 64), (",".join(["a"] * 257), "a b", "a,", "x" * 65)),
            ("SCHEDULER_ENDPOINTS", ("127.0.0.1:1", "localhost:65535", "[::1]:7101"), ("127.0.0.1:0", "localhost:65536", "::1:7101", "localhost", ":7")),
            ("CLUSTER_SECRET", ("x" * 16, "x" * 1024), ("x" * 15, "x" * 1025, "x" * 16 + "\n")),
            ("LOG_LEVEL", ("trace", "Warning"), ("loud",)), ("LOG_FORMAT", ("text", "json"), ("xml",)),
            ("CLUSTER_TLS", ("auto",), ("off",)), ("CLUSTER_INSECURE", ("true", "false"), ("yes",)),
        ):
            for value in good:
                with self.subTest(f"{name}={value[:20]}"):
                    read(["worker", "a"], {name: value})
            for value in bad:
                with self.subTest(f"{name}={value[:20]}"), self.assertRaisesRegex(SettingsError, name):
                    read(["worker", "a"], {name: value})

    def test_settings_that_do_not_go_together_are_refused(self):
        secret = "a secret of the whole cluster"
        for environment, wanted in (
            ({"SCHEDULER_ENDPOINTS": "192.0.2.1:7101"}, "is another machine"),
            ({"SCHEDULER_ENDPOINTS": "localhost:1,localhost:2,localhost:1"}, "SCHEDULER_ENDPOINTS names localhost:1 twice; name each scheduler once"),
            ({"TLS_CERT": "x"}, "go together"), ({"TLS_CERT": "x", "TLS_KEY": "/nowhere", "TLS_CA": "x"}, "TLS_KEY"),
            ({"TLS_CERT": self.file, "TLS_KEY": self.file, "TLS_CA": self.file}, "cannot be used"),
            ({"CLUSTER_TLS": "on"}, "nothing to encrypt with"), ({"CLUSTER_TLS": "on", "CLUSTER_INSECURE": "true", "CLUSTER_SECRET": secret}, "keep one"),
            ({"CLUSTER_SECRET": secret, "CLUSTER_SECRET_FILE": self.file}, "both set"),
            ({"CLUSTER_SECRET_FILE": "/nowhere"}, "cannot be read"),
            ({"CLUSTER_SECRET": "task-scheduler-key:gateway:scheduler=" + "0" * 64}, "keys of a gateway"),
            ({"CLUSTER_SECRET": "task-scheduler-key:worker:scheduler=" + "0" * 63}, "not whole"),
        ):
            with self.subTest(wanted), self.assertRaisesRegex(SettingsError, wanted) as refused:
                read(["worker", "a"], environment)
            self.assertEqual(len(str(refused.exception).splitlines()), 1)
            self.assertNotIn(secret, str(refused.exception))
        read(["worker", "a"], {"SCHEDULER_ENDPOINTS": "192.0.2.1:7101", "CLUSTER_INSECURE": "true"})
        os.chmod(self.file, 0o640)
        with self.assertRaisesRegex(SettingsError, "others may use"):
            read(["worker", "a"], {"CLUSTER_SECRET_FILE": self.file})

    def test_a_python_without_pre_shared_keys_says_so_at_the_start(self):
        environment = {"SCHEDULER_ENDPOINTS": "192.0.2.1:7101", "CLUSTER_SECRET": "a secret of the whole cluster"}
        if has_pre_shared_keys():
            return read(["worker", "a"], environment)
        with self.assertRaisesRegex(SettingsError, "cannot encrypt by CLUSTER_SECRET alone, 3.13 can"):
            read(["worker", "a"], environment)

    def test_keys_of_the_role_are_those_of_the_secret(self):
        secret = "a secret of the whole cluster"
        key = derive(secret.encode(), "worker to scheduler").hex()
        self.assertEqual(LinkKeys.of(f"task-scheduler-key:worker:notifier={'0' * 64},scheduler={key}"), LinkKeys.of(secret))
