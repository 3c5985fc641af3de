"""The client for asyncio::

async with quire.aio.Workspace("study") as q:
    first, second = await asyncio.gather(q.call("data.load", …), q.call("features.tfidf", …))
"""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import Any, List, Mapping, Optional, Sequence, Type

from .errors import Timeout
from .result import Artifact, Record, wrap
from .session import Path, Progress, Session, Settings, is_analysis, result_of, told, with_run


class Workspace:
    """A workspace, with a kernel of its own inside ``async with``; see ``quire.Workspace``.

    Results and artifacts are the same as there; an artifact's file is found without waiting for the kernel.
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
        self._settings = Settings(self.path, kernel, plugins, roots, jobs)
        self._opened: Optional[Session] = None

    @property
    def _session(self) -> Session:
        if self._opened is None:
            raise RuntimeError("use the workspace inside 'async with'")
        return self._opened

    async def __aenter__(self) -> Workspace:
        loop = asyncio.get_running_loop()
        self._opened = await loop.run_in_executor(None, Session, self._settings)
        try:
            await self._ask("initialize", self._opened.greeting)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the kernel; calls that still run are cancelled."""
        await asyncio.get_running_loop().run_in_executor(None, self._session.close)

    async def call(
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
        """Calls a method; a task that is cancelled cancels the call. ``progress`` is called on the loop's thread."""
        loop = asyncio.get_running_loop()

        def put(path: str, media: str) -> str:
            asked = self._ask("artifact/put", {"path": path, "media": media})
            return str(asyncio.run_coroutine_threadsafe(asked, loop).result()["hash"])

        # Large arrays are written on the way, so not on the loop's thread.
        given = await loop.run_in_executor(None, self._session.params, params, members, seed, timeout, put)
        if is_analysis(method):
            given = with_run(given)
        asked = self._ask(method, given, progress)
        try:
            answer = await (asked if timeout is None else asyncio.wait_for(asked, timeout + 5))
        except asyncio.TimeoutError:
            raise Timeout(f"{method} did not answer in time", code=-32006, kind="request.deadline") from None
        return result_of(method, answer, self._locate) if is_analysis(method) else wrap(answer, self._locate)

    async def methods(self) -> List[str]:
        """The names of all methods of the plugins."""
        found = (await self._ask("plugin/list", {}))["items"]
        return sorted(name for plugin in found for name in plugin["methods"])

    async def describe(self, name: str) -> Record:
        """What a method answers, and the schemas of its params and its result."""
        found: Record = await self.call("plugin/describe", name=name)
        return found

    def artifact(self, reference: str) -> Artifact:
        """The artifact of that name, ``sha256:`` and 64 digits."""
        return Artifact(reference, self._locate)

    def _locate(self, reference: str) -> str:
        digits = reference.rpartition(":")[2]
        return os.path.join(self.path, ".quire", "artifacts", digits[:2], digits[2:])

    async def _ask(self, method: str, params: Mapping[str, Any], progress: Optional[Progress] = None) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def take(kind: str, value: Any) -> None:
            if answer.done():
                return
            if kind == "result":
                answer.set_result(value)
            elif kind == "error":
                answer.set_exception(value)
            elif progress is not None:
                progress(*told(value))

        def tell(kind: str, value: Any) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(take, kind, value)

        connection = self._session.connection
        number = connection.call(method, params, tell, progress=progress is not None)
        try:
            return await answer
        except asyncio.CancelledError:
            connection.cancel(number)
            raise
