"""A workspace and its kernel, for code that waits for answers."""

from __future__ import annotations

import os
import queue
import sys
import time
import weakref
from types import TracebackType
from typing import Any, List, Mapping, Optional, Sequence, Tuple, Type

from .errors import Timeout
from .notebook import Notebook
from .result import Artifact, Record, wrap
from .session import Path, Progress, Session, Settings, is_analysis, result_of, told, with_run


class Workspace:
    """A workspace, with a kernel of its own until it is closed.

    ::

        with quire.Workspace("study") as q:
            probe = q.call("probe.logistic", features=Path("x.npy"), labels=labels)
            print(probe.accuracy)

    ``path`` is the folder that holds ``.quire``; it is made when it is missing. ``kernel`` is the binary (else that
    of ``QUIRE``, or ``quire`` on the ``PATH``), ``plugins`` are folders of plugins, ``jobs`` is the number of threads.
    Files are read below the current folder, ``path`` and ``roots``; relative paths are taken from the current folder.
    """

    def __init__(
        self,
        path: Path = ".",
        *,
        kernel: Optional[str] = None,
        plugins: Sequence[Path] = (),
        roots: Sequence[Path] = (),
        jobs: Optional[int] = None,
    ) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._session = Session(Settings(self.path, kernel, plugins, roots, jobs))
        # A cell of a notebook that is run again makes a second workspace; the first one's kernel must not stay.
        self._end = weakref.finalize(self, self._session.close)
        try:
            greeting = self._submit("initialize", self._session.greeting).wait()
        except BaseException:
            self._end()
            raise
        #: The version of the kernel.
        self.version = str(greeting["serverInfo"]["version"])

    # MARK: - Calls

    def call(
        self,
        method: str,
        params: Optional[Mapping[str, Any]] = None,
        /,
        *,
        seed: Optional[int] = None,
        progress: Optional[Progress] = None,
        timeout: Optional[float] = None,
        **members: Any,
    ) -> Any:
        """Calls a method and waits for its answer: a ``Result`` of a plugin's method, a ``Record`` of the kernel's own.

        Params are JSON's values, paths (files), artifacts and results of other calls, NumPy's arrays, SciPy's sparse
        matrices and tables of pandas. ``progress`` is called while it runs, on this thread. An interrupt, or more
        than ``timeout`` seconds, cancels it.
        """
        return self.submit(method, params, seed=seed, progress=progress, timeout=timeout, **members).result()

    def submit(
        self,
        method: str,
        params: Optional[Mapping[str, Any]] = None,
        /,
        *,
        seed: Optional[int] = None,
        progress: Optional[Progress] = None,
        timeout: Optional[float] = None,
        **members: Any,
    ) -> Call:
        """Begins a call; several run side by side."""
        given = self._session.params(params, members, seed, timeout, self._put)
        if is_analysis(method):
            given = with_run(given)
        return self._submit(method, given, progress, timeout)

    def _submit(
        self,
        method: str,
        params: Mapping[str, Any],
        progress: Optional[Progress] = None,
        timeout: Optional[float] = None,
    ) -> Call:
        return Call(self, method, params, progress, timeout)

    # MARK: - Artifacts

    def put(self, path: Path, media: str = "application/octet-stream") -> Artifact:
        """Stores a copy of a file as an artifact."""
        return Artifact(self._put(os.path.abspath(os.fspath(path)), media), self._locate)

    def artifact(self, reference: str) -> Artifact:
        """The artifact of that name, ``sha256:`` and 64 digits."""
        return Artifact(reference, self._locate)

    def _put(self, path: str, media: str) -> str:
        return str(self._submit("artifact/put", {"path": path, "media": media}).wait()["hash"])

    def _locate(self, reference: str) -> str:
        return str(self._submit("artifact/read", {"hash": reference, "as": "path"}).wait()["path"])

    # MARK: - What there is

    def methods(self) -> List[str]:
        """The names of all methods of the plugins."""
        found = self._submit("plugin/list", {}).wait()["items"]
        return sorted(name for plugin in found for name in plugin["methods"])

    def describe(self, name: str) -> Record:
        """What a method answers, and the schemas of its params and its result."""
        found: Record = self.call("plugin/describe", name=name)
        return found

    def open(self, path: Path) -> Notebook:
        """Opens a notebook ``name.quire.md``; nothing is run."""
        return Notebook(self, os.path.abspath(os.fspath(path)))

    # MARK: - The end

    @property
    def process_id(self) -> int:
        """The process of the kernel."""
        return self._session.connection.process.pid

    def close(self) -> None:
        """Ends the kernel; calls that still run are cancelled."""
        self._end()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace({self.path!r})"


class Call:
    """A call that was begun."""

    #: Seconds that a kernel gets to answer after its deadline.
    _GRACE = 5.0

    def __init__(
        self,
        workspace: Workspace,
        method: str,
        params: Mapping[str, Any],
        progress: Optional[Progress],
        timeout: Optional[float],
    ) -> None:
        self.method = method
        self._workspace = workspace
        self._progress = progress
        self._deadline = None if timeout is None else time.monotonic() + timeout + self._GRACE
        self._events: queue.SimpleQueue[Tuple[str, Any]] = queue.SimpleQueue()
        self._answer: Optional[Tuple[str, Any]] = None
        connection = workspace._session.connection
        self._number = connection.call(method, params, self._tell, progress=progress is not None)

    def _tell(self, kind: str, value: Any) -> None:
        self._events.put((kind, value))

    def cancel(self) -> None:
        """Asks for its end; ``result`` then raises ``Cancelled``, unless it was done before."""
        self._workspace._session.connection.cancel(self._number)

    def result(self) -> Any:
        """Waits for the answer.

        Raises an ``Error``; an interrupt cancels the call.
        """
        answer = self.wait()
        if is_analysis(self.method):
            return result_of(self.method, answer, self._workspace._locate)
        return wrap(answer, self._workspace._locate)

    def wait(self) -> Any:
        """Waits for the answer as the kernel sent it."""
        try:
            kind, value = self._wait()
        except BaseException:
            self.cancel()
            raise
        if kind == "error":
            raise value
        return value

    def _wait(self) -> Tuple[str, Any]:
        while self._answer is None:
            seconds = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
            try:
                kind, value = self._events.get(timeout=seconds)
            except queue.Empty:
                raise Timeout(f"{self.method} did not answer in time", code=-32006, kind="request.deadline") from None
            if kind != "progress":
                self._answer = (kind, value)
            elif self._progress is not None:
                self._progress(*told(value))
        return self._answer

    def __repr__(self) -> str:
        return f"<Call of {self.method}>"


def show_progress(done: Optional[float], message: str) -> None:
    """A callback for ``progress`` that writes one line on standard error over and over."""
    share = "    " if done is None else f"{done:4.0%}"
    print(f"\r{share} {message[:70]:70}", end="\n" if done == 1 else "", file=sys.stderr, flush=True)
