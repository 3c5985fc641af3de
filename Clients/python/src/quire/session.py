"""What the blocking and the asyncio client share: how a kernel is started, and how a call is put together."""

from __future__ import annotations

import os
import tempfile
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Union

from .connection import Connection
from .params import Params, save
from .result import Result

Path = Union[str, "os.PathLike[str]"]
#: Is told of a call's progress: the share that is done (``None`` when unknown) and a message.
Progress = Callable[[Optional[float], str], None]


class Settings(NamedTuple):
    """How the kernel is started; see ``Workspace``."""

    path: str
    kernel: Optional[str]
    plugins: Sequence[Path]
    roots: Sequence[Path]
    jobs: Optional[int]

    def arguments(self) -> List[str]:
        found = ["--workspace", self.path]
        for plugin in self.plugins:
            found += ["--plugin", os.path.abspath(os.fspath(plugin))]
        return found + (["--jobs", str(self.jobs)] if self.jobs is not None else [])


class Session:
    """A kernel that was started, and a folder for arrays on their way to it."""

    def __init__(self, settings: Settings) -> None:
        os.makedirs(settings.path, exist_ok=True)
        self._scratch = tempfile.TemporaryDirectory(prefix="quire-client-")
        try:
            self.connection = Connection(settings.arguments(), kernel=settings.kernel)
        except BaseException:
            self._scratch.cleanup()
            raise
        roots = [os.getcwd(), settings.path, self._scratch.name]
        roots += [os.path.abspath(os.fspath(root)) for root in settings.roots]
        self.greeting = {
            "processId": os.getpid(),
            "clientInfo": {"name": "quire-python"},
            "capabilities": {"workDoneProgress": True},
            "roots": roots,
        }

    def params(
        self,
        params: Optional[Mapping[str, Any]],
        members: Mapping[str, Any],
        seed: Optional[int],
        timeout: Optional[float],
        put: Callable[[str, str], str],
    ) -> Dict[str, Any]:
        """The params of a call. ``put`` stores a file, of a media type, and gives its reference."""

        def store(array: Any) -> str:
            path, media = save(array, self._scratch.name)
            try:
                return put(path, media)
            finally:
                os.unlink(path)

        found: Dict[str, Any] = Params(store).json({**(params or {}), **members})
        if seed is not None:
            found["seed"] = seed
        if timeout is not None:
            found["_meta"] = {"deadlineMs": max(1, int(timeout * 1000))}
        return found

    def close(self) -> None:
        self.connection.close()
        self._scratch.cleanup()


def is_analysis(method: str) -> bool:
    """Whether a plugin's method is meant: a kernel's has a slash."""
    return "." in method and "/" not in method


def with_run(params: Dict[str, Any]) -> Dict[str, Any]:
    """Asks for run, pictures and warnings beside the value."""
    return {**params, "_meta": {**params.get("_meta", {}), "run": True}}


def result_of(method: str, answer: Any, locate: Callable[[str], str]) -> Result:
    """The answer of a plugin's method as a result."""
    members = dict(answer) if isinstance(answer, dict) else {"value": answer}
    meta = members.pop("_meta", {})
    return Result(method, members, meta, locate)


def told(value: Mapping[str, Any]) -> tuple[Optional[float], str]:
    """Share and message of a progress value."""
    message = str(value.get("message", value.get("title", "")))
    if value.get("kind") == "end":
        return (1.0 if message == "done" else None, message)
    percentage = value.get("percentage")
    return (None if percentage is None else percentage / 100, message)
