"""Run with ``python3 -m tests`` in ``Clients/python``.

``QUIRE`` names the binary for the tests that need a kernel; without it, and without NumPy or pandas, the tests that
need them are skipped and say so.
"""

import importlib.util
import os
import sys
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
COUNTING = os.path.join(FOLDER, "plugins", "counting")

# The package as it lies in the checkout, and this Python, here and in the plugins that tests start.
SOURCES = os.path.join(os.path.dirname(FOLDER), "src")
sys.path.insert(0, SOURCES)
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [SOURCES, os.environ.get("PYTHONPATH")]))


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


needs_numpy = unittest.skipUnless(_has("numpy"), "needs NumPy: apt install python3-numpy, or pip install numpy")
needs_pandas = unittest.skipUnless(_has("pandas"), "needs pandas: apt install python3-pandas, or pip install pandas")
needs_kernel = unittest.skipUnless(os.environ.get("QUIRE"), "needs a kernel: QUIRE=path of the quire binary")
