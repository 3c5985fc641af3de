"""What the kernel refuses or fails at, and a kernel that is not there."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Type


class Error(Exception):
    """An error of the kernel.

    ``code`` and ``kind`` are the protocol's, ``path`` is a JSON Pointer into the params, ``hint`` says what to do.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        kind: str = "",
        path: Optional[str] = None,
        hint: Optional[str] = None,
        data: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.kind = kind
        self.path = path
        self.hint = hint
        #: All that the kernel said beside the message.
        self.data: Dict[str, Any] = dict(data or {})

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class ParameterError(Error):
    """A param that the method's schema, or the method itself, does not take; ``path`` says which."""


class MethodNotFound(Error):
    """No such method, or its plugin could not be loaded; the hint names similar ones."""


class Cancelled(Error):
    """The call was cancelled."""


class Timeout(Error):
    """The call took longer than its ``timeout``."""


class StoreError(Error):
    """The paper store or the workspace's files."""


class FileError(Error):
    """A file that is missing, not allowed, or not what it should be."""


class PluginError(Error):
    """A plugin failed, crashed, or gave what its schema does not allow."""


class NumericError(Error):
    """Data that the mathematics cannot take: shapes, classes, numbers that are not finite, no memory."""


class NotebookError(Error):
    """A notebook or one of its cells."""


class ArtifactError(Error):
    """No such artifact, or its bytes are not those of its name."""


class LogError(Error):
    """The run log."""


class KernelError(Error):
    """The kernel itself: it is busy, stops, or failed inside."""


class KernelMissing(KernelError):
    """There is no kernel to start."""


class KernelDied(KernelError):
    """The kernel ended while it was needed."""


_BY_CODE: Dict[int, Type[Error]] = {
    -32602: ParameterError,
    -32601: MethodNotFound,
    -32800: Cancelled,
    -32006: Timeout,
}
_BY_AREA: Dict[int, Type[Error]] = {
    1000: StoreError,
    1050: FileError,
    1100: PluginError,
    1200: NumericError,
    1300: NotebookError,
    1400: ArtifactError,
    1500: LogError,
}


def error_of(answer: Mapping[str, Any]) -> Error:
    """The exception for an error object of JSON-RPC."""
    code = int(answer.get("code", 0))
    data = answer.get("data") or {}
    area = code - code % (50 if 1000 <= code < 1100 else 100)
    kind = _BY_CODE.get(code) or (_BY_AREA.get(area, KernelError) if code > 0 else KernelError)
    return kind(
        str(answer.get("message", "the kernel gave no reason")),
        code=code,
        kind=str(data.get("kind", "")),
        path=data.get("path"),
        hint=data.get("hint"),
        data=data,
    )
