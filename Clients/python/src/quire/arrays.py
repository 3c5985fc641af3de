"""Arrays in files: ``.npy``, ``.npz``, ``.safetensors`` and ``.csv``, mapped into memory where that can be done.

With NumPy an array is ``StoredArray.array()``; without it ``StoredArray.rows()`` gives lists of numbers. Headers are
read first and held against the size of the file, so nothing is allocated by a size that a file only declares.
"""

from __future__ import annotations

import ast
import csv
import json
import math
import mmap
import os
import struct
import sys
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Union

if TYPE_CHECKING:
    import numpy

Path = Union[str, "os.PathLike[str]"]

_LONGEST_HEADER = 1 << 25
#: Rows without columns cost nothing in the file, and time and memory here.
_LONGEST_EMPTY = 1 << 24


_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, ValueError)


class ArrayError(ValueError):
    """A file that is not what its name or its header says."""


class _Kind(NamedTuple):
    """A kind of number: NumPy's code, the code of ``struct`` and ``memoryview``, and its name in safetensors."""

    numpy: str
    code: str
    size: int


_SAFETENSORS = {
    "F64": _Kind("f8", "d", 8),
    "F32": _Kind("f4", "f", 4),
    "F16": _Kind("f2", "e", 2),
    "I64": _Kind("i8", "q", 8),
    "I32": _Kind("i4", "i", 4),
    "I16": _Kind("i2", "h", 2),
    "I8": _Kind("i1", "b", 1),
    "U64": _Kind("u8", "Q", 8),
    "U32": _Kind("u4", "I", 4),
    "U16": _Kind("u2", "H", 2),
    "U8": _Kind("u1", "B", 1),
    "BOOL": _Kind("b1", "?", 1),
}
_KINDS = {kind.numpy: kind for kind in _SAFETENSORS.values()}


