"""Arrays in files, with NumPy and without."""

from __future__ import annotations

import os
import struct
import tempfile
import unittest
import zipfile
from typing import Any, Dict, List

from quire import arrays
from quire.arrays import ArrayError, ArrayFile
from quire.plugin.inputs import Labels, Matrix

from . import needs_numpy


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name: str, data: bytes) -> str:
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def told(self, path: str, part: str = "") -> Dict[str, Any]:
        return {"path": path, "name": os.path.basename(path), **({"part": part} if part else {})}


class ArraysNeedNoNumPy(Folder):
    def test_what_is_written_is_read_again(self) -> None:
        path = self.write("x.npy", arrays.npy([[1.5, 2], [3, -0.0], [1e300, 5]]))
        stored = ArrayFile(path).array()
        self.assertEqual(stored.shape, (3, 2))
        self.assertEqual(list(stored.rows()), [[1.5, 2], [3, 0], [1e300, 5]])
        whole = ArrayFile(self.write("i.npy", arrays.npy([1, -(2**62)]))).array()
        self.assertEqual((whole.dtype, whole.values()), ("<i8", [1, -(2**62)]))
        texts = ["ü", "", "日本語", "😀!"]
        self.assertEqual(ArrayFile(self.write("s.npy", arrays.npy_of_strings(texts))).strings(), texts)

    def test_an_archive_has_named_members_packed_or_not(self) -> None:
        members = {"matrix": arrays.npy([[1.0, 2.0]]), "rowIds": arrays.npy_of_strings(["a"])}
        stored = os.path.join(self.folder.name, "x.npz")
        arrays.npz(stored, members)
        packed = os.path.join(self.folder.name, "y.npz")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name + ".npy", data)
        for path in (stored, packed):
            file = ArrayFile(path)
            self.assertEqual(file.names, ["matrix", "rowIds"])
            self.assertEqual(list(file.array().rows()), [[1, 2]])
            self.assertEqual(file.strings("rowIds"), ["a"])
            with self.assertRaisesRegex(ArrayError, "no array 'other'; there is matrix, rowIds"):
                file.array("other")

    def test_the_same_members_give_the_same_bytes(self) -> None:
        paths = [os.path.join(self.folder.name, name) for name in ("a.npz", "b.npz")]
        for path in paths:
            arrays.npz(path, {"matrix": arrays.npy([[1, 2]])})
        with open(paths[0], "rb") as first, open(paths[1], "rb") as second:
            self.assertEqual(first.read(), second.read())

    def test_tables_and_safetensors_are_read(self) -> None:
        table = self.write("x.csv", "\ufeffa,b,wörter\n1,2,x\n\n3,4,y\n".encode())
        file = ArrayFile(table)
        self.assertEqual(file.columns("b,a"), [[2, 1], [4, 3]])
        self.assertEqual(file.strings("wörter"), ["x", "y"])
        self.assertEqual(list(Matrix("/x", None, self.told(table, "a,b")).rows()), [[1, 2], [3, 4]])
        with self.assertRaisesRegex(ArrayError, "no column 'c'"):
            file.columns("c")
        head = b'{"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"kind":"k"}}'
        tensors = ArrayFile(self.write("x.safetensors", struct.pack("<Q", len(head)) + head + struct.pack("<2f", 1, 2)))
        self.assertEqual((list(tensors.array("w").rows()), tensors.metadata), ([[1], [2]], {"kind": "k"}))

    def test_a_sparse_matrix_becomes_rows(self) -> None:
        path = os.path.join(self.folder.name, "x.npz")
        entries: Dict[str, List[float]] = {"data": [2.0, 3.0], "indices": [1, 0], "indptr": [0, 1, 2], "shape": [2, 3]}
        members = {name: arrays.npy(values) for name, values in entries.items()}
        arrays.npz(path, {**members, "format": arrays.npy_of_strings(["csr"])})
        matrix = Matrix("/x", None, self.told(path))
        self.assertEqual(matrix.shape, (2, 3))
        self.assertEqual(list(matrix.rows()), [[0, 2, 0], [3, 0, 0]])

    def test_hostile_files_are_refused_before_anything_is_allocated(self) -> None:
        def header(text: str, data: bytes = b"") -> bytes:
            return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data

        shape = "{'descr': '<f8', 'fortran_order': False, 'shape': %s}"
        hostile = {
            "empty": b"",
            "text": b"no array at all",
            "short": b"\x93NUMPY",
            "huge": header(shape % "(10000000000000, 1000)"),
            "negative": header(shape % "(-1, 2)", b"\0" * 64),
            "object": header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"\0" * 8),
            "record": header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", b"\0" * 8),
            "code": header("__import__('os').abort()"),
            "archive": b"PK\x03\x04" + b"\0" * 40,
            "tensors": struct.pack("<Q", 1 << 60) + b'{"a":1}',
            "tensor": struct.pack("<Q", 7) + b'{"a":1}',
        }
        for name, data in hostile.items():
            with self.subTest(name), self.assertRaises(ArrayError):
                ArrayFile(self.write(name, data)).array()

    def test_labels_have_codes_in_order_of_their_classes(self) -> None:
        typed = Labels("/labels", ["b", None, "a", "b"])
        self.assertEqual((typed.classes, typed.codes), (["a", "b"], [1, -1, 0, 1]))
        numbers = Labels("/labels", [10, 9, -1])
        self.assertEqual((numbers.classes, numbers.codes), (["-1", "9", "10"], [2, 1, 0]))
        self.assertEqual(
            Labels("/labels", None, self.told(self.write("y.npy", arrays.npy([1, 0, 1])))).codes, [1, 0, 1]
        )


