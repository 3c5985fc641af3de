"""The README, followed word by word."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List, Tuple

from . import FOLDER, SOURCES, needs_kernel

PROJECT = os.path.dirname(FOLDER)


def fences() -> List[Tuple[str, str]]:
    """The kind and the text of each fenced block."""
    with open(os.path.join(PROJECT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    return [(kind, body) for _, kind, body in re.findall(r"^(`{3,})(\w+.*?)\n(.*?)^\1$", text, re.M | re.S)]


@needs_kernel
class TheReadmeIsTrue(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)

    def test_its_sessions_run(self) -> None:
        sessions = [text for kind, text in fences() if kind == "python"]
        self.assertEqual(len(sessions), 4)
        printed = io.StringIO()
        names: Dict[str, Any] = {}
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            for text in sessions:
                exec(compile(text, "README.md", "exec"), names)
        for part in ("against 0.5 by the majority", "'scale', 'weights'", "params.schema", "\n2\n", "1 2"):
            self.assertIn(part, printed.getvalue())
        self.assertTrue(os.path.getsize("report.html") > 1000)

    def test_its_plugin_works(self) -> None:
        files = [(kind.partition("=")[2], text) for kind, text in fences() if "file=" in kind]
        self.assertEqual([name for name, _ in files], ["plugin.py", "test_plugin.py"])
        for name, text in files:
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        (steps,) = (text for kind, text in fences() if kind == "sh")
        os.symlink(os.path.abspath(os.environ["QUIRE"]), "quire")
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-e", "-c", steps], env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("wrote schemas/counting.words.json", done.stdout)
        self.assertIn('"words": 3', done.stdout)
        self.assertIn("Ran 3 tests", done.stderr)


class ThePackageInstalls(unittest.TestCase):
    @unittest.skipUnless(
        all(importlib.util.find_spec(name) for name in ("pip", "setuptools", "wheel")),
        "needs pip, setuptools and wheel: apt install python3-pip python3-setuptools python3-wheel",
    )
    def test_pip_installs_it_with_its_types(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            project = os.path.join(folder, "project")
            shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("build", "tests", "*.egg-info"))
            target = os.path.join(folder, "target")
            words = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet", "--target", target, project]
            command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *words]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            installed = sorted(os.listdir(os.path.join(target, "quire", "plugin")))
            own = os.path.join(SOURCES, "quire", "plugin")
            names = [name for name in installed if name.endswith(".py")]
            self.assertEqual(names, sorted(name for name in os.listdir(own) if name.endswith(".py")))
            self.assertTrue(os.path.exists(os.path.join(target, "quire", "py.typed")))


class TheTypesHold(unittest.TestCase):
    @unittest.skipUnless(importlib.util.find_spec("mypy"), "needs mypy: pip install mypy")
    def test_mypy_finds_nothing(self) -> None:
        done = subprocess.run([sys.executable, "-m", "mypy"], cwd=PROJECT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
