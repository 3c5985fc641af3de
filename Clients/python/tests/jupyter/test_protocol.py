"""The kernel against Jupyter's own test of kernels, and what only ours does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import unittest
from typing import Any, ClassVar, Dict, List

from . import LONG, NOISE, Installed, needs_jupyter


def _theirs() -> Any:
    """Jupyter's test of kernels; a class in a variable here would be run as a test of its own."""
    try:
        import jupyter_kernel_test

        return jupyter_kernel_test.KernelTests
    except ImportError:  # skipped then
        return object


MATRIX = "# quire id=load\nmethod: data.load\nparams:\n  source: [[1, 2], [3, 4]]\n"
SPLIT = "# quire id=split seed=7\nmethod: data.split\nparams:\n  labels: [a, a, a, a, b, b, b, b]\n  test: 0.5\n"


@needs_jupyter
class JupyterSaysThatItIsAKernel(Installed, _theirs()):  # type: ignore[misc, unused-ignore]
    kernel_name = "quire"
    language_name = "quire"
    file_extension = ".quire.md"
    completion_samples: ClassVar[List[Any]] = [
        {"text": "meth", "matches": ["method:"]},
        {"text": "method: data.lo", "matches": ["data.load"]},
        {"text": "method: data.load\nparams:\n  sour", "matches": ["source:"]},
    ]
    complete_code_samples: ClassVar[List[Any]] = [MATRIX, SPLIT]
    incomplete_code_samples: ClassVar[List[Any]] = ["", "method: data.load\nparams:", "method: data.load"]
    invalid_code_samples: ClassVar[List[Any]] = ["method: no.such\nparams: {}\n", "method: data.load\nparams: [\n"]
    code_generate_error = "method: data.load\nparams:\n  source: no-such-file\n"
    code_execute_result: ClassVar[List[Any]] = [{"code": MATRIX, "result": "rows 2  columns 2"}]
    code_display_data: ClassVar[List[Any]] = [{"code": SPLIT, "mime": "image/svg+xml"}]
    code_inspect_sample = "data.load"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        os.chdir(cls.home)
        _theirs().setUpClass.__func__(cls)

    @classmethod
    def tearDownClass(cls) -> None:
        _theirs().tearDownClass.__func__(cls)
        os.chdir("/")

    def errors(self, code: str) -> List[Dict[str, Any]]:
        self.flush_channels()
        _, messages = self.execute_helper(code)
        return [one["content"] for one in messages if one["msg_type"] == "error"]

    def test_a_cell_reads_another_by_its_id(self) -> None:
        self.assertEqual(self.errors(MATRIX), [])
        self.assertEqual(self.errors("# quire id=look\nmethod: data.describe\nparams:\n  features: $load.matrix\n"), [])
        self.flush_channels()
        msg_id = self.kc.complete("params:\n  features: $load.ma")
        self.assertEqual(self.kc.get_shell_msg(timeout=10)["content"]["matches"], ["$load.matrix"])
        self.assertTrue(msg_id)

    def test_a_fault_is_told_with_its_line(self) -> None:
        found = self.errors("# quire id=wrong\nmethod: data.load\nparams:\n  sourec: [[1]]\n")
        self.assertEqual(len(found), 1)
        self.assertIn("line 4", found[0]["evalue"])
        self.assertIn("source", found[0]["evalue"])

    def test_an_interrupt_ends_the_cell_and_nothing_else(self) -> None:
        self.assertEqual(self.errors(NOISE), [])
        self.flush_channels()
        self.kc.execute(LONG)
        time.sleep(2)
        self.km.interrupt_kernel()
        reply = self.get_non_kernel_info_reply(timeout=20)
        self.assertEqual(reply["content"]["ename"], "Interrupted")
        self.assertEqual(self.errors(MATRIX), [])

    def test_a_kernel_that_was_killed_is_started_again(self) -> None:
        self.assertEqual(self.errors(MATRIX), [])
        told = subprocess.run(
            ["pgrep", "-P", str(self.km.provisioner.pid), "-x", "quire"], capture_output=True, text=True, check=True
        )
        os.kill(int(told.stdout.split()[0]), signal.SIGKILL)
        time.sleep(0.3)
        found = self.errors("# quire id=again\nmethod: data.load\nparams:\n  source: [[9]]\n")
        self.assertEqual(len(found), 1)
        self.assertIn("SIGKILL", found[0]["evalue"])
        self.assertIn("again", " ".join(found[0]["traceback"]))
        # What was there is there again, also for those who read it.
        self.assertEqual(self.errors("# quire id=look\nmethod: data.describe\nparams:\n  features: $load.matrix\n"), [])


if __name__ == "__main__":
    unittest.main()