@needs_numpy
class ArraysAreMappedForNumPy(Folder):
    def test_a_stored_array_is_mapped_and_read_only(self) -> None:
        import numpy

        values = numpy.arange(12, dtype="<f4").reshape(4, 3)
        path = os.path.join(self.folder.name, "x.npy")
        numpy.save(path, values)
        archive = os.path.join(self.folder.name, "x.npz")
        numpy.savez(archive, matrix=values, rowIds=numpy.array(list("abcd")))
        for one in (path, archive):
            matrix = Matrix("/x", None, self.told(one))
            found = matrix.array()
            self.assertIsInstance(found.base if found.base is not None else found, numpy.memmap)
            numpy.testing.assert_array_equal(found, values)
            with self.assertRaises(ValueError):
                found[0, 0] = 1
        self.assertEqual(Matrix("/x", None, self.told(archive)).row_ids, list("abcd"))

    def test_every_layout_is_read_as_numpy_wrote_it(self) -> None:
        import numpy

        for dtype in ("<f8", ">f8", "<f4", ">i4", "<i2", "u1", "?", "<f2"):
            for order in ("C", "F"):
                values = numpy.asarray(numpy.arange(6).reshape(2, 3) % 2, dtype=dtype, order=order)
                path = os.path.join(self.folder.name, "x.npy")
                numpy.save(path, values)
                stored = ArrayFile(path).array()
                with self.subTest(dtype=dtype, order=order):
                    numpy.testing.assert_array_equal(stored.array(), values)
                    self.assertEqual(list(stored.rows()), values.tolist())

    def test_a_list_of_files_is_one_matrix(self) -> None:
        import numpy

        paths = [self.write(f"{i}.npy", arrays.npy([[float(i), 1.0]] * 2)) for i in range(2)]
        matrix = Matrix("/x", [{}, {}], [self.told(path) for path in paths])
        self.assertEqual(matrix.shape, (4, 2))
        numpy.testing.assert_array_equal(matrix.array()[:, 0], [0, 0, 1, 1])
        self.assertEqual(sum(len(block) for block in matrix.blocks(1)), 4)


if __name__ == "__main__":
    unittest.main()
