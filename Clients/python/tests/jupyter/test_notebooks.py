"""Exported notebooks, executed by the programs that people execute notebooks with."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from . import STUDY, Installed, code_cells, exported, needs_jupyter, needs_papermill, quire


@needs_jupyter
class ExportedNotebooksRun(Installed):
    def check(self, path: str) -> None:
        found = code_cells(path)
        self.assertEqual([one["id"] for one in found], ["load", "split", "probe"])
        for one in found:
            kinds = [output["output_type"] for output in one["outputs"]]
            self.assertEqual(kinds.count("execute_result"), 1, one["outputs"])
            self.assertNotIn("error", kinds)
        pictures = [output["data"] for output in found[2]["outputs"] if output["output_type"] == "display_data"]
        self.assertIn("image/svg+xml", pictures[0])

    def test_nbconvert_executes_one_and_it_converts_back_to_the_same_bytes(self) -> None:
        folder = self.work()
        path = exported(folder)
        command = ["nbconvert", "--to", "notebook", "--execute", "--output", "done.ipynb", path]
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, cwd=folder)
        done = os.path.join(folder, "done.ipynb")
        self.check(done)
        quire("convert", "done.ipynb", "back.quire.md", folder=folder)
        with open(os.path.join(folder, "back.quire.md"), encoding="utf-8") as file:
            self.assertEqual(file.read(), STUDY)
        # The log knows the cells under the notebook's name: the command line has nothing left to compute.
        again = quire("run", "study.quire.md", folder=folder)
        self.assertEqual([line.split()[1] for line in again.splitlines()[:3]], ["fresh"] * 3, again)

    @needs_papermill
    def test_papermill_executes_one(self) -> None:
        folder = self.work()
        path = exported(folder)
        done = os.path.join(folder, "done.ipynb")
        command = ["papermill", "--cwd", folder, path, done]
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
        self.check(done)

    def test_a_cell_that_fails_stops_the_run_with_its_words(self) -> None:
        folder = self.work()
        path = exported(folder, STUDY.replace("$load.matrix", "$load.matrxi"))
        done = subprocess.run(
            [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", path], capture_output=True, text=True
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("matrxi", done.stderr)

    def test_without_a_binary_the_cell_says_what_to_do(self) -> None:
        folder = self.work()
        path = exported(folder)
        spec = os.path.join(self.home, "share", "jupyter", "kernels", "quire", "kernel.json")
        with open(spec, encoding="utf-8") as file:
            before = file.read()
        changed = json.loads(before)
        changed["env"]["QUIRE"] = os.path.join(folder, "gone")
        with open(spec, "w", encoding="utf-8") as file:
            json.dump(changed, file)
        try:
            command = ["nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--output", "done.ipynb", path]
            subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, cwd=folder)
        finally:
            with open(spec, "w", encoding="utf-8") as file:
                file.write(before)
        for one in code_cells(os.path.join(folder, "done.ipynb")):
            self.assertEqual([output["output_type"] for output in one["outputs"]], ["error"])
            self.assertIn("make install", " ".join(one["outputs"][0]["traceback"]))
