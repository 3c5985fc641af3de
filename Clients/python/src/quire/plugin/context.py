"""What a method may use beside its params: the seed, progress, warnings, displays, files out, memos and papers."""

from __future__ import annotations

import hashlib
import html
import json
import random
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from .. import arrays
from .errors import Cancelled, MethodError
from .fields import Artifact
from .inputs import Matrix, Paper, coded

if TYPE_CHECKING:
    import numpy

Cell = Union[str, int, float, bool, None]


class Host:
    """What a context stands on: the host behind a pipe, or a test."""

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        raise NotImplementedError

    def tell(self, method: str, params: Dict[str, Any]) -> None:
        raise NotImplementedError

    def is_cancelled(self) -> bool:
        return False


class Context:
    """One run of a method."""

    def __init__(self, host: Host, seed: Optional[int] = None, folder: Optional[str] = None) -> None:
        #: Of a method that ``uses_seed``; 0 for others.
        self.seed = seed or 0
        #: The plugin's folder, for the files that it brings along.
        self.folder = Path(folder or ".")
        self._host = host
        self._warnings: List[Dict[str, str]] = []
        self._names: Dict[str, int] = {}
        self._told = 0.0
        self._fraction = 0.0

    @property
    def warnings(self) -> List[Dict[str, str]]:
        """What was warned of until now."""
        return list(self._warnings)

    # MARK: - Work

    def check(self) -> None:
        """Raises ``Cancelled`` when the caller no longer wants the answer. Call it every 50 ms of work or so."""
        if self._host.is_cancelled():
            raise Cancelled

    def progress(self, done: float, total: float, message: str = "") -> None:
        """Says how far the run is, and looks whether it was cancelled. Cheap enough for an inner loop."""
        self.check()
        now = time.monotonic()
        if now - self._told < 0.05 and not done >= total > 0:
            return
        self._told = now
        if total > 0:
            self._fraction = max(self._fraction, min(done / total, 1.0))
        self._host.tell("host/progress", {"done": self._fraction, "total": 1 if total > 0 else 0, "message": message})

    def random(self, step: str = "", index: int = 0) -> random.Random:
        """Random numbers that depend on the seed, the step and the index alone."""
        return random.Random(self._stream(step, index))

    def numpy_random(self, step: str = "", index: int = 0) -> numpy.random.Generator:
        """The same for NumPy; for libraries that take a whole number see ``seed``."""
        import numpy

        return numpy.random.default_rng(self._stream(step, index))

    def _stream(self, step: str, index: int) -> int:
        digest = hashlib.sha256(f"{self.seed}\0{step}\0{index}".encode()).digest()
        return int.from_bytes(digest[:8], "little")

    def log(self, message: str) -> None:
        """A line for the host's log."""
        self._host.tell("host/log", {"message": message})

    def warn(self, code: str, message: str) -> None:
        """What a reader of the result should know: a stable code and a sentence. It stands in ``warnings`` too."""
        warning = {"code": code, "message": message}
        if warning not in self._warnings:
            self._warnings.append(warning)
            self._host.tell("host/warning", warning)

    # MARK: - Inputs

    def matrix(self, matrix: Matrix, dtype: Any = None) -> numpy.ndarray[Any, Any]:
        """The array of a matrix param, mapped into memory where its file allows it."""
        self.check()
        return matrix.array(dtype)

    # MARK: - What is shown

    def display(self, title: str, text: Optional[str] = None, *, svg: Optional[str] = None,
                vega_lite: Optional[Dict[str, Any]] = None, markup: Optional[str] = None) -> None:  # fmt: skip
        """One picture in as many forms as there are; a front end takes the richest that it can show."""
        data: Dict[str, Any] = {}
        if vega_lite is not None:
            data["application/vnd.vegalite.v5+json"] = vega_lite
        if svg is not None:
            data["image/svg+xml"] = svg
        if markup is not None:
            data["text/html"] = markup
        data["text/plain"] = text if text is not None else title
        self._host.tell("host/display", {"display": {"title": title, "data": data}})

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Shows a table; every cell is escaped."""
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
        body = ""
        for row in rows:
            body += "<tr>"
            for cell in row:
                number = isinstance(cell, (int, float)) and not isinstance(cell, bool)
                body += f'<td class="number">{_text(cell)}</td>' if number else f"<td>{html.escape(_text(cell))}</td>"
            body += "</tr>"
        cells = [list(columns)] + [[_text(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(len(columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        self.display(title, "\n".join(lines), markup=table)

    # MARK: - Files out

    def file(self, name: str, media: str = "application/octet-stream") -> tuple[Artifact, Path]:
        """An artifact and the file to write it to, before the method returns."""
        count = self._names[name] = self._names.get(name, 0) + 1
        unique = name if count == 1 else f"{name} {count}"
        answer = self._host.ask("host/artifact.create", {"name": unique, "media": media})
        return Artifact(f"run:{unique}"), Path(answer["path"])

    def artifact(self, values: Any, name: str = "array", *, row_ids: Optional[Sequence[str]] = None) -> Artifact:
        """Saves an array: a matrix as ``.npz`` with ``matrix`` (and ``rowIds``), one dimension as ``.npy``.

        Takes NumPy's arrays, or lists of numbers. The bytes depend on the values alone.
        """
        if _rank(values) < 2 and row_ids is None:
            saved, path = self.file(name, "application/x-npy")
            with open(path, "wb") as file:
                arrays.write_npy(file, values)
            return saved
        members = {"matrix": values}
        if row_ids is not None:
            if len(row_ids) != len(values):
                raise ValueError(f"{len(row_ids)} ids for {len(values)} rows")
            members["rowIds"] = arrays.npy_of_strings(row_ids)
        saved, path = self.file(name, "application/x-npz")
        arrays.npz(path, members)
        return saved

    def labels(self, names: Sequence[Optional[str]], name: str = "labels", *,
               row_ids: Optional[Sequence[str]] = None) -> Artifact:  # fmt: skip
        """Saves a class for each row (``None`` for no class), as other methods take it for ``labels``."""
        codes, classes, _ = coded(names)
        members = {"labels": arrays.npy(codes), "classes": arrays.npy_of_strings(classes)}
        if row_ids is not None:
            if len(row_ids) != len(names):
                raise ValueError(f"{len(row_ids)} ids for {len(names)} rows")
            members["rowIds"] = arrays.npy_of_strings(row_ids)
        saved, path = self.file(name, "application/x-npz")
        arrays.npz(path, members)
        return saved

    def text(self, text: str, name: str = "text", media: str = "text/plain") -> Artifact:
        """Saves a text in UTF-8."""
        saved, path = self.file(name, media)
        path.write_bytes(text.encode())
        return saved

    def json_lines(self, items: Iterator[Any] | Sequence[Any], name: str = "items") -> Artifact:
        """Saves a JSON value a line."""
        saved, path = self.file(name, "application/jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for item in items:
                file.write(json.dumps(item, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
        return saved

    def save_model(self, kind: str, fields: Mapping[str, Any], members: Mapping[str, Any],
                   name: str = "model") -> Artifact:  # fmt: skip
        """Saves a fitted model, as ``Model.load`` reads it: small fields, and arrays as safetensors."""
        header: Dict[str, Any] = {
            "__metadata__": {"fields": json.dumps(fields, sort_keys=True, separators=(",", ":")), "kind": kind}
        }
        blobs = []
        offset = 0
        for key in sorted(members):
            dtype, shape, blob = _tensor(members[key])
            header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(blob)]}
            blobs.append(blob)
            offset += len(blob)
        head = json.dumps(header, separators=(",", ":")).encode()
        head += b" " * (-len(head) % 8)
        saved, path = self.file(name, "application/x-safetensors")
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(head)) + head)
            for blob in blobs:
                file.write(blob)
        return saved

    # MARK: - The host's memory

    def memo(self, key: Sequence[str]) -> Optional[str]:
        """The artifact (``sha256:…``) that was remembered under a key, a pure function of it; it may vanish."""
        found = self._host.ask("host/memo", {"key": list(key)})
        return found["$artifact"] if isinstance(found, dict) else None

    def remember(self, key: Sequence[str], artifact: Artifact) -> Artifact:
        """Remembers an artifact of this run."""
        answer = self._host.ask("host/memo", {"key": list(key), "artifact": artifact.as_json()})
        return Artifact(answer["$artifact"])

    def find_papers(self, query: str = "", *, page: int = 500) -> Iterator[Paper]:
        """Papers of the store that a query finds; the method must be declared with ``reads=["papers"]``."""
        after: Optional[str] = None
        while True:
            asked: Dict[str, Any] = {"query": query, "limit": page}
            if after is not None:
                asked["after"] = after
            answer = self._host.ask("host/papers.query", asked)
            for row in answer["items"]:
                yield Paper.from_json(row)
            after = answer.get("next")
            if not after:
                return

    def write_papers(self, operations: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
        """Changes papers of the store, all of them or none; the method is declared with ``effects="writesStore"``.

        An operation is ``{"op": "tag", "id": …, "add": […], "remove": […]}``, ``{"op": "update", "id": …, "rev": …,
        "fields": {…}}``, ``{"op": "delete", "id": …}`` or ``{"op": "restore", "id": …}``. Gives ``{"changed": n}``.
        """
        answer = self._host.ask("host/papers.write", {"operations": [dict(one) for one in operations]})
        return dict(answer)

    def pdf_text(self, pointer: str) -> str:
        """The text of the PDF at a param's JSON Pointer, pages parted by form feeds."""
        return str(self._host.ask("host/pdfText", {"pointer": pointer}).get("text") or "")


class HostError(MethodError):
    """The host refused what the method asked of it."""


def _rank(values: Any) -> int:
    if hasattr(values, "ndim"):
        return int(values.ndim)
    return 2 if len(values) > 0 and isinstance(values[0], (list, tuple)) else 1


def _tensor(values: Any) -> tuple[str, list[int], bytes]:
    codes = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "u1": "U8"}
    if hasattr(values, "__array_interface__"):
        import numpy

        found = numpy.ascontiguousarray(values)
        code = codes.get(found.dtype.str[1:])
        if code is None:
            raise ValueError(f"arrays of {found.dtype} are not saved")
        return code, list(found.shape), found.astype(found.dtype.newbyteorder("<")).tobytes()
    data = arrays.npy(values)
    start = 10 + struct.unpack("<H", data[8:10])[0]
    shape = [len(values), len(values[0])] if _rank(values) == 2 else [len(values)]
    return "I64" if b"<i8" in data[:start] else "F64", shape, data[start:]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
