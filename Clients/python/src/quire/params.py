"""Params from Python's values: paths, artifacts, arrays and tables become what the kernel takes."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import os
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    import numpy

#: More numbers than these go as a file; it is also what the kernel takes at most when they are typed by hand.
MOST_TYPED = 10_000


class Params:
    """Turns values into JSON. ``put`` stores an array that is large and gives its reference."""

    def __init__(self, put: Callable[[Any], str]) -> None:
        self._put = put

    def json(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, str)):
            return value.value if isinstance(value, enum.Enum) else value
        if isinstance(value, float):
            return value if math.isfinite(value) else _word(value)
        if isinstance(value, os.PathLike):
            return {"$file": os.fspath(value)}
        reference = getattr(value, "reference", None)
        if isinstance(reference, str) and reference.startswith("sha256:"):
            return {"$artifact": reference}
        if isinstance(value, enum.Enum):
            return self.json(value.value)
        if isinstance(value, (datetime.date, datetime.datetime)):
            return value.isoformat()
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            members = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
            return {name: self.json(one) for name, one in members.items() if one is not None}
        if hasattr(value, "tocsr"):
            return {"$artifact": self._put(value)}
        if hasattr(value, "to_numpy"):
            value = value.to_numpy()
        if hasattr(value, "__array_interface__"):
            return self._array(value)
        if hasattr(value, "items"):
            return {str(name): self.json(one) for name, one in value.items()}
        if isinstance(value, (list, tuple, set, frozenset, range)) or hasattr(value, "__iter__"):
            return [self.json(one) for one in value]
        raise TypeError(f"a {type(value).__name__} is no param: give JSON's values, a path, an artifact or an array")

    def _array(self, value: Any) -> Any:
        import numpy

        array: numpy.ndarray[Any, Any] = numpy.asarray(value)
        if array.ndim == 0:
            return self.json(array.item())
        if array.dtype.kind in "OSU":
            return [self.json(one.decode() if isinstance(one, bytes) else one) for one in array.tolist()]
        if array.dtype.kind not in "fiub" or array.ndim > 2:
            raise TypeError(f"an array of {array.dtype} with {array.ndim} dimensions is no param")
        typed = array.dtype.kind in "iub" or (array.dtype == numpy.float64 and bool(numpy.isfinite(array).all()))
        if not typed or array.size > MOST_TYPED:
            return {"$artifact": self._put(array)}
        return array.astype(int).tolist() if array.dtype.kind == "b" else array.tolist()


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def save(value: Any, folder: str) -> tuple[str, str]:
    """Writes an array, dense or sparse, to a file of its own; gives the path and the media type."""
    import tempfile

    import numpy

    sparse = hasattr(value, "tocsr")
    descriptor, path = tempfile.mkstemp(dir=folder, suffix=".npz" if sparse else ".npy")
    with os.fdopen(descriptor, "wb") as file:
        if sparse:
            import scipy.sparse

            scipy.sparse.save_npz(file, value.tocsr(), compressed=False)
        else:
            numpy.save(file, value, allow_pickle=False)
    return path, "application/x-npz" if sparse else "application/x-npy"
