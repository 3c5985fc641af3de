"""A plugin as a host sees it: a program behind pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any, Dict, List, Optional

from . import COUNTING


class Plugin:
    """The plugin for tests, started as a host starts it."""

    def __init__(self, greet: bool = True) -> None:
        self.program = subprocess.Popen(
            [sys.executable, "plugin.py"],
            cwd=COUNTING,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.told: List[Dict[str, Any]] = []
        self.last = 0
        if greet:
            self.answer(self.request("plugin/initialize", {"protocol": 1, "numericThreads": 1}))

    def send(self, message: Dict[str, Any]) -> None:
        assert self.program.stdin is not None
        self.program.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.program.stdin.flush()

    def request(self, method: str, params: Dict[str, Any]) -> int:
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        return self.last

    def receive(self) -> Dict[str, Any]:
        assert self.program.stdout is not None
        line = self.program.stdout.readline()
        if not line:
            raise EOFError("the plugin closed its output")
        found: Dict[str, Any] = json.loads(line)
        return found

    def answer(self, number: int) -> Dict[str, Any]:
        while True:
            message = self.receive()
            if "method" not in message and message["id"] == number:
                return message
            self.told.append(message)

    def run(self, method: str, params: Dict[str, Any], inputs: Optional[Dict[str, Any]] = None, seed: int = 0) -> int:
        given = {"run": "r", "method": method, "params": params, "seed": seed, "inputs": inputs or {}}
        return self.request("plugin/run", given)

    def behave(self, mode: str, seed: int = 0) -> Dict[str, Any]:
        return self.answer(self.run("counting.behave", {"mode": mode}, seed=seed))

    def wait_for(self, method: str) -> Dict[str, Any]:
        while not any(message.get("method") == method for message in self.told):
            self.told.append(self.receive())
        return next(message for message in self.told if message.get("method") == method)

    def end(self) -> str:
        """Ends it in order; gives what it wrote to standard error."""
        self.answer(self.request("plugin/shutdown", {}))
        self.send({"method": "exit"})
        _, errors = self.program.communicate(timeout=10)
        assert self.program.returncode == 0, self.program.returncode
        return errors.decode()


class APluginAnswersItsHost(unittest.TestCase):
    def setUp(self) -> None:
        self.plugin = Plugin()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        self.plugin.program.kill()
        self.plugin.program.communicate()

    def test_it_says_who_it_is(self) -> None:
        answer = self.plugin.answer(self.plugin.request("plugin/initialize", {"protocol": 1}))
        self.assertEqual(answer["result"], {"name": "counting", "version": "0.1.0", "protocol": 1})

    def test_a_run_has_a_value_warnings_and_displays(self) -> None:
        papers = [{"id": "1", "title": "Größe zählt 😀", "abstract": "日本語 too"}]
        answer = self.plugin.answer(self.plugin.run("counting.words", {"papers": papers, "minLength": 3}))
        self.assertEqual(answer["result"]["value"], {"words": 4, "longest": "Größe", "warnings": []})
        display = self.plugin.wait_for("host/display")["params"]["display"]
        self.assertEqual(display["title"], "Words")
        self.assertIn("<td>Größe</td>", display["data"]["text/html"])

    def test_an_artifact_is_written_where_the_host_says(self) -> None:
        number = self.plugin.run("counting.classes", {"labels": ["a", None, "a"]})
        asked = self.plugin.wait_for("host/artifact.create")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "made")
        self.plugin.send({"id": asked["id"], "result": {"path": path}})
        value = self.plugin.answer(number)["result"]["value"]
        self.assertEqual(value["saved"], {"$artifact": "run:labels"})
        self.assertEqual((value["limit"], value["none"], value["counts"]), ("Infinity", 1, {"a": 2}))
        self.assertGreater(os.path.getsize(path), 0)

    def test_errors_have_code_kind_place_and_hint(self) -> None:
        for mode, code, kind, word in [
            ("raise", 1101, "plugin.failed", "divided on purpose"),
            ("refuse", -32602, "params.value", "another mode"),
            ("data", 1207, "math.degenerate", "only one class"),
            ("nan", 1103, "plugin.result", "/number is nan"),
            ("wrong", 1103, "plugin.result", "returns Behaved, found dict"),
        ]:
            with self.subTest(mode):
                error = self.plugin.behave(mode)["error"]
                self.assertEqual((error["code"], error["data"]["kind"]), (code, kind))
                self.assertIn(word, error["message"])
        self.assertEqual(self.plugin.behave("data")["error"]["data"]["row"], 3)
        hint = self.plugin.behave("raise")["error"]["data"]["hint"]
        self.assertRegex(hint, r"^plugin\.py, line \d+, in behave; ")
        missing = self.plugin.behave("import")["error"]
        self.assertIn("No module named 'no_such_library'", missing["message"])
        self.assertIn("-m pip install no_such_library", missing["data"]["hint"])
        unknown = self.plugin.answer(self.plugin.run("counting.nothing", {}))["error"]
        self.assertEqual(unknown["code"], -32601)
        self.assertIn("Traceback", self.plugin.end())

    def test_nothing_that_is_printed_reaches_standard_output(self) -> None:
        self.assertIn("result", self.plugin.behave("print"))
        errors = self.plugin.end()
        for line in ("a stray line ☃", "and one past Python", "and one of a child"):
            self.assertIn(line, errors)

    def test_a_cancel_is_obeyed_by_a_method_that_never_looks(self) -> None:
        for mode in ("spin", "sleep"):
            number = self.plugin.run("counting.behave", {"mode": mode, "seconds": 60})
            self.plugin.told.clear()
            self.plugin.wait_for("host/progress")
            start = time.monotonic()
            self.plugin.send({"method": "$/cancelRequest", "params": {"id": number}})
            self.assertEqual(self.plugin.answer(number)["error"]["code"], -32800)
            self.assertLess(time.monotonic() - start, 2)
        self.assertIn("result", self.plugin.behave("nothing"))

    def test_a_run_that_waits_is_cancelled_at_once(self) -> None:
        first = self.plugin.run("counting.behave", {"mode": "sleep", "seconds": 60})
        second = self.plugin.run("counting.behave", {"mode": "nothing"})
        self.plugin.send({"method": "$/cancelRequest", "params": {"id": second}})
        self.assertEqual(self.plugin.answer(second)["error"]["code"], -32800)
        self.plugin.send({"method": "$/cancelRequest", "params": {"id": first}})
        self.assertEqual(self.plugin.answer(first)["error"]["code"], -32800)
        # Ids that are not known are met with silence.
        self.plugin.send({"method": "$/cancelRequest", "params": {"id": 12345}})
        self.assertIn("result", self.plugin.behave("nothing"))

    def test_progress_never_goes_back(self) -> None:
        self.plugin.behave("back")
        done = [message["params"]["done"] for message in self.plugin.told if message["method"] == "host/progress"]
        self.assertEqual(done, sorted(done))

    def test_the_same_seed_gives_the_same_numbers(self) -> None:
        values = [self.plugin.behave("seed", seed=seed)["result"]["value"]["number"] for seed in (1, 1, 2)]
        self.assertEqual(values[0], values[1])
        self.assertNotEqual(values[0], values[2])

    def test_what_the_host_refuses_is_told(self) -> None:
        number = self.plugin.run("counting.behave", {"mode": "papers"})
        asked = self.plugin.wait_for("host/papers.query")
        refusal = {"code": -32601, "message": "no method", "data": {"kind": "method.notFound"}}
        self.plugin.send({"id": asked["id"], "error": refusal})
        self.assertIn("host/papers.query", self.plugin.answer(number)["error"]["message"])

    def test_what_is_no_message_of_a_host_is_passed_over(self) -> None:
        assert self.plugin.program.stdin is not None
        for line in (b"no json", b"[1, 2]", b"3", b'{"id": "x"}', b'{"method": "plugin/run", "id": 7}', b"\xff\xfe"):
            self.plugin.program.stdin.write(line + b"\n")
        self.plugin.send({"id": "y", "method": "$/unknown", "params": [1]})
        self.assertIn("result", self.plugin.behave("nothing"))

    def test_a_message_of_64_mib_is_survived(self) -> None:
        mode = "x" * (64 << 20)
        self.assertEqual(len(self.plugin.behave(mode)["result"]["value"]["mode"]), len(mode))

    def test_it_ends_with_its_host_even_while_a_method_runs(self) -> None:
        self.plugin.run("counting.behave", {"mode": "spin", "seconds": 60})
        self.plugin.wait_for("host/progress")
        assert self.plugin.program.stdin is not None
        self.plugin.program.stdin.close()
        self.plugin.program.stdin = None
        self.assertEqual(self.plugin.program.wait(10), 0)


class FilesAreWrittenFromTheCode(unittest.TestCase):
    def test_the_files_of_this_plugin_are_what_its_code_says(self) -> None:
        done = subprocess.run([sys.executable, "plugin.py", "schemas", "--check"], cwd=COUNTING, capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_an_unknown_word_is_told(self) -> None:
        done = subprocess.run([sys.executable, "plugin.py", "schema"], cwd=COUNTING, capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"usage: python3 plugin.py [schemas [--check]]", done.stderr)


if __name__ == "__main__":
    unittest.main()
