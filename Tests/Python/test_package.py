"""The package as it is built: what is generated, what is typed, what a wheel holds."""

import filecmp
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "Shared/Python"
SOURCE = PACKAGE / "src/task_scheduler"


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_messages_are_what_protoc_makes_of_the_proto_files(self):
        run(PACKAGE / "generate", self.folder)
        made = sorted(path.name for path in self.folder.iterdir())
        self.assertEqual(made, sorted(path.name for path in (SOURCE / "_protos").iterdir() if "_pb2" in path.name))
        _, differ, missing = filecmp.cmpfiles(self.folder, SOURCE / "_protos", made, shallow=False)
        self.assertEqual((differ, missing), ([], []), "not up to date: run Shared/Python/generate")

    def test_types_hold_strictly(self):
        run(sys.executable, "-m", "mypy", "--config-file", PACKAGE / "pyproject.toml", "--cache-dir", self.folder, SOURCE, cwd=PACKAGE)

    def test_a_wheel_is_installed_and_needs_protobuf_alone(self):
        # Beside a copy, as building leaves files behind.
        run("cp", "-r", PACKAGE, self.folder / "copy")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-build-isolation"]
        run(*pip, "--target", self.folder / "site", self.folder / "copy")
        site = self.folder / "site"
        self.assertTrue((site / "task_scheduler/py.typed").exists() and (site / "task_scheduler/_protos/wire_pb2.pyi").exists())
        metadata = next(site.glob("task_scheduler-*.dist-info")).joinpath("METADATA").read_text()
        self.assertEqual([line for line in metadata.splitlines() if line.startswith("Requires-Dist")], ["Requires-Dist: protobuf>=4.21"])
        program = "import task_scheduler, pathlib; print(pathlib.Path(task_scheduler.__file__).parent.parent)"
        where = run(sys.executable, "-c", program, env={**os.environ, "PYTHONPATH": str(site)}, cwd=self.folder)
        self.assertEqual(where.strip(), str(site))

    def test_no_file_is_long(self):
        for path in SOURCE.glob("**/*.py"):
            if "_pb2" not in path.name:
                self.assertLess(len(path.read_text().splitlines()), 400, path.name)
