"""What the kernel answers, as objects: members as attributes, artifacts as arrays, pictures in a notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional

from . import rich
from .arrays import ArrayFile
from .estimate import Estimate

if TYPE_CHECKING:
    import numpy

#: Gives the path of the file behind an artifact's reference.
Locate = Callable[[str], str]


class Artifact:
    """A file that the kernel keeps, named by its content; give it as a param to another call."""

    def __init__(self, reference: str, locate: Locate) -> None:
        #: ``sha256:`` and 64 digits.
        self.reference = reference
        self._locate = locate

    @property
    def path(self) -> str:
        """The file; it must not be changed."""
        return self._locate(self.reference)

    def arrays(self) -> ArrayFile:
        """The arrays in it, also without NumPy."""
        return ArrayFile(self.path)

    def array(self, name: Optional[str] = None) -> numpy.ndarray[Any, Any]:
        """A matrix or another array for NumPy, mapped into memory where that can be done.

        A sparse matrix becomes a dense one; see ``sparse``.
        """
        file = self.arrays()
        if name is None and file.is_sparse:
            from .plugin.inputs import Matrix

            return Matrix("", None, {"path": file.path}).array()
        return file.array(name).array()

    def sparse(self) -> Any:
        """A sparse matrix of SciPy."""
        import scipy.sparse

        with open(self.path, "rb") as file:
            return scipy.sparse.load_npz(file)

    def row_ids(self) -> Optional[List[str]]:
        """The ids of the rows, when the file has some."""
        file = self.arrays()
        return file.strings("rowIds") if "rowIds" in file.names else None

    def labels(self) -> List[Optional[str]]:
        """For each row the name of its class, ``None`` for none."""
        file = self.arrays()
        classes = file.strings("classes")
        return [classes[int(code)] if code >= 0 else None for code in file.array("labels").values()]

    def bytes(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read()

    def text(self) -> str:
        return self.bytes().decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.bytes())

    def json_lines(self) -> List[Any]:
        """The values of a file of JSON lines, such as a paper set."""
        with open(self.path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Artifact) and other.reference == self.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    def __repr__(self) -> str:
        return f"Artifact({self.reference[:19]}…)"


class Record(Mapping[str, Any]):
    """An object of the kernel: ``record.heldOut`` is ``record["heldOut"]``."""

    def __init__(self, members: Mapping[str, Any], locate: Locate) -> None:
        self._members = dict(members)
        self._locate = locate

    def __getitem__(self, name: str) -> Any:
        return wrap(self._members[name], self._locate)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._members:
            known = ", ".join(self._members)
            raise AttributeError(f"no member '{name}'; there is {known}")
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *(name for name in self._members if name.isidentifier())]

    def json(self) -> Dict[str, Any]:
        """As the kernel sent it."""
        return self._members

    def table(self, name: str) -> Any:
        """A list of objects as a DataFrame where pandas is there, else as a list of dictionaries."""
        rows = self._members[name]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise TypeError(f"'{name}' is no list of objects")
        try:
            import pandas
        except ImportError:
            return rows
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={_short(self[name])}" for name in list(self._members)[:8])
        return f"{type(self).__name__}({inner}{', …' if len(self._members) > 8 else ''})"


class Warned(NamedTuple):
    """What a reader of a result should know."""

    code: str
    message: str


class Display:
    """A picture in several forms, by their media types."""

    def __init__(self, title: str, data: Mapping[str, Any]) -> None:
        self.title = title
        self.data = dict(data)

    @property
    def svg(self) -> Optional[str]:
        return self.data.get("image/svg+xml")

    @property
    def vega_lite(self) -> Optional[Dict[str, Any]]:
        """A Vega-Lite specification with its data."""
        return self.data.get("application/vnd.vegalite.v5+json")

    @property
    def text(self) -> str:
        return str(self.data.get("text/plain", self.title))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Dict[str, Any]:
        return {"text/plain": self.text, "text/html": rich.display(self.title, self.data)}

    def __repr__(self) -> str:
        return f"Display({self.title!r}: {', '.join(self.data)})"


class Result(Record):
    """The value of a call, with its run, its pictures and its warnings; Jupyter shows them."""

    def __init__(self, method: str, members: Mapping[str, Any], meta: Mapping[str, Any], locate: Locate) -> None:
        super().__init__(members, locate)
        self.method = method
        #: The run's id in the log; ``None`` of what is not logged.
        self.run: Optional[str] = meta.get("run")
        #: Whether it was known before, so that nothing had to be computed.
        self.cached: bool = bool(meta.get("cached", False))
        self.displays = [Display(one.get("title", ""), one.get("data", {})) for one in meta.get("displays") or []]
        # Some methods have a member of that name that is something else.
        found = [one for one in meta.get("warnings") or members.get("warnings") or [] if isinstance(one, dict)]
        self.warnings = [Warned(one.get("code", ""), one.get("message", "")) for one in found]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Dict[str, Any]:
        return {"text/plain": self._plain(), "text/html": rich.result(self)}

    def _repr_html_(self) -> str:
        return rich.result(self)

    def _plain(self) -> str:
        lines = [self.method + (" (cached)" if self.cached else "")]
        lines += [f"  {name} {text}" for name, text in rich.headline(self.json())]
        lines += [f"  warning {one.code}: {one.message}" for one in self.warnings]
        return "\n".join(lines)


def wrap(value: Any, locate: Locate) -> Any:
    """A value of the kernel as an object of ours."""
    if isinstance(value, dict):
        if set(value) == {"$artifact"}:
            return Artifact(value["$artifact"], locate)
        if set(value) == {"value", "low", "high", "level", "method", "n"}:
            numbers = {name: float(value[name]) for name in ("value", "low", "high", "level")}
            return Estimate(**numbers, method=value["method"], n=value["n"])
        return Record(value, locate)
    return [wrap(one, locate) for one in value] if isinstance(value, list) else value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
