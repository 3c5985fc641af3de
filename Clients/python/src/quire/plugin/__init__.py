"""Plugins for Quire in Python.

A plugin is a script: a ``Plugin``, functions with type hints behind ``@plugin.method``, and ``plugin.main()``::

    from dataclasses import dataclass
    from typing import Annotated

    from quire.plugin import Context, Papers, Plugin

    plugin = Plugin("counting", "0.1.0", "Counts the words of abstracts")


    @dataclass
    class Count:
        words: Annotated[int, "All words of all papers."]


    @plugin.method("counting.words", determinism="exact")
    def words(context: Context, papers: Annotated[Papers, "Whose words are counted."]) -> Count:
        \"\"\"Counts words.\"\"\"
        return Count(sum(len(paper.text.split()) for paper in papers))


    if __name__ == "__main__":
        plugin.main()

``python3 plugin.py schemas`` writes ``quire-plugin.json`` and a schema file for each method; without a word behind it
the script answers a host on its standard input.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, Callable, Dict, List, Optional, Sequence, TypeVar, Union

from ..estimate import Estimate
from .context import Context
from .errors import Cancelled, DataError, MethodError, NotConverged, ParameterError
from .fields import AnyNumber, Artifact, Field, Share
from .inputs import File, Labels, Matrix, Model, Paper, Papers, RowNumbers, Split
from .method import Method

__all__ = [
    "AnyNumber",
    "Artifact",
    "Cancelled",
    "Context",
    "DataError",
    "Estimate",
    "Field",
    "File",
    "Labels",
    "Matrix",
    "Method",
    "MethodError",
    "Model",
    "NotConverged",
    "Paper",
    "Papers",
    "ParameterError",
    "Plugin",
    "RowNumbers",
    "Share",
    "Split",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MANIFEST = "quire-plugin.json"


class Plugin:
    """A name, a version and methods.

    ``name`` is what stands before the dot of its methods (a-z, 0-9), ``version`` a semantic version that rises with
    every change of a result, since it is part of every cache key.
    """

    def __init__(
        self,
        name: str,
        version: str,
        summary: str,
        *,
        command: Optional[Sequence[str]] = None,
        memory_mib: int = 2048,
        start_seconds: float = 10,
        idle_seconds: float = 300,
    ) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]{0,30}", name):
            raise ValueError(f"the plugin's name is a-z and 0-9, at most 31 characters, found '{name}'")
        if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?", version):
            raise ValueError(f"the version is three numbers such as 0.1.0, found '{version}'")
        self.name = name
        self.version = version
        self.summary = summary
        self.methods: Dict[str, Method] = {}
        self.limits = {"memoryMiB": memory_mib, "startSeconds": start_seconds, "idleSeconds": idle_seconds}
        caller = sys._getframe(1).f_code.co_filename
        self.file = os.path.abspath(caller)
        self.command = list(command) if command else ["python3", os.path.basename(caller)]

    @property
    def folder(self) -> str:
        """Where the script lies, with its manifest and schemas."""
        return os.path.dirname(self.file)

    def method(
        self,
        name: str,
        *,
        determinism: Union[str, Dict[str, Any]],
        title: Optional[str] = None,
        primary: Optional[str] = None,
        uses_seed: bool = False,
        effects: str = "none",
        reads: Sequence[str] = (),
        references: Sequence[Dict[str, Any]] = (),
        examples: Sequence[Dict[str, Any]] = (),
        errors: Sequence[str] = (),
        progress: bool = False,
    ) -> Callable[[_Function], _Function]:
        """Makes a method of a function.

        The docstring's first line is the summary, the rest the description; the hints of the params and of the
        returned dataclass become the schemas. ``max_iter`` in Python is ``maxIter`` outside.

        ``determinism``: ``exact`` (the same value everywhere), ``bitwise`` (on one kind of machine), ``none``, or
        ``{"class": "tolerance", "rtol": …, "atol": …}``.
        """
        if not re.fullmatch(re.escape(self.name) + r"\.[a-z0-9_]+", name) or len(name) > 63:
            raise ValueError(f"a method of this plugin is {self.name}.NAME (a-z, 0-9, _), found '{name}'")
        if name in self.methods:
            raise ValueError(f"a second method {name}")

        def take(function: _Function) -> _Function:
            facts = {
                "effects": effects,
                "reads": list(reads),
                "usesSeed": uses_seed,
                "determinism": determinism,
                "primary": primary,
                "progress": progress,
                "references": list(references),
                "examples": list(examples),
                "errors": list(errors),
            }
            self.methods[name] = Method(name, function, title, facts)
            return function

        return take

    # MARK: - Files

    def manifest(self) -> Dict[str, Any]:
        """What ``quire-plugin.json`` holds."""
        return {
            "name": self.name,
            "version": self.version,
            "protocol": 1,
            "summary": self.summary,
            "command": self.command,
            "methods": [f"schemas/{name}.json" for name in self.methods],
            "limits": self.limits,
        }

    def files(self) -> Dict[str, str]:
        """The text of the manifest and of each schema file, by its path in the plugin's folder."""
        found = {_MANIFEST: _text(self.manifest())}
        for name, method in self.methods.items():
            found[f"schemas/{name}.json"] = _text(method.schema())
        return found

    def stale_files(self) -> List[str]:
        """Those of ``files`` that are missing on disk or say something else: for a test that they are kept."""
        stale = []
        for path, text in self.files().items():
            try:
                with open(os.path.join(self.folder, path), encoding="utf-8") as file:
                    if file.read() != text:
                        stale.append(path)
            except FileNotFoundError:
                stale.append(path)
        return stale

    def write_files(self) -> List[str]:
        """Writes what ``stale_files`` names."""
        texts = self.files()
        stale = self.stale_files()
        for path in stale:
            whole = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(texts[path])
        return stale

    # MARK: - Running

    def main(self, arguments: Optional[Sequence[str]] = None) -> None:
        """Serves a host, or with the word ``schemas`` writes the manifest and the schema files.

        ``schemas --check`` writes nothing and ends with status 1 when a file is not what the code says.
        """
        words = list(sys.argv[1:] if arguments is None else arguments)
        if words in (["schemas"], ["schemas", "--check"]):
            checks = len(words) == 2
            stale = self.stale_files() if checks else self.write_files()
            for path in stale:
                print(f"{path} is not what the code says" if checks else f"wrote {path}")
            if checks and stale:
                print(f"write them with: {' '.join(self.command)} schemas")
            sys.exit(1 if checks and stale else 0)
        if words:
            print(f"usage: {' '.join(self.command)} [schemas [--check]]", file=sys.stderr)
            sys.exit(2)
        if sys.stdin.isatty():
            message = f"{self.name} answers a host on standard input; try: quire plugin check {self.folder}"
            print(message, file=sys.stderr)
        from .server import Server, take_streams

        Server(self, *take_streams()).serve()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
