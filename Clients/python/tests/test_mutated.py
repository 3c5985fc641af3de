"""Files with broken bytes are refused by a typed error, whatever is wrong with them."""

from __future__ import annotations

import os
import random
import struct
import tempfile
import unittest
import zipfile
from typing import Any, Callable, Dict, List

from quire import arrays
from quire.arrays import ArrayError, ArrayFile
from quire.plugin import Labels, Matrix, MethodError, Papers

ROUNDS = 10_000 if os.environ.get("QUIRE_SOAK") else 2000


def whole_files(folder: str) -> Dict[str, bytes]:
    """A file of each kind, by the end of its name."""
    packed = os.path.join(folder, "packed.npz")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.npy", arrays.npy([0, 1]))
        archive.writestr("classes.npy", arrays.npy_of_strings(["a", "b"]))
    stored = os.path.join(folder, "stored.npz")
    arrays.npz(stored, {"matrix": [[1.0, 2.0]], "rowIds": arrays.npy_of_strings(["a"])})
    sparse = os.path.join(folder, "sparse.npz")
    entries: Dict[str, List[float]] = {"data": [2.0], "indices": [1], "indptr": [0, 1, 1], "shape": [2, 3]}
    arrays.npz(sparse, {**entries, "format": arrays.npy_of_strings(["csr"])})
    head = b'{"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"kind":"k"}}'
    found = {
        "1.npy": arrays.npy([[1.5, 2], [3, 4]]),
        "2.npy": arrays.npy_of_strings(["ü", "b"]),
        "3.safetensors": struct.pack("<Q", len(head)) + head + struct.pack("<2f", 1, 2),
        "4.csv": b"a,b\n1,2\n3,4\n",
        "5.jsonl": b'{"id":"a","title":"x"}\n{"id":"b","title":"y","abstract":"z"}\n',
    }
    for number, path in enumerate((packed, stored, sparse), 6):
        with open(path, "rb") as file:
            found[f"{number}.npz"] = file.read()
    return found


def mutated(data: bytes, numbers: random.Random) -> bytes:
    """Some bytes changed, put in, or cut off."""
    found = bytearray(data)
    for _ in range(numbers.randint(1, 4)):
        what = numbers.random()
        if what < 0.6 and found:
            found[numbers.randrange(len(found))] = numbers.choice([0, 255, ord("9"), ord("-"), numbers.randrange(256)])
        elif what < 0.8:
            del found[numbers.randrange(len(found) + 1) :]
        else:
            place = numbers.randrange(len(found) + 1)
            found[place:place] = numbers.getrandbits(40).to_bytes(5, "little")
    return bytes(found)


class BrokenFilesAreRefused(unittest.TestCase):
    def test_no_other_error_is_raised(self) -> None:
        numbers = random.Random(20)
        with tempfile.TemporaryDirectory() as folder:
            files = whole_files(folder)
            for _ in range(ROUNDS):
                name = numbers.choice(sorted(files))
                path = os.path.join(folder, "x" + name)
                with open(path, "wb") as file:
                    file.write(mutated(files[name], numbers))
                told = {"path": path, "name": os.path.basename(path)}
                for read in self.readers(path, told):
                    try:
                        read()
                    except (ArrayError, MethodError):
                        continue

    def readers(self, path: str, told: Dict[str, Any]) -> List[Callable[[], Any]]:
        def values() -> None:
            file = ArrayFile(path)
            for name in file.names:
                file.array(name).values()

        return [
            lambda: list(Matrix("/x", None, told).rows()),
            lambda: Matrix("/x", None, told).shape,
            lambda: Matrix("/x", None, told).row_ids,
            lambda: Labels("/x", None, told).names,
            lambda: list(Papers("/x", None, told)),
            values,
        ]


if __name__ == "__main__":
    unittest.main()
