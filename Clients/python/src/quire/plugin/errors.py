"""What a method raises when it cannot answer: each error has its place in the answer to the caller.

Any other exception is told as ``plugin.failed`` with its text; the traceback goes to the log.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

_DATA_CODES = {
    "file.format": 1053,
    "math.singular": 1201,
    "math.shape": 1203,
    "math.nonFinite": 1204,
    "math.tooFewSamples": 1205,
    "math.memory": 1206,
    "math.degenerate": 1207,
}


class MethodError(Exception):
    """A failure that the caller is told of by code, kind, place and hint."""

    def __init__(
        self,
        code: int,
        kind: str,
        message: str,
        *,
        path: Optional[str] = None,
        hint: Optional[str] = None,
        details: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.kind = kind
        self.message = message
        #: A JSON Pointer into the params, such as ``/features``.
        self.path = path
        self.hint = hint
        self.details = details or {}

    def as_error(self) -> Dict[str, Any]:
        """The error object of JSON-RPC."""
        data: Dict[str, Any] = {"kind": self.kind}
        if self.path is not None:
            data["path"] = self.path
        if self.hint is not None:
            data["hint"] = self.hint
        data.update(self.details)
        return {"code": self.code, "message": _cut(self.message), "data": data}


class ParameterError(MethodError):
    """A param that no schema could refuse: ``ParameterError("/k", "fewer clusters than papers, found 9")``."""

    def __init__(self, path: str, expected: str, hint: Optional[str] = None) -> None:
        place = f"params{path}" if path else "params"
        super().__init__(-32602, "params.value", f"{place}: {expected}", path=path, hint=hint)


class DataError(MethodError):
    """Data that cannot be worked on.

    ``kind`` is one of ``file.format``, ``math.shape``, ``math.nonFinite``, ``math.tooFewSamples``,
    ``math.degenerate``, ``math.singular``, ``math.memory``; ``path`` points to the param that holds them.
    """

    def __init__(
        self,
        kind: str,
        path: str,
        message: str,
        *,
        row: Optional[int] = None,
        column: Optional[int] = None,
        hint: Optional[str] = None,
    ) -> None:
        if kind not in _DATA_CODES:
            raise ValueError(f"kind must be one of {', '.join(_DATA_CODES)}")
        details = {name: value for name, value in (("row", row), ("column", column)) if value is not None}
        super().__init__(_DATA_CODES[kind], kind, message, path=path, hint=hint, details=details)


class NotConverged(MethodError):
    """No usable answer after so many iterations. A usable one that could be better is a warning."""

    def __init__(self, iterations: int, residual: float, hint: Optional[str] = None) -> None:
        message = f"no usable answer after {iterations} iterations (residual {residual:.4g})"
        super().__init__(1202, "math.notConverged", message, hint=hint)


class Cancelled(BaseException):
    """The caller has cancelled the run. Let it pass; ``except Exception`` does not catch it."""


def _cut(text: str) -> str:
    """At most 199 bytes of one line, as the protocol wants."""
    line = " ".join(text.split())
    data = line.encode("utf-8", "replace")
    return line if len(data) < 200 else data[:196].decode("utf-8", "ignore") + "…"
