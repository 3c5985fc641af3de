"""Params that the host opens: matrices, labels, papers, rows, splits, files and models.

Each knows where its file lies and reads it when it is asked. The host has checked the shape and knows the content by
its hash; a file must not be changed.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from dataclasses import field as member
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ..arrays import ArrayError, ArrayFile
from .errors import DataError, ParameterError

if TYPE_CHECKING:
    import numpy


_MOST_EMPTY_ROWS = 1 << 24
#: Places of a sparse matrix that is made dense.
_MOST_DENSE = 1 << 31


class Input:
    """A param that the host opened, or one that was typed by hand."""

    #: The shared schema that the param refers to.
    reference = ""

    def __init__(self, pointer: str, value: Any, told: Any = None) -> None:
        #: Its JSON Pointer in the params, for errors.
        self.pointer = pointer
        #: What the host told of the file, or the value as it was typed.
        self.told = told
        self.value = value

    @property
    def path(self) -> Optional[str]:
        """The file, when there is one; read only."""
        found = self.told.get("path") if isinstance(self.told, dict) else None
        return found if isinstance(found, str) else None

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.told.get("name", "the input")) if isinstance(self.told, dict) else "the values typed by hand"

    @property
    def part(self) -> Optional[str]:
        """The array or the columns behind ``#``."""
        return self.told.get("part") if isinstance(self.told, dict) else None

    @property
    def _is_list(self) -> bool:
        """Whether it is a list of files."""
        return isinstance(self.told, list) and any(isinstance(one, dict) and "path" in one for one in self.told)

    def _file(self) -> ArrayFile:
        if self.path is None:
            raise ParameterError(self.pointer, "a file or an artifact")
        try:
            return ArrayFile(self.path, self.name)
        except ArrayError as error:
            raise self._wrong(str(error)) from None

    def _wrong(self, message: str, kind: str = "file.format") -> DataError:
        return DataError(kind, self.pointer, message.replace(self.path or "\0", self.name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pointer}: {self.name}>"


class Matrix(Input):
    """n rows by d columns: ``array()`` with NumPy, ``rows()`` without it."""

    reference = "quire:common/matrix.json"

    @property
    def shape(self) -> Tuple[int, int]:
        if self._is_list:
            shapes = [part.shape for part in self._parts()]
            return sum(rows for rows, _ in shapes), shapes[0][1] if shapes else 0
        if self.path is None:
            typed = self._typed()
            return len(typed), len(typed[0]) if typed else 0
        if isinstance(self.told, dict) and "shape" in self.told:
            return _two(self.told["shape"])
        file = self._file()
        if file.is_sparse:
            try:
                rows, columns = (int(size) for size in file.array("shape").values())
            except ValueError as error:
                raise self._wrong(f"{file.path}: no shape of a matrix: {error}") from None
            return rows, columns
        if file.format == "csv":
            table = self._table(file)
            return len(table), len(table[0]) if table else len((self.part or "").split(","))
        return _two(self._stored(file).shape)

    @property
    def row_ids(self) -> Optional[List[str]]:
        """The ids of the rows, where the file has some."""
        if self._is_list:
            found = [part.row_ids for part in self._parts()]
            return None if any(ids is None for ids in found) else [one for ids in found if ids for one in ids]
        if self.path is None:
            return None
        file = self._file()
        return file.strings("rowIds") if file.format == "npz" and "rowIds" in file.names else None

    def array(self, dtype: Any = None) -> numpy.ndarray[Any, Any]:
        """The matrix for NumPy, read-only; mapped into memory where its file allows it and no ``dtype`` is asked."""
        import numpy

        if self._is_list:
            found = numpy.concatenate([part.array(dtype) for part in self._parts()])
        elif self.path is None:
            found = numpy.array(self._typed(), dtype=float)
        else:
            file = self._file()
            if file.is_sparse:
                rows, columns, entries = self._sparse(file)
                found = numpy.zeros((rows, columns))
                for row, entry in enumerate(entries):
                    for column, value in entry:
                        found[row, column] += value
            elif file.format == "csv":
                found = numpy.array(self._table(file), dtype=float)
            else:
                stored = self._stored(file)
                found = stored.array().reshape(_two(stored.shape))
        if dtype is not None and found.dtype != numpy.dtype(dtype):
            found = found.astype(dtype)
        if found.flags.writeable:
            found.flags.writeable = False
        return found

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> numpy.ndarray[Any, Any]:
        found = self.array(dtype)
        return found.copy() if copy else found

    def rows(self) -> Iterator[List[float]]:
        """The rows as lists of numbers; needs no NumPy."""
        if self._is_list:
            for part in self._parts():
                yield from part.rows()
        elif self.path is None:
            yield from self._typed()
        else:
            file = self._file()
            if file.is_sparse:
                yield from self._sparse_rows(file)
            elif file.format == "csv":
                yield from self._table(file)
            else:
                try:
                    yield from self._stored(file).rows()
                except ArrayError as error:
                    raise self._wrong(str(error), "math.shape") from None

    def blocks(self, count: int = 4096) -> Iterator[numpy.ndarray[Any, Any]]:
        """The rows in blocks of at most ``count``, for a matrix that should not be in memory as a whole."""
        if self._is_list:
            for part in self._parts():
                yield from part.blocks(count)
        else:
            whole = self.array()
            for start in range(0, len(whole), count):
                yield whole[start : start + count]

    def check_finite(self) -> None:
        """Refuses a matrix that holds what is no number.

        Raises ``DataError`` of the kind ``math.nonFinite`` with row and column.
        """
        for row, numbers in enumerate(self.rows()):
            for column, number in enumerate(numbers):
                if not math.isfinite(number):
                    message = f"{self.name} has {number} in row {row}, column {column}"
                    hint = "leave such rows out, or fill them"
                    raise DataError("math.nonFinite", self.pointer, message, row=row, column=column, hint=hint)

    def _parts(self) -> List[Matrix]:
        values = self.value if isinstance(self.value, list) else []
        told = self.told if isinstance(self.told, list) else []
        pairs = zip(values + [None] * len(told), told)
        return [Matrix(f"{self.pointer}/{place}", value, one) for place, (value, one) in enumerate(pairs)]

    def _stored(self, file: ArrayFile) -> Any:
        try:
            return file.array(self.part)
        except ArrayError as error:
            raise self._wrong(str(error)) from None

    def _table(self, file: ArrayFile) -> List[List[float]]:
        try:
            return file.columns(self.part)
        except ArrayError as error:
            raise self._wrong(str(error)) from None

    def _sparse(self, file: ArrayFile) -> Tuple[int, int, List[List[Tuple[int, float]]]]:
        """Sizes, and for each row its columns and values, of a matrix as SciPy stores it."""
        try:
            rows, columns = (int(size) for size in file.array("shape").values())
            (layout,) = file.array("format").values()
            data, indices, pointers = (file.array(name).values() for name in ("data", "indices", "indptr"))
            if layout not in ("csr", "csc") or len(pointers) != (rows if layout == "csr" else columns) + 1:
                raise ArrayError(f"{file.path}: no sparse matrix of {rows} by {columns} ({layout})")
            if rows > _MOST_EMPTY_ROWS or not 0 <= rows * columns <= _MOST_DENSE:
                message = f"{self.name} has {rows} by {columns} places, too many for a dense matrix"
                raise DataError("math.memory", self.pointer, message, hint="read it with SciPy: scipy.sparse.load_npz")
            found: List[List[Tuple[int, float]]] = [[] for _ in range(rows)]
            for major in range(len(pointers) - 1):
                for place in range(pointers[major], pointers[major + 1]):
                    minor = int(indices[place])
                    row, column = (minor, major) if layout == "csc" else (major, minor)
                    if not 0 <= column < columns or not 0 <= row < rows or place < 0:
                        raise ArrayError(f"{file.path}: an entry in row {row}, column {column}")
                    found[row].append((column, float(data[place])))
            return rows, columns, found
        except (ArrayError, IndexError, TypeError, ValueError) as error:
            raise self._wrong(str(error)) from None

    def _sparse_rows(self, file: ArrayFile) -> Iterator[List[float]]:
        _, columns, entries = self._sparse(file)
        for entry in entries:
            row = [0.0] * columns
            for column, value in entry:
                row[column] += value
            yield row

    def _typed(self) -> List[List[float]]:
        rows = self.value if isinstance(self.value, list) else []
        typed = [[float(number) for number in row] if isinstance(row, list) else [float(row)] for row in rows]
        for place, row in enumerate(typed):
            if len(row) != len(typed[0]):
                expected = f"{len(typed[0])} numbers as in the first row, found {len(row)}"
                raise ParameterError(f"{self.pointer}/{place}", expected)
        return typed


class Labels(Input):
    """A class for each row."""

    reference = "quire:common/labels.json"

    def __init__(self, pointer: str, value: Any, told: Any = None) -> None:
        super().__init__(pointer, value, told)
        self._read: Optional[Tuple[List[int], List[str], Optional[List[str]]]] = None

    @property
    def codes(self) -> List[int]:
        """For each row an index of ``classes``, or -1 for a row without a class."""
        return self._load()[0]

    @property
    def classes(self) -> List[str]:
        """In order of Unicode, whole numbers in order of value."""
        return self._load()[1]

    @property
    def row_ids(self) -> Optional[List[str]]:
        return self._load()[2]

    @property
    def names(self) -> List[Optional[str]]:
        """For each row the name of its class."""
        codes, classes, _ = self._load()
        return [classes[code] if code >= 0 else None for code in codes]

    def __len__(self) -> int:
        return len(self.codes)

    def check_rows(self, matrix: Matrix) -> None:
        """Refuses labels that are not of the matrix's rows: as many, and the same ids where both have some.

        Raises ``DataError`` of the kind ``math.shape``.
        """
        count = matrix.shape[0]
        if len(self) != count:
            message = f"{len(self)} rows in {self.pointer[1:]} and {count} in {matrix.pointer[1:]}"
            hint = "give both for the same rows, in the same order"
            raise DataError("math.shape", self.pointer, message, hint=hint)
        for row, (own, other) in enumerate(zip(self.row_ids or [], matrix.row_ids or [])):
            if own != other:
                message = f"row {row} is '{other}' in {matrix.pointer[1:]} and '{own}' in {self.pointer[1:]}"
                hint = "make both from the same papers, in the same order"
                raise DataError("math.shape", self.pointer, message, row=row, hint=hint)

    def _load(self) -> Tuple[List[int], List[str], Optional[List[str]]]:
        if self._read is None:
            self._read = self._open()
        return self._read

    def _open(self) -> Tuple[List[int], List[str], Optional[List[str]]]:
        if self.path is None:
            typed = self.value if isinstance(self.value, list) else []
            return coded([None if name is None else str(name) for name in typed])
        file = self._file()
        try:
            if file.format == "npz" and self.part is None and {"labels", "classes"} <= set(file.names):
                codes = [int(code) for code in file.array("labels").values()]
                ids = file.strings("rowIds") if "rowIds" in file.names else None
                return codes, file.strings("classes"), ids
            return coded([_whole(name) for name in file.strings(self.part)])
        except ArrayError as error:
            raise self._wrong(str(error)) from None


@dataclass(frozen=True)
class Paper:
    """A paper of a set."""

    id: str
    title: str
    abstract: Optional[str] = None
    authors: Sequence[str] = ()
    year: Optional[int] = None
    container: Optional[str] = None
    tags: Sequence[str] = ()
    #: The whole entry as the set holds it.
    entry: Dict[str, Any] = member(default_factory=dict, repr=False, compare=False)

    @property
    def text(self) -> str:
        """Title and abstract, a blank line between."""
        return f"{self.title}\n\n{self.abstract}" if self.abstract else self.title

    @classmethod
    def from_json(cls, entry: Dict[str, Any]) -> Paper:
        return cls(
            entry["id"],
            entry["title"],
            entry.get("abstract"),
            tuple(entry.get("authors") or ()),
            entry.get("year"),
            entry.get("container"),
            tuple(entry.get("tags") or ()),
            entry,
        )


class Papers(Input):
    """A paper set: papers in order of id."""

    reference = "quire:common/papers.json"

    def __init__(self, pointer: str, value: Any, told: Any = None) -> None:
        super().__init__(pointer, value, told)
        self._count: Optional[int] = None

    def __iter__(self) -> Iterator[Paper]:
        if self.path is None:
            for place, entry in enumerate(self.value if isinstance(self.value, list) else []):
                yield self._paper(entry, f"{self.pointer}/{place}")
            return
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield Paper.from_json(json.loads(line))
                    except (ValueError, KeyError, TypeError, AttributeError) as error:
                        message = f"{self.name}, line {number} is no paper: {error!r}"
                        hint = "give the output 'papers' of papers.select"
                        raise DataError("file.format", self.pointer, message, hint=hint) from None

    def __len__(self) -> int:
        if self._count is None and self.path is None:
            self._count = len(self.value or [])
        elif self._count is None:
            with open(str(self.path), "rb") as file:
                self._count = sum(1 for line in file if line.strip())
        return self._count or 0

    def _paper(self, entry: Any, pointer: str) -> Paper:
        try:
            return Paper.from_json(entry)
        except (KeyError, TypeError, AttributeError):
            raise ParameterError(pointer, "a paper with id and title") from None


class RowNumbers(Input):
    """Row numbers, from 0."""

    reference = "quire:common/rows.json"

    def numbers(self, of: int) -> List[int]:
        """The numbers, each below ``of``; raises ``ParameterError`` at the first that is not."""
        if self.path is None:
            found = [int(number) for number in self.value or []]
        else:
            try:
                found = [int(number) for number in self._file().array(self.part).values()]
            except (ArrayError, ValueError) as error:
                raise self._wrong(str(error)) from None
        for place, number in enumerate(found):
            if not 0 <= number < of:
                raise ParameterError(f"{self.pointer}/{place}", f"a row number below {of}, found {number}")
        return found


class Split(Input):
    """The artifact ``split`` of ``data.split``."""

    reference = "quire:common/split.json"

    def rows(self, name: str, of: int) -> List[int]:
        """The rows of a part, ``train`` or ``test``, each below ``of``."""
        try:
            found = [int(number) for number in self._file().array(name).values()]
        except ArrayError as error:
            raise self._wrong(str(error)) from None
        if any(not 0 <= number < of for number in found):
            message = f"{self.name} names rows beyond the {of} there are"
            raise DataError("math.shape", self.pointer, message, hint="make the split from the same rows")
        return found


class File(Input):
    """The bytes of a file or an artifact."""

    reference = "quire:common/source.json"

    def read_bytes(self) -> bytes:
        if self.path is None:
            raise ParameterError(self.pointer, "a file or an artifact")
        with open(self.path, "rb") as file:
            return file.read()

    def read_text(self) -> str:
        """The text, which must be UTF-8."""
        try:
            return self.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._wrong(f"{self.name} is no UTF-8 at byte {error.start}") from None


class Model(Input):
    """What ``Context.save_model`` of another method of the plugin wrote."""

    reference = "quire:common/model.json"

    def load(self, kind: str) -> Tuple[Dict[str, Any], ArrayFile]:
        """Its small fields and its arrays; refused when its kind is another."""
        file = self._file()
        found = file.metadata.get("kind")
        if found != kind or "fields" not in file.metadata:
            expected = f"a model of kind '{kind}', found '{found or 'none'}'"
            raise ParameterError(self.pointer, expected, "give the output of the method that fits it")
        return json.loads(file.metadata["fields"]), file


def _two(shape: Sequence[int]) -> Tuple[int, int]:
    if len(shape) > 2:
        raise ArrayError(f"expected a matrix, found the shape {tuple(shape)}")
    rows = int(shape[0]) if shape else 1
    return rows, int(shape[1]) if len(shape) == 2 else 1


def _whole(name: str) -> str:
    """Classes that a file stores as reals of whole value are whole numbers."""
    return name[:-2] if name.endswith(".0") and name[:-2].lstrip("-").isdigit() else name


def coded(names: Sequence[Optional[str]]) -> Tuple[List[int], List[str], Optional[List[str]]]:
    """Codes and classes of names (-1 for ``None``), and no row ids."""
    distinct = {name for name in names if name is not None}
    try:
        classes = [str(number) for number in sorted(int(name) for name in distinct)]
        if set(classes) != distinct:
            classes = sorted(distinct)
    except ValueError:
        classes = sorted(distinct)
    code = {name: place for place, name in enumerate(classes)}
    return [-1 if name is None else code[name] for name in names], classes, None
