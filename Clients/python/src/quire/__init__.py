"""The Python client of Quire, the research-notebook kernel; ``quire.plugin`` is the kit for plugins in Python.

::

    import quire

    with quire.Workspace("study") as q:
        loaded = q.call("data.load", source=[[1, 2], [3, 4]])
        print(loaded.rows, loaded.matrix.array())
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from . import aio, plugin
    from .errors import (
        ArtifactError,
        Cancelled,
        Error,
        FileError,
        KernelDied,
        KernelError,
        KernelMissing,
        LogError,
        MethodNotFound,
        NotebookError,
        NumericError,
        ParameterError,
        PluginError,
        StoreError,
        Timeout,
    )
    from .estimate import Estimate
    from .notebook import CellRun, Notebook, NotebookRun
    from .result import Artifact, Display, Record, Result
    from .workspace import Call, Workspace, show_progress

__all__ = [
    "Artifact",
    "ArtifactError",
    "Call",
    "Cancelled",
    "CellRun",
    "Display",
    "Error",
    "Estimate",
    "FileError",
    "KernelDied",
    "KernelError",
    "KernelMissing",
    "LogError",
    "MethodNotFound",
    "Notebook",
    "NotebookError",
    "NotebookRun",
    "NumericError",
    "ParameterError",
    "PluginError",
    "Record",
    "Result",
    "StoreError",
    "Timeout",
    "Workspace",
    "aio",
    "plugin",
    "show_progress",
]


# A plugin starts at a call, so it should not wait for the client's modules.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'quire' has no attribute '{name}'")
    if name in ("aio", "plugin"):
        return importlib.import_module(f".{name}", __name__)
    for home in ("errors", "estimate", "result", "notebook", "workspace"):
        module = importlib.import_module(f".{home}", __name__)
        if name in vars(module) and vars(module)[name].__module__ == module.__name__:
            return vars(module)[name]
    raise AttributeError(f"module 'quire' has no attribute '{name}'")


def __dir__() -> List[str]:
    return __all__