class StoredArray:
    """One array of a file: its shape and kind at once, its numbers when they are asked for."""

    def __init__(
        self,
        path: str,
        offset: int,
        shape: Sequence[int],
        dtype: str,
        fortran: bool = False,
        packed: Optional[bytes] = None,
    ) -> None:
        self.shape = tuple(shape)
        #: As NumPy writes it, such as ``<f8``.
        self.dtype = dtype
        self._path = path
        self._offset = offset
        self._fortran = fortran
        #: The bytes of a member that was packed in its archive.
        self._packed = packed
        if any(size < 0 for size in self.shape):
            raise ArrayError(f"{path}: the shape {self.shape} has a negative size")
        if max(self.shape, default=0) > _LONGEST_EMPTY and (int(dtype[2:]) == 0 or 0 in self.shape):
            raise ArrayError(f"{path}: the shape {self.shape} of {dtype} holds nothing")
        available = len(packed) if packed is not None else _size(path)
        needed = math.prod(self.shape) * int(dtype[2:]) * (4 if dtype[1] == "U" else 1)
        if needed > available - offset:
            there = max(0, available - offset)
            raise ArrayError(f"{path}: the shape {self.shape} of {dtype} takes {needed} bytes, {there} are there")

    def array(self) -> numpy.ndarray[Any, Any]:
        """The array for NumPy; mapped and read-only where its bytes stand unpacked in the file."""
        import numpy

        order: Any = "F" if self._fortran else "C"
        if self._packed is not None:
            flat = numpy.frombuffer(self._packed, dtype=self.dtype, count=math.prod(self.shape), offset=self._offset)
            return flat.reshape(self.shape, order=order)
        if math.prod(self.shape) == 0:
            return numpy.empty(self.shape, dtype=self.dtype)
        mapped: numpy.ndarray[Any, Any] = numpy.memmap(
            self._path, dtype=self.dtype, mode="r", offset=self._offset, shape=self.shape, order=order
        )
        return mapped

    def rows(self) -> Iterator[List[float]]:
        """The rows of a matrix, one after another, without NumPy; of one dimension each number is a row."""
        if self.dtype[1] in "US":
            raise ArrayError(f"{self._path}: expected numbers, found text")
        if len(self.shape) > 2:
            raise ArrayError(f"{self._path}: expected a matrix, found the shape {self.shape}")
        rows = self.shape[0] if self.shape else 1
        columns = self.shape[1] if len(self.shape) == 2 else 1
        numbers = self._numbers()
        if self._fortran:
            for row in range(rows):
                yield [numbers[column * rows + row] for column in range(columns)]
        else:
            for row in range(rows):
                yield list(numbers[row * columns : (row + 1) * columns])

    def values(self) -> List[Any]:
        """All elements in the order of the rows: numbers, or texts of an array of texts."""
        if self.dtype[1] in "US":
            return self._texts()
        if self._fortran and len(self.shape) == 2:
            return [number for row in self.rows() for number in row]
        return list(self._numbers())

    def _numbers(self) -> Any:
        """A flat sequence of all numbers in the file's order."""
        kind = _KINDS.get(self.dtype[1:])
        if kind is None:
            raise ArrayError(f"{self._path}: elements of kind {self.dtype} are not read without NumPy")
        count = math.prod(self.shape)
        if count == 0:
            return []
        view = self._bytes()[self._offset : self._offset + count * kind.size]
        swapped = kind.size > 1 and self.dtype[0] == (">" if sys.byteorder == "little" else "<")
        if swapped or kind.code == "e":
            return struct.unpack(f"{'>' if self.dtype[0] == '>' else '<'}{count}{kind.code}", view)
        # The types that mypy knows of `cast` are those of literal codes.
        numbers: Any = view.cast(kind.code)  # type: ignore[call-overload]
        return numbers

    def _texts(self) -> List[str]:
        width = int(self.dtype[2:]) * (4 if self.dtype[1] == "U" else 1)
        codec = "utf-8" if self.dtype[1] == "S" else "utf-32-be" if self.dtype[0] == ">" else "utf-32-le"
        data = self._bytes()[self._offset :]
        texts = []
        try:
            for index in range(math.prod(self.shape)):
                texts.append(bytes(data[index * width : (index + 1) * width]).decode(codec).rstrip("\0"))
        except UnicodeDecodeError as error:
            raise ArrayError(f"{self._path}: the text {len(texts)} is broken: {error.reason}") from None
        return texts

    def _bytes(self) -> memoryview:
        if self._packed is not None:
            return memoryview(self._packed)
        with open(self._path, "rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class ArrayFile:
    """A file of arrays.

    ``names`` are those of its arrays: the members of an archive, the columns of a table, one empty name for ``.npy``.
    """

    def __init__(self, path: Path, name: Optional[str] = None) -> None:
        """``name`` is the file's name where the path has none that tells, as a table's must."""
        self.path = str(path)
        #: The texts that a ``.safetensors`` file carries beside its arrays.
        self.metadata: dict[str, str] = {}
        self._tensors: dict[str, StoredArray] = {}
        self._columns: dict[str, list[str]] = {}
        self._archive: Optional[zipfile.ZipFile] = None
        with open(self.path, "rb") as file:
            start = file.read(9)
        if start.startswith(b"\x93NUMPY"):
            self.format = "npy"
            self.names = [""]
        elif start.startswith(b"PK"):
            self.format = "npz"
            try:
                self._archive = zipfile.ZipFile(self.path)
            except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
                raise ArrayError(f"{self.path}: no archive: {error}") from None
            self.names = [one[:-4] for one in self._archive.namelist() if one.endswith(".npy")]
        elif str(name or path).lower().endswith(".csv"):
            self.format = "csv"
            self._read_table()
            self.names = list(self._columns)
        elif start[8:9] == b"{":
            self.format = "safetensors"
            self._read_tensors()
            self.names = list(self._tensors)
        else:
            raise ArrayError(f"{self.path}: neither .npy nor .npz nor .safetensors nor .csv")

    def array(self, name: Optional[str] = None) -> StoredArray:
        """The array of that name; without a name the only one, or ``matrix``."""
        if name is None:
            others = [one for one in self.names if one != "rowIds"]
            if "matrix" in others:
                name = "matrix"
            elif len(others) == 1:
                name = others[0]
            else:
                raise ArrayError(f"{self.path}: name one of its arrays: {', '.join(self.names[:20])}")
        if name not in self.names or self.format == "csv":
            raise ArrayError(f"{self.path}: no array '{name}'; there is {', '.join(self.names[:20]) or 'none'}")
        if self.format == "safetensors":
            return self._tensors[name]
        if self._archive is None:
            return _npy(self.path, 0)
        start, packed = 0, None
        try:
            member = self._archive.getinfo(name + ".npy")
            if member.compress_type == zipfile.ZIP_STORED:
                start = self._start(member)
            else:
                packed = self._archive.read(member)
        except _BROKEN as error:
            raise ArrayError(f"{self.path}: the archive's member {name} is broken: {error}") from None
        return _npy(self.path, start, packed)

    def strings(self, name: Optional[str] = None) -> List[str]:
        """The elements of an array, or the cells of a table's column, as texts."""
        if self.format != "csv":
            return [str(value) for value in self.array(name).values()]
        if name is None and len(self.names) == 1:
            name = self.names[0]
        if name not in self._columns:
            raise ArrayError(f"{self.path}: no column '{name}'; there is {', '.join(self.names[:20])}")
        return self._columns[name]

    def columns(self, selection: Optional[str] = None) -> List[List[float]]:
        """The rows of the named columns of a table (names with commas between), all of them without a selection."""
        names = self.names if selection is None else [selection] if selection in self.names else selection.split(",")
        columns = [self.strings(name) for name in names]
        try:
            return [[float(cell) for cell in row] for row in zip(*columns)]
        except ValueError as error:
            raise ArrayError(f"{self.path}: {error}") from None

    @property
    def is_sparse(self) -> bool:
        """Whether it holds a sparse matrix, as ``scipy.sparse.save_npz`` writes it."""
        return self.format == "npz" and {"data", "indices", "indptr", "shape", "format"} <= set(self.names)

    def _start(self, member: zipfile.ZipInfo) -> int:
        """Where the bytes of a stored member begin: names and fields of the local header have their own lengths."""
        with open(self.path, "rb") as file:
            file.seek(member.header_offset)
            header = file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise ArrayError(f"{self.path}: the archive's entry {member.filename} is broken")
        name, extra = struct.unpack("<HH", header[26:30])
        return int(member.header_offset + 30 + name + extra)

    def _read_table(self) -> None:
        try:
            with open(self.path, encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file)
                names = next(lines, None)
                rows = [line for line in lines if line]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ArrayError(f"{self.path}: no table: {error}") from None
        if names is None:
            raise ArrayError(f"{self.path}: the table has no line of names")
        if len(set(names)) < len(names):
            raise ArrayError(f"{self.path}: two columns have one name")
        for place, row in enumerate(rows):
            if len(row) != len(names):
                raise ArrayError(f"{self.path}: row {place} has {len(row)} fields, the top line {len(names)}")
        self._columns = {name: [row[index] for row in rows] for index, name in enumerate(names)}

    def _read_tensors(self) -> None:
        with open(self.path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(_LONGEST_HEADER, _size(self.path) - 8):
                raise ArrayError(f"{self.path}: a header of {length} bytes")
            try:
                header = json.loads(file.read(length))
                self.metadata = header.pop("__metadata__", {})
                for name, tensor in header.items():
                    kind = _SAFETENSORS.get(tensor["dtype"])
                    if kind is None:
                        raise ArrayError(f"{self.path}: elements of type {tensor['dtype']} are not read")
                    start = 8 + length + int(tensor["data_offsets"][0])
                    self._tensors[name] = StoredArray(self.path, start, tensor["shape"], "<" + kind.numpy)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if isinstance(error, ArrayError):
                    raise
                raise ArrayError(f"{self.path}: no safetensors header: {error!r}") from None


def _npy(path: str, start: int, packed: Optional[bytes] = None) -> StoredArray:
    """The array whose ``.npy`` header stands at a byte of a file, or of a member that was unpacked."""
    if packed is None:
        with open(path, "rb") as file:
            file.seek(start)
            head = file.read(12)
            long = len(head) > 6 and head[6] > 1
            length = int.from_bytes(head[8:12] if long else head[8:10], "little")
            file.seek(start + (12 if long else 10))
            text = file.read(min(length, _LONGEST_HEADER))
    else:
        head = packed[:12]
        long = len(head) > 6 and head[6] > 1
        length = int.from_bytes(head[8:12] if long else head[8:10], "little")
        text = packed[12 if long else 10 :][:length]
    if not head.startswith(b"\x93NUMPY"):
        raise ArrayError(f"{path}: no .npy header at byte {start}")
    try:
        header = ast.literal_eval(text.decode("utf-8"))
        dtype, shape, fortran = header["descr"], header["shape"], bool(header["fortran_order"])
        if not isinstance(dtype, str) or len(dtype) < 3 or not all(isinstance(size, int) for size in shape):
            raise ArrayError(f"{path}: arrays of {dtype!r} are not read")
        if dtype[1] not in "fiubUS" or not dtype[2:].isdigit():
            raise ArrayError(f"{path}: arrays of {dtype!r} are not read")
    except (SyntaxError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ArrayError):
            raise
        raise ArrayError(f"{path}: the .npy header is broken: {error}") from None
    return StoredArray(path, start + (12 if long else 10) + length, shape, dtype, fortran, packed)


def _size(path: str) -> int:
    return os.stat(path).st_size


def npy(values: Sequence[Any], *, rows: Optional[int] = None) -> bytes:
    """The bytes of a ``.npy`` file of numbers, without NumPy.

    Whole numbers become ``int64``, others ``float64``; rows of equal length a matrix.
    """
    flat: List[Any]
    if values and isinstance(values[0], (list, tuple)):
        columns = len(values[0])
        if any(len(row) != columns for row in values):
            raise ArrayError("rows of different lengths are no matrix")
        flat = [number for row in values for number in row]
        shape = f"({len(values)}, {columns})"
    else:
        flat = list(values)
        shape = f"({len(flat)},)"
    whole = all(isinstance(number, int) and not isinstance(number, bool) for number in flat) and bool(flat)
    code, descr = ("q", "<i8") if whole else ("d", "<f8")
    try:
        data = struct.pack(f"<{len(flat)}{code}", *flat)
    except struct.error as error:
        raise ArrayError(f"expected numbers: {error}") from None
    return _with_header(descr, shape, data)


def npy_of_strings(texts: Sequence[str]) -> bytes:
    """The bytes of a ``.npy`` file of texts, as NumPy stores them."""
    width = max((len(text) for text in texts), default=1) or 1
    data = b"".join(text.encode("utf-32-le").ljust(4 * width, b"\0") for text in texts)
    return _with_header(f"<U{width}", f"({len(texts)},)", data)


def _with_header(descr: str, shape: str, data: bytes) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def write_npy(file: IO[bytes], values: Any) -> None:
    """Writes a ``.npy`` file: of bytes that are one already, of an array of NumPy piece by piece, or of lists."""
    if isinstance(values, bytes):
        file.write(values)
    elif hasattr(values, "__array_interface__"):
        import numpy

        array = numpy.asarray(values)
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        numpy.lib.format.write_array(file, numpy.ascontiguousarray(little), version=(1, 0), allow_pickle=False)
    else:
        file.write(npy(values))


def npz(path: Path, members: Mapping[str, Any]) -> None:
    """Writes an archive of what ``write_npy`` takes; the same members always give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, values in members.items():
            entry = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
            large = getattr(values, "nbytes", len(values)) > 1 << 30
            with archive.open(entry, "w", force_zip64=large) as file:
                write_npy(file, values)
