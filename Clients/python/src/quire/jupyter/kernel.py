"""What Jupyter's messages ask for, answered by the notebook's kernel."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, Optional

from ipykernel.kernelbase import Kernel

from ..errors import Cancelled, Error
from .book import Book, Refused
from .words import Words


class QuireKernel(Kernel):  # type: ignore[misc, unused-ignore]
    """Executes cells of Quire; see ``quire.jupyter``."""

    implementation = "quire"
    implementation_version = "0.1.0"
    banner = "Quire: a cell names one method and its params; every run is logged."
    # As the conversion of a notebook writes it.
    language_info = {  # noqa: RUF012
        "name": "quire",
        "mimetype": "text/x-yaml",
        "file_extension": ".quire.md",
        "pygments_lexer": "yaml",
        "codemirror_mode": "yaml",
    }

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call, unused-ignore]
        self._book = Book(os.getcwd(), os.environ.get("JPY_SESSION_NAME"))
        self._words = Words(self._book)

    # MARK: - Running

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Optional[Dict[str, Any]] = None,
        allow_stdin: bool = False,
        *,
        cell_meta: Optional[Dict[str, Any]] = None,
        cell_id: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Runs a cell and what it needs; pictures and value are what a converted notebook has."""
        if code.strip():
            bar = _Bar(self)
            try:
                cell = self._book.put(code, cell_id)
                self._book.run(cell, bar.show)
                warnings, outputs = self._book.warnings(cell), self._book.outputs(cell)
                bar.clear()
                if not silent:
                    self._tell(warnings, outputs)
            except (Error, Refused, KeyboardInterrupt) as error:
                bar.clear()
                return self._failed(error, silent)
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

    def _tell(self, warnings: List[Dict[str, Any]], outputs: List[Dict[str, Any]]) -> None:
        for one in warnings:
            text = f"{one.get('code', 'warning')}: {one.get('message', '')}\n"
            self._send("stream", {"name": "stderr", "text": text})
        for one in outputs:
            content = {"data": one.get("data", {}), "metadata": one.get("metadata", {})}
            if one["output_type"] == "execute_result":
                content["execution_count"] = self.execution_count
            if one["output_type"] in ("execute_result", "display_data"):
                self._send(one["output_type"], content)

    def _failed(self, error: BaseException, silent: bool) -> Dict[str, Any]:
        if isinstance(error, (Cancelled, KeyboardInterrupt)):
            kind, lines = "Interrupted", ["the cell was interrupted; run it again when you like"]
        elif isinstance(error, Refused):
            kind, lines = error.kind, error.lines
        else:
            assert isinstance(error, Error)
            self._book.forget(error)
            kind = error.kind or type(error).__name__
            lines = [error.message] + ([f"hint: {error.hint}"] if error.hint else [])
        told: Dict[str, Any] = {"ename": kind, "evalue": lines[0], "traceback": [f"{kind}: {lines[0]}", *lines[1:]]}
        if not silent:
            self._send("error", told)
        return {"status": "error", "execution_count": self.execution_count, **told}

    def _send(self, kind: str, content: Dict[str, Any]) -> None:
        self.send_response(self.iopub_socket, kind, content)  # type: ignore[no-untyped-call, unused-ignore]

    # MARK: - Looking

    async def do_complete(self, code: str, cursor_pos: int) -> Dict[str, Any]:
        """Keys of cells, methods, params, their values, cells and their outputs."""
        start, matches = self._words.completion(code, cursor_pos)
        return {
            "status": "ok",
            "matches": matches,
            "cursor_start": start,
            "cursor_end": cursor_pos,
            "metadata": {},
        }

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()
    ) -> Dict[str, Any]:
        """The page of a method, the words on a param, the last value of a cell."""
        text = self._words.inspection(code, cursor_pos)
        data = {"text/plain": text, "text/markdown": text} if text else {}
        return {"status": "ok", "found": text is not None, "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> Dict[str, Any]:
        """Whether a console should run what was typed."""
        return {"status": self._words.completeness(code), "indent": "  "}

    async def do_shutdown(self, restart: bool) -> Dict[str, Any]:
        """Ends the kernel; what it was told stays in the log."""
        self._book.close()
        return {"status": "ok", "restart": restart}


class _Bar:
    """One line of progress below a cell that takes its time; it goes when the cell is done."""

    def __init__(self, kernel: QuireKernel) -> None:
        self._kernel = kernel
        self._began = time.monotonic()
        self._last = 0.0
        self._shown = False

    def show(self, share: Optional[float], message: str) -> None:
        now = time.monotonic()
        if now - self._began < 0.5 or now - self._last < 0.25:
            return
        self._last = now
        filled = round((share or 0) * 20)
        bar = "" if share is None else f"{'█' * filled}{'░' * (20 - filled)} {share:4.0%}  "
        content: Dict[str, Any] = {
            "data": {"text/plain": f"{bar}{message[:80]}"},
            "metadata": {},
            "transient": {"display_id": f"quire-progress-{id(self)}"},
        }
        self._kernel._send("update_display_data" if self._shown else "display_data", content)
        self._shown = True

    def clear(self) -> None:
        if self._shown:
            self._kernel._send("clear_output", {"wait": False})
            self._shown = False
