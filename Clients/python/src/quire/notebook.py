"""A notebook that the kernel has open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .errors import Error, error_of
from .result import Result
from .session import Path, Progress

if TYPE_CHECKING:
    from .workspace import Workspace


class CellRun(NamedTuple):
    """What became of one cell."""

    cell: str
    state: str
    #: Nothing had to be computed.
    cached: bool
    seconds: float
    run: Optional[str]
    error: Optional[Error]


class NotebookRun(NamedTuple):
    """What became of a notebook's cells: how many ran, were known, failed."""

    ran: int
    cached: int
    failed: int
    cells: List[CellRun]

    def check(self) -> NotebookRun:
        """Raises the first cell's error when one failed; else gives itself."""
        for one in self.cells:
            if one.error is not None:
                raise one.error
        return self


class Diagnostic(NamedTuple):
    """A fault of the notebook's text."""

    line: int
    column: int
    kind: str
    message: str
    cell: Optional[str]


class Notebook:
    """A notebook; ``notebook["probe"]`` is the last result of a cell."""

    def __init__(self, workspace: Workspace, path: str) -> None:
        self.path = path
        self._workspace = workspace
        self._take(self._ask("notebook/open", {"path": path}))

    def _take(self, opened: Mapping[str, Any]) -> None:
        self._id = opened["notebook"]
        self._cells: List[Dict[str, Any]] = list(opened["cells"])
        self.diagnostics = [
            Diagnostic(one["line"], one["column"], one["kind"], one["message"], one.get("cell"))
            for one in opened["diagnostics"]
        ]

    def _ask(self, method: str, params: Mapping[str, Any], progress: Optional[Progress] = None) -> Any:
        return self._workspace._submit(method, params, progress).wait()

    @property
    def cells(self) -> List[str]:
        """The ids of the cells, in the order of the file."""
        return [one["id"] for one in self._cells]

    def run(
        self,
        cells: Optional[Sequence[str]] = None,
        *,
        set: Optional[Mapping[str, Mapping[str, Any]]] = None,
        force: bool = False,
        keep_going: bool = False,
        progress: Optional[Progress] = None,
    ) -> NotebookRun:
        """Runs what is not fresh, or only these cells and what they need.

        ``set`` changes params for this run: ``{"probe": {"C": 0.1}}``. A cell that fails raises nothing; see
        ``NotebookRun.check``.
        """
        params: Dict[str, Any] = {"notebook": self._id, "force": force, "keepGoing": keep_going}
        if cells is not None:
            params["cells"] = list(cells)
        if set is not None:
            params["set"] = {cell: dict(members) for cell, members in set.items()}
        answer = self._ask("notebook/run", params, progress)
        return NotebookRun(
            answer["ran"],
            answer["cached"],
            answer["failed"],
            [
                CellRun(
                    one["cell"],
                    one["state"],
                    one["cached"],
                    one["durationMs"] / 1000,
                    one.get("run"),
                    error_of(one["error"]) if "error" in one else None,
                )
                for one in answer["cells"]
            ],
        )

    def __getitem__(self, cell: str) -> Result:
        if cell not in self.cells:
            raise KeyError(f"no cell '{cell}'; there is {', '.join(self.cells)}")
        found = self._ask("cell/outputs", {"notebook": self._id, "cell": cell})
        if found["value"] is None:
            raise KeyError(f"cell '{cell}' has no result; run the notebook first")
        method = next((one.get("method", cell) for one in self._cells if one["id"] == cell), cell)
        value = found["value"] if isinstance(found["value"], dict) else {"value": found["value"]}
        return Result(method, value, found, self._workspace._locate)

    def report(self, output: Path) -> str:
        """Writes the last results as one HTML file; gives its path."""
        params = {"notebook": self._id, "output": os.path.abspath(os.fspath(output))}
        return str(self._ask("notebook/report", params)["path"])

    def close(self) -> None:
        self._ask("notebook/close", {"notebook": self._id})

    def __repr__(self) -> str:
        return f"<Notebook {os.path.basename(self.path)}: {', '.join(self.cells)}>"
