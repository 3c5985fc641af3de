"""Tests of the Jupyter kernel: ``make jupyter`` brings what they need; without it they are skipped."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List

from .. import SOURCES

STUDY = """\
# A study

```quire id=load
method: data.load
params:
  source: [[0, 1], [1, 0], [1, 2], [2, 1], [3, 5], [4, 4], [5, 3], [5, 6]]
```

```quire id=split seed=7
method: data.split
params:
  labels: [low, low, low, low, high, high, high, high]
  test: 0.5
```

```quire id=probe
method: probe.logistic
params:
  features: $load.matrix
  labels: [low, low, low, low, high, high, high, high]
  split: $split
```
"""

# The second one runs for minutes, unless it is interrupted.
NOISE = """\
# quire id=noise
method: data.synthetic
params:
  family: noise
  n: 40000
  d: 300
"""
LONG = """\
# quire id=long
method: probe.logistic
params:
  features: $noise.matrix
  labels: $noise.labels
  C: 1e6
  tol: 1e-12
  maxIter: 100000
"""


def _has(*modules: str) -> bool:
    return all(importlib.util.find_spec(one) is not None for one in modules)


needs_jupyter = unittest.skipUnless(
    bool(os.environ.get("QUIRE")) and _has("ipykernel", "nbclient", "jupyter_kernel_test"),
    "needs Jupyter and a kernel: make jupyter",
)
needs_papermill = unittest.skipUnless(_has("papermill"), "needs papermill: make jupyter")


def _restore(saved: Dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(saved)


class Installed(unittest.TestCase):
    """A Jupyter of its own, in which the kernel is installed as a person does it."""

    home: str

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.home = os.path.realpath(folder.name)
        saved = dict(os.environ)
        cls.addClassCleanup(_restore, saved)
        os.environ["JUPYTER_PATH"] = os.path.join(cls.home, "share", "jupyter")
        os.environ["PYTHONPATH"] = SOURCES
        told = subprocess.run(
            [sys.executable, "-m", "quire.jupyter", "install", "--prefix", cls.home],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert "installed" in told, told

    def work(self) -> str:
        """A folder of one test."""
        made = tempfile.TemporaryDirectory(dir=self.home)
        self.addCleanup(made.cleanup)
        return made.name


def quire(*arguments: str, folder: str) -> str:
    return subprocess.run(
        [os.environ["QUIRE"], *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def exported(folder: str, text: str = STUDY) -> str:
    """The path of a notebook as ``quire convert`` gives it, nothing of which was run."""
    with open(os.path.join(folder, "study.quire.md"), "w", encoding="utf-8") as file:
        file.write(text)
    quire("convert", "study.quire.md", "study.ipynb", folder=folder)
    return os.path.join(folder, "study.ipynb")


def code_cells(path: str) -> List[Dict[str, Any]]:
    """The cells that are executed, with their outputs."""
    with open(path, encoding="utf-8") as file:
        return [one for one in json.load(file)["cells"] if one["cell_type"] == "code"]
