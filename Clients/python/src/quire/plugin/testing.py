"""Runs methods without a host, for the tests of a plugin::

from quire.plugin.testing import run

outcome = run(plugin, "counting.words", {"papers": [{"id": "paper:1", "title": "A few words"}]})
assert outcome.value["words"] == 3
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ..arrays import ArrayFile
from . import Plugin
from .context import Context, Host, HostError
from .errors import MethodError
from .method import Method

_MEDIA = {".npy": "application/x-npy", ".npz": "application/x-npz", ".csv": "text/csv", ".jsonl": "application/jsonl"}


class Outcome:
    """What a run gave: the value as the caller sees it, and what was told on the way.

    The files of its artifacts are removed with it.
    """

    def __init__(self, value: Dict[str, Any], host: _TestHost) -> None:
        self.value = value
        self._host = host

    @property
    def warnings(self) -> List[Dict[str, str]]:
        return list(self.value["warnings"])

    @property
    def displays(self) -> List[Dict[str, Any]]:
        return [params["display"] for method, params in self._host.told if method == "host/display"]

    @property
    def progress(self) -> List[Tuple[float, str]]:
        """Each report: the share that is done, and the message."""
        return [(params["done"], params["message"]) for method, params in self._host.told if method == "host/progress"]

    def path(self, *members: str) -> str:
        """The file of the artifact that the value names there: ``outcome.path("model")``."""
        found: Any = self.value
        for name in members:
            found = found[name]
        return self._host.paths[found["$artifact"]]

    def arrays(self, *members: str) -> ArrayFile:
        """The arrays in the file of an artifact."""
        return ArrayFile(self.path(*members))


def run(
    plugin: Plugin,
    method: str,
    params: Optional[Dict[str, Any]] = None,
    *,
    seed: int = 0,
    papers: Sequence[Dict[str, Any]] = (),
    cancelled: Optional[Callable[[], bool]] = None,
) -> Outcome:
    """Runs a method as the host would.

    ``{"$file": path}`` in the params is opened; ``papers`` is what the store holds; ``cancelled`` is asked at each
    check. Raises what the method raises.
    """
    known = plugin.methods.get(method)
    if known is None:
        raise MethodError(-32601, "method.notFound", f"no method '{method}'; there is {', '.join(plugin.methods)}")
    host = _TestHost(known, papers, cancelled)
    context = Context(host, seed, plugin.folder)
    given = dict(params or {})
    value = known.value(known.function(**known.arguments(given, _opened(given), context)), context)
    return Outcome(value, host)


def examples(plugin: Plugin) -> List[Tuple[str, Outcome]]:
    """Runs every example of every method that needs nothing made before."""
    found = []
    for name, method in plugin.methods.items():
        for example in method.schema()["examples"]:
            if "before" not in example:
                found.append((name, run(plugin, name, example["params"])))
    return found


class _TestHost(Host):
    def __init__(
        self, method: Method, papers: Sequence[Dict[str, Any]], cancelled: Optional[Callable[[], bool]]
    ) -> None:
        self.told: List[Tuple[str, Dict[str, Any]]] = []
        #: The files of the artifacts, by what the value calls them.
        self.paths: Dict[str, str] = {}
        self._facts = method.schema()
        self._papers = list(papers)
        self._cancelled = cancelled
        self._memo: Dict[Tuple[str, ...], str] = {}
        self._folder = tempfile.mkdtemp(prefix="quire-plugin-")

    def __del__(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        if method == "host/artifact.create":
            reference = f"run:{params['name']}"
            path = self.paths[reference] = os.path.join(self._folder, str(len(self.paths)))
            return {"path": path}
        if method == "host/memo":
            if "artifact" in params:
                self._memo[tuple(params["key"])] = params["artifact"]["$artifact"]
            known = self._memo.get(tuple(params["key"]))
            return None if known is None else {"$artifact": known}
        if method == "host/papers.query" and "papers" in self._facts["reads"]:
            return {"items": self._papers, "next": None}
        if method == "host/papers.write" and self._facts["effects"] == "writesStore":
            self.told.append((method, params))
            return {"changed": len(params["operations"])}
        raise HostError(-32601, "method.notFound", f"{method}: the method's schema does not give this right")

    def tell(self, method: str, params: Dict[str, Any]) -> None:
        self.told.append((method, params))

    def is_cancelled(self) -> bool:
        return self._cancelled is not None and self._cancelled()


def _opened(value: Any) -> Any:
    """What the host would tell of the files in a value."""
    if isinstance(value, dict):
        if set(value) == {"$file"}:
            path, _, part = str(value["$file"]).partition("#")
            media = _MEDIA.get(os.path.splitext(path)[1].lower(), "application/octet-stream")
            told = {"path": os.path.abspath(path), "media": media, "name": path, "bytes": os.path.getsize(path)}
            return {**told, "part": part} if part else told
        return {name: _opened(one) for name, one in value.items()}
    return [_opened(one) for one in value] if isinstance(value, list) else None
