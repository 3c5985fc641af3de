"""The client against a real kernel."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, List, Optional, Tuple

import quire
from quire import arrays

from . import COUNTING, needs_kernel, needs_numpy, needs_pandas

NOTEBOOK = """# A study of Wörter

```quire id=load
method: data.load
params:
  source: [[1, 2], [3, 4], [5, 7]]
```

```quire id=describe
method: data.describe
params:
  features: $load.matrix
```

```quire id=wrong
method: data.load
params:
  source: $file:missing.npy
```
"""

FEATURES = [[0, 1], [1, 0], [1, 2], [2, 1], [3, 5], [4, 4], [5, 3], [5, 6]]
CLASSES = ["low"] * 4 + ["high"] * 4


class WithKernel(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="quire-ü-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.q = quire.Workspace(self.folder, plugins=[COUNTING])
        self.addCleanup(self.q.close)


@needs_kernel
class CallsHaveResults(WithKernel):
    def test_members_are_attributes_and_artifacts_open(self) -> None:
        probe = self.q.call("probe.logistic", features=FEATURES, labels=CLASSES)
        self.assertIsInstance(probe.accuracy, quire.Estimate)
        self.assertLessEqual(probe.accuracy.low, float(probe.accuracy))
        self.assertEqual(probe.classes, ["high", "low"])
        self.assertEqual(probe["n"], 8)
        self.assertEqual(probe.classCounts.train, [4, 4])
        self.assertEqual(probe.probe.arrays().array("weights").shape, (1, 2))
        self.assertIn("accuracy", dir(probe))
        with self.assertRaisesRegex(AttributeError, "no member 'acuracy'; there is"):
            _ = probe.acuracy
        self.assertTrue(probe.run)
        self.assertFalse(probe.cached)
        self.assertTrue(self.q.call("probe.logistic", features=FEATURES, labels=CLASSES).cached)
        self.assertEqual(self.q.call("log/show", run=probe.run).entries[0].method, "probe.logistic")

    def test_an_artifact_is_a_param_of_the_next_call(self) -> None:
        loaded = self.q.call("data.load", source=FEATURES)
        self.assertEqual(self.q.call("data.load", source=loaded.matrix).rows, 8)
        made = self.q.call("counting.classes", labels=CLASSES)
        self.assertEqual(made.saved.labels(), CLASSES)
        self.assertEqual(made.half, 0.5)
        self.assertEqual(self.q.call("probe.logistic", features=loaded.matrix, labels=made.saved).n, 8)

    def test_files_are_paths(self) -> None:
        path = self.folder / "größe.npy"
        path.write_bytes(arrays.npy([[1.0, 2.0]] * 3))
        self.assertEqual(self.q.call("data.load", source=path).rows, 3)
        self.assertEqual(self.q.put(path, "application/x-npy").arrays().array().shape, (3, 2))

    def test_progress_is_told_on_the_thread_that_waits(self) -> None:
        seen: List[Tuple[Optional[float], str, int]] = []
        papers = [{"id": str(number), "title": f"Wörter {number}"} for number in range(3)]
        found = self.q.call(
            "counting.words",
            papers=papers,
            progress=lambda done, message: seen.append((done, message, threading.get_ident())),
        )
        self.assertEqual(found.words, 6)
        self.assertTrue(seen)
        self.assertEqual({thread for _, _, thread in seen}, {threading.get_ident()})
        shares = [done for done, _, _ in seen if done is not None]
        self.assertEqual(shares, sorted(shares))

    def test_calls_run_side_by_side(self) -> None:
        calls = [self.q.submit("data.load", source=[[number]]) for number in range(50)]
        self.assertEqual([call.result().rows for call in calls], [1] * 50)

    def test_threads_share_a_workspace(self) -> None:
        found: List[int] = []

        def work(number: int) -> None:
            found.append(self.q.call("data.load", source=[[number]] * (number + 1)).rows)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(found), list(range(1, 9)))

    def test_a_plugin_finds_and_changes_papers_of_the_store(self) -> None:
        titles = ["Attention Is All You Need", "Concept Erasure", "Topic Models of Abstracts", "Probing Sentences"]
        self.q.call("papers.import", text="".join(f"{title}\nIt reads words: {title}.\n" for title in titles))
        tagged = self.q.call("counting.tag", query="words", name="größe")
        self.assertEqual((tagged.found, tagged.changed), (4, 4))
        self.assertEqual(len(self.q.call("papers.search", query="tag:größe")["items"]), 4)
        # What its schema does not declare a method has no right to.
        with self.assertRaises(quire.PluginError):
            self.q.call("counting.behave", mode="papers")

    def test_what_there_is_can_be_asked(self) -> None:
        self.assertIn("counting.words", self.q.methods())
        self.assertIn("features", self.q.describe("probe.logistic").params.properties)

    @needs_numpy
    def test_arrays_go_and_come_as_numpy_has_them(self) -> None:
        import numpy

        small = numpy.array(FEATURES, dtype=float)
        labels = numpy.array(CLASSES)
        probe = self.q.call(
            "probe.logistic", features=small, labels=labels, train=numpy.arange(1, 7), test=range(0, 8, 7)
        )
        self.assertEqual((probe.n, probe.d), (6, 2))
        large = numpy.random.default_rng(1).normal(size=(3000, 40)).astype("f4")
        loaded = self.q.call("data.load", source=large)
        numpy.testing.assert_array_equal(loaded.matrix.array(), large)
        self.assertFalse(loaded.matrix.array().flags.writeable)
        means = self.q.call("counting.means", numbers=large)
        self.assertEqual(means.kind, "memmap")
        numpy.testing.assert_allclose(means.means, large.mean(axis=0, dtype=float), rtol=1e-12)
        broken = large.copy()
        broken[5, 3] = numpy.nan
        with self.assertRaises(quire.NumericError) as caught:
            self.q.call("probe.logistic", features=broken[:20], labels=["a", "b"] * 10)
        self.assertEqual(caught.exception.kind, "math.nonFinite")

    @needs_pandas
    def test_tables_are_data_frames(self) -> None:
        import pandas

        frame = pandas.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 0, 1, 0], "y": ["n", "n", "y", "y"]})
        probe = self.q.call("probe.logistic", features=frame[["a", "b"]], labels=frame["y"])
        self.assertEqual(probe.n, 4)
        table = self.q.call("log/list").table("items")
        self.assertIsInstance(table, pandas.DataFrame)
        self.assertIn("probe.logistic", set(table["method"]))

    @needs_numpy
    @unittest.skipUnless(os.environ.get("QUIRE_SOAK"), "slow: QUIRE_SOAK=1")
    def test_a_matrix_of_a_gigabyte_is_mapped_and_not_copied(self) -> None:
        import numpy

        # The plugin may hold half of that.

        path = self.folder / "large.npy"
        large = numpy.lib.format.open_memmap(path, mode="w+", dtype="<f4", shape=(1 << 20, 256))
        large[:: 1 << 12] = 1
        large.flush()
        means = self.q.call("counting.means", numbers=path, saveNumbers=True)
        self.assertEqual((means.shape, means.kind), ([1 << 20, 256], "memmap"))
        self.assertEqual(means.means[0], 2.0**-12)
        again = means.saved.array()
        self.assertEqual((again.shape, again.dtype, type(again).__name__), (large.shape, large.dtype, "memmap"))
        self.assertEqual(self.q.call("counting.means", numbers=means.saved).means, means.means)


@needs_kernel
class FailuresAreToldByTheirKind(WithKernel):
    def failure(self, kind: Any, method: str, **params: Any) -> Any:
        with self.assertRaises(kind) as caught:
            self.q.call(method, **params)
        return caught.exception

    def test_errors_are_typed_with_place_and_hint(self) -> None:
        error = self.failure(quire.ParameterError, "data.load", sourec=[[1]])
        self.assertIn("source", error.hint)
        self.assertIn("hint: ", str(error))
        error = self.failure(quire.ParameterError, "counting.words", papers=[], minLength=0)
        self.assertEqual((error.path, error.code), ("/minLength", -32602))
        self.assertIn("probe.logistic", self.failure(quire.MethodNotFound, "probe.logitic").hint)
        self.assertEqual(self.failure(quire.FileError, "data.load", source=Path("missing.npy")).kind, "file.notFound")
        denied = self.failure(quire.FileError, "data.load", source=Path("/etc/hostname"))
        self.assertEqual(denied.kind, "file.denied")
        self.failure(quire.ArtifactError, "artifact/read", hash="sha256:" + "0" * 64)

    def test_a_plugin_that_raises_is_told_with_its_line(self) -> None:
        error = self.failure(quire.PluginError, "counting.behave", mode="raise")
        self.assertEqual(error.kind, "plugin.failed")
        self.assertIn("divided on purpose", error.message)
        self.assertIn("plugin.py, line", error.hint)
        self.assertEqual(self.failure(quire.NumericError, "counting.behave", mode="data").data["row"], 3)
        self.assertEqual(self.failure(quire.PluginError, "counting.behave", mode="crash").kind, "plugin.crashed")
        self.assertEqual(self.q.call("counting.behave", mode="print").mode, "print")

    def test_a_call_ends_at_its_timeout_and_the_kernel_goes_on(self) -> None:
        start = time.monotonic()
        self.failure(quire.Timeout, "counting.behave", mode="spin", timeout=0.5)
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.q.call("counting.behave", mode="nothing").mode, "nothing")

    def test_a_call_is_cancelled(self) -> None:
        call = self.q.submit("counting.behave", mode="sleep")
        time.sleep(0.3)
        call.cancel()
        with self.assertRaises(quire.Cancelled):
            call.result()

    def test_an_interrupt_cancels_the_call_and_nothing_else(self) -> None:
        timer = threading.Timer(0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            self.q.call("counting.behave", mode="spin")
        self.assertEqual(self.q.call("counting.behave", mode="nothing").mode, "nothing")

    def test_an_interrupt_while_a_large_message_goes_out_breaks_nothing(self) -> None:
        large = "☃" * (8 << 20)
        for seconds in (0.01, 0.03, 0.1):
            timer = threading.Timer(seconds, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
            with self.assertRaises(KeyboardInterrupt):
                timer.start()
                self.q.call("ping", echo=True, payload=large)
                time.sleep(5)
            self.assertEqual(self.q.call("ping", echo=True, payload=seconds).payload, seconds)
        self.assertEqual(len(self.q.call("ping", echo=True, payload=large).payload), len(large))

    def test_what_is_no_param_is_refused_before_it_is_sent(self) -> None:
        with self.assertRaisesRegex(TypeError, "a object is no param"):
            self.q.call("data.load", source=object())
        self.assertEqual(self.q.call("ping", echo=True, payload="still there ☃").payload, "still there ☃")

    def test_a_kernel_that_is_killed_says_so_to_everybody_who_waits(self) -> None:
        calls = [self.q.submit("counting.behave", mode="sleep", seed=seed) for seed in range(3)]
        time.sleep(0.2)
        os.kill(self.q.process_id, signal.SIGKILL)
        for call in calls:
            with self.assertRaises(quire.KernelDied) as caught:
                call.result()
            self.assertIn("SIGKILL", str(caught.exception))
            self.assertEqual(caught.exception.hint, "open the workspace again")
        with self.assertRaises(quire.KernelDied):
            self.q.call("ping")
        with quire.Workspace(self.folder) as again:
            self.assertEqual(again.call("ping").json(), {})

    def test_a_closed_workspace_says_so(self) -> None:
        self.q.close()
        self.q.close()
        with self.assertRaisesRegex(quire.KernelDied, "the workspace is closed"):
            self.q.call("ping")


@needs_kernel
class KernelsEndWithTheirWorkspace(unittest.TestCase):
    def test_a_workspace_that_is_forgotten_leaves_no_kernel(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            q = quire.Workspace(folder)
            q.call("data.load", source=[[1]])
            process = q._session.connection.process
            del q
            gc.collect()
            self.assertEqual(process.wait(10), 0)

    def test_a_script_that_just_ends_leaves_no_kernel(self) -> None:
        script = "import quire; q = quire.Workspace('.'); c = q.submit('ping'); print(q.process_id)"
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=30
            )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with self.assertRaises(ProcessLookupError):
            os.kill(int(done.stdout), 0)


class KernelsThatAreNone(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def script(self, text: str) -> str:
        path = self.folder / "kernel"
        path.write_text(f"#!{sys.executable}\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def test_a_missing_kernel_says_what_to_do(self) -> None:
        with self.assertRaises(quire.KernelMissing) as caught:
            quire.Workspace(self.folder, kernel="no-such-kernel")
        self.assertIn("make install", str(caught.exception))
        broken = self.folder / "broken"
        broken.write_bytes(b"\x7fELF no program")
        broken.chmod(0o755)
        with self.assertRaisesRegex(quire.KernelMissing, "cannot start"):
            quire.Workspace(self.folder, kernel=str(broken))

    def test_one_that_ends_at_once_is_told_with_its_last_words(self) -> None:
        kernel = self.script("import sys; sys.exit('no room on the device')")
        with self.assertRaisesRegex(quire.KernelDied, "status 1: no room on the device"):
            quire.Workspace(self.folder, kernel=kernel)

    def test_one_that_answers_rubbish_is_told(self) -> None:
        kernel = self.script("print('hello', flush=True); import time; time.sleep(60)")
        with self.assertRaisesRegex(quire.KernelDied, "it sent what is no message"):
            quire.Workspace(self.folder, kernel=kernel)


@needs_kernel
class NotebooksRun(WithKernel):
    def test_a_notebook_is_opened_run_and_read(self) -> None:
        path = self.folder / "study.quire.md"
        path.write_text(NOTEBOOK, encoding="utf-8")
        notebook = self.q.open(path)
        self.assertEqual((notebook.cells, notebook.diagnostics), (["load", "describe", "wrong"], []))
        with self.assertRaisesRegex(KeyError, "has no result"):
            _ = notebook["load"]
        run = notebook.run()
        self.assertEqual((run.ran, run.failed), (2, 1))
        self.assertEqual([one.state for one in run.cells if one.error], ["failed"])
        with self.assertRaises(quire.FileError):
            run.check()
        described = notebook["describe"]
        self.assertEqual(described.rows, 3)
        self.assertIn("data.describe", described._repr_mimebundle_()["text/plain"])
        again = notebook.run(["describe"], set={"load": {"source": [[1, 2]]}}).check()
        self.assertEqual(again.failed, 0)
        self.assertTrue(os.path.getsize(notebook.report(self.folder / "report.html")) > 1000)
        with self.assertRaisesRegex(KeyError, "no cell 'nothing'"):
            _ = notebook["nothing"]
        notebook.close()

    def test_faults_of_the_text_have_their_line(self) -> None:
        path = self.folder / "study.quire.md"
        path.write_text("```quire id=a\nmethod: data.lod\n```\n", encoding="utf-8")
        fault = self.q.open(path).diagnostics[0]
        self.assertEqual((fault.line, fault.cell), (2, "a"))


if __name__ == "__main__":
    unittest.main()
