"""The notebook of one Jupyter session, which a kernel has open under the name that its export would have."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Mapping, Optional

from ..errors import Error, FileError, KernelDied, KernelMissing, MethodNotFound
from ..session import Progress
from ..workspace import Call, Workspace
from .cells import Cell, is_id, read


class Refused(Exception):
    """A cell whose text is at fault; a line each."""

    def __init__(self, kind: str, lines: List[str]) -> None:
        super().__init__("\n".join(lines))
        self.kind = kind
        self.lines = lines


class Book:
    """Cells as they were last executed, and those of the saved file."""

    def __init__(self, folder: str, file: Optional[str]) -> None:
        self._folder = folder
        self._file = _found(file, folder)
        stem = os.path.splitext(os.path.basename(self._file or "jupyter"))[0]
        self._path = os.path.join(folder, f"{stem}.quire.md")
        self._workspace: Optional[Workspace] = None
        self._text: Optional[str] = None
        self._state: Dict[str, Any] = {}
        #: Ids of ours by those of the front end.
        self._ids: Dict[str, str] = {}

    # MARK: - The kernel

    @property
    def workspace(self) -> Workspace:
        """A kernel that runs; one that died is started anew, and takes up where the log ends."""
        if self._workspace is None:
            workspace = Workspace(_workspace_above(self._folder))
            try:
                self._open(workspace)
            except MethodNotFound:
                workspace.close()
                raise KernelMissing(
                    f"this quire ({workspace.version}) is older than its Jupyter kernel",
                    hint="install the newer one with 'make install', then restart the kernel",
                ) from None
            except BaseException:
                workspace.close()
                raise
            self._workspace = workspace
        return self._workspace

    def _open(self, workspace: Workspace) -> None:
        text = self._text
        if text is None:
            text = _saved(workspace, self._file) if self._file else ""
        self._state = workspace._submit("notebook/open", {"path": self._path, "text": text}).wait()
        self._text = text

    def ask(self, method: str, params: Mapping[str, Any], progress: Optional[Progress] = None) -> Any:
        """A call of the kernel, as it answers."""
        return self.begin(method, params, progress).wait()

    def begin(self, method: str, params: Mapping[str, Any], progress: Optional[Progress] = None) -> Call:
        return self.workspace._submit(method, params, progress)

    def forget(self, error: Error) -> None:
        """After a kernel that died the next call starts another."""
        if isinstance(error, KernelDied) and self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    def close(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    # MARK: - Cells

    @property
    def cells(self) -> List[str]:
        """The ids of the cells, in order; nothing is started for it."""
        return [one["id"] for one in self._state.get("cells", [])]

    def method(self, cell: str) -> Optional[str]:
        found = [one.get("method") for one in self._state.get("cells", []) if one["id"] == cell]
        return found[0] if found else None

    def put(self, text: str, front_id: Optional[str]) -> str:
        """Takes over a cell as it stands in the front end; gives its id. ``Refused`` when its text is at fault."""
        _ = self.workspace
        cell = read(text)
        before = self._ids.get(front_id) if front_id else None
        if before is None and front_id in self.cells:
            before = front_id
        cell = cell.named(before or self._fresh(front_id))
        name = str(cell.id)
        known = self.cells
        edit: Dict[str, Any]
        if name in known:
            edit = {"replaceCell": {"cell": name, "text": cell.text}}
        elif before in known:
            edit = {"replaceCell": {"cell": before, "text": cell.text}}
        elif known:
            edit = {"insert": {"after": known[-1], "text": f"\n{cell.text}"}}
        else:
            edit = {"insert": {"text": cell.text}}
            if self._text:
                # Front matter stays at the top.
                edit = {"replace": {"start": _bytes(self._text), "end": _bytes(self._text), "text": f"\n{cell.text}"}}
        params = {"notebook": self._state["notebook"], "version": self._state["version"], "edits": [edit]}
        self._state = self.ask("notebook/update", {**params, "withText": True})
        self._text = self._state.pop("text")
        if front_id:
            self._ids[front_id] = name
        self._check(name, cell)
        return name

    def _check(self, name: str, cell: Cell) -> None:
        faults = [one for one in self._state["diagnostics"] if one.get("cell") == name]
        if not faults:
            return
        begin = next((one["line"] for one in self._state["cells"] if one["id"] == name), 1)
        lines = []
        for one in faults:
            line = max(1, one["line"] - begin + cell.lines_before)
            hint = f" ({one['hint']})" if one.get("hint") else ""
            lines.append(f"line {line}, column {one['column']}: {one['message']}{hint}")
        raise Refused(str(faults[0]["kind"]), lines)

    def run(self, cell: str, progress: Optional[Progress]) -> Dict[str, Any]:
        """Runs a cell and what it needs."""
        answer: Dict[str, Any] = self.ask("cell/run", {"notebook": self._state["notebook"], "cell": cell}, progress)
        return answer

    def warnings(self, cell: str) -> List[Dict[str, Any]]:
        found: List[Dict[str, Any]] = self.ask("cell/outputs", {"notebook": self._state["notebook"], "cell": cell}).get(
            "warnings", []
        )
        return found

    def outputs(self, cell: str) -> List[Dict[str, Any]]:
        """A cell's outputs as a converted notebook has them: pictures made safe, then the value."""
        converted = self.ask("notebook/convert", {"notebook": self._state["notebook"], "format": "ipynb"})
        for one in json.loads(converted["text"])["cells"]:
            if one["id"] == cell and one["cell_type"] == "code":
                found: List[Dict[str, Any]] = one["outputs"]
                return found
        return []

    def value(self, cell: str) -> Any:
        """A cell's last value; none is made for it."""
        return self.ask("cell/outputs", {"notebook": self._state["notebook"], "cell": cell})["value"]

    def _fresh(self, front_id: Optional[str]) -> str:
        if front_id and is_id(front_id):
            return front_id
        taken = set(self.cells)
        number = 1
        while f"cell-{number}" in taken:
            number += 1
        return f"cell-{number}"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))


def _found(file: Optional[str], folder: str) -> Optional[str]:
    """The notebook's file, as the server named it."""
    if not file or not file.endswith(".ipynb"):
        return None
    wanted = os.path.join(folder, os.path.basename(file))
    return wanted if os.path.isfile(wanted) else None


def _saved(workspace: Workspace, file: str) -> str:
    """What stands in the saved file; nothing when it cannot be read."""
    try:
        with open(file, encoding="utf-8") as opened:
            metadata = json.load(opened).get("metadata", {})
        if metadata.get("kernelspec", {}).get("name") != "quire":
            return ""
        return str(workspace._submit("notebook/convert", {"path": file, "format": "quire"}).wait()["text"])
    except (OSError, ValueError, AttributeError, FileError):
        return ""


def _workspace_above(folder: str) -> str:
    """``QUIRE_WORKSPACE``, else the nearest folder with a ``.quire``, else this one."""
    named = os.environ.get("QUIRE_WORKSPACE")
    if named:
        return named
    here = folder
    while not os.path.isdir(os.path.join(here, ".quire")):
        above = os.path.dirname(here)
        if above == here:
            return folder
        here = above
    return here
