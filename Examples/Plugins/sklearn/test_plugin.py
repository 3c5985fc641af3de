"""Tests of the plugin: ``python3 -m unittest`` in this folder; with ``QUIRE`` also through a kernel."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import unittest
from typing import Any, Dict, List, Tuple

import quire
from quire.plugin import DataError, ParameterError
from quire.plugin.testing import examples, run

from plugin import plugin

HERE = os.path.dirname(os.path.abspath(__file__))
# The kernel starts the plugin with the Python that runs the tests.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
needs_library = unittest.skipUnless(
    importlib.util.find_spec("sklearn"), "needs scikit-learn: pip install -r Examples/Plugins/sklearn/requirements.txt"
)


def rings(count: int = 120) -> Dict[str, Any]:
    """Two rings around each other, which nothing linear can tell apart, and a split."""
    import numpy

    random = numpy.random.default_rng(4)
    angles = random.uniform(0, 2 * numpy.pi, count)
    inner = numpy.arange(count) % 2 == 0
    radii = numpy.where(inner, 1, 3) + random.normal(0, 0.1, count)
    points = numpy.stack([radii * numpy.cos(angles), radii * numpy.sin(angles)], axis=1)
    return {
        "features": points.tolist(),
        "labels": ["inner" if one else "outer" for one in inner],
        "train": list(range(count // 2)),
        "test": list(range(count // 2, count)),
    }


class TheFilesAreThoseOfTheCode(unittest.TestCase):
    def test_the_schema_is_up_to_date(self) -> None:
        self.assertEqual(plugin.stale_files(), [])


@needs_library
class AClassifierIsAProbe(unittest.TestCase):
    def test_examples_run(self) -> None:
        self.assertEqual(len(examples(plugin)), 2)

    def test_neighbours_read_rings_and_a_line_does_not(self) -> None:
        near = run(plugin, "sklearn.probe", {**rings(), "classifier": "KNeighborsClassifier"}).value
        self.assertGreater(near["accuracy"]["low"], 0.85)
        self.assertTrue(near["heldOut"])
        self.assertEqual((near["majority"], near["n"], near["accuracy"]["n"]), (0.5, 60, 60))
        line = run(plugin, "sklearn.probe", {**rings(), "classifier": "LogisticRegression"})
        self.assertLess(line.value["accuracy"]["value"], 0.7)
        self.assertIn("absence", [warning["code"] for warning in line.warnings])

    def test_scores_are_those_of_a_count_by_hand(self) -> None:
        params = {
            "features": [[0], [1], [10], [11], [0], [10], [10]],
            "labels": ["a", "a", "b", "b", "a", "a", "b"],
            "train": [0, 1, 2, 3],
            "test": [4, 5, 6],
            "classifier": "KNeighborsClassifier",
            "settings": {"n_neighbors": 1},
        }
        outcome = run(plugin, "sklearn.probe", params)
        value = outcome.value
        self.assertEqual(value["confusion"], [[1, 1], [0, 1]])
        self.assertAlmostEqual(value["accuracy"]["value"], 2 / 3)
        # Of three rows two are a and one is b; given were one a and two b.
        self.assertAlmostEqual(value["shuffled"], 2 / 3 * 1 / 3 + 1 / 3 * 2 / 3)
        self.assertAlmostEqual(value["majority"], 2 / 3)
        self.assertEqual(value["test"]["balancedAccuracy"], 0.75)
        # One nearest neighbour is certain, also of the row that it has wrong.
        self.assertEqual(value["test"]["logLoss"], "Infinity")
        self.assertEqual(outcome.arrays("predictions").array("labels").values(), [0, 1, 1])

    def test_the_seed_decides(self) -> None:
        params = {**rings(), "classifier": "RandomForestClassifier", "settings": {"n_estimators": 3, "max_depth": 1}}
        first, again, other = (run(plugin, "sklearn.probe", params, seed=seed).value for seed in (1, 1, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first["test"]["logLoss"], other["test"]["logLoss"])

    def test_a_fit_that_did_not_converge_says_so(self) -> None:
        params = {**rings(), "classifier": "MLPClassifier", "settings": {"max_iter": 2}}
        outcome = run(plugin, "sklearn.probe", params)
        self.assertFalse(outcome.value["converged"])
        self.assertIn("not-converged", [warning["code"] for warning in outcome.warnings])

    def test_what_is_wrong_is_told_with_its_place(self) -> None:
        given = rings(20)
        wrong: List[Tuple[Dict[str, Any], str]] = [
            ({"classifier": "RandomForest"}, "/classifier"),
            ({"classifier": "VotingClassifier"}, "/classifier"),
            ({"classifier": "os.system"}, "/classifier"),
            ({"settings": {"trees": 5}}, "/settings/trees"),
            ({"settings": {"n_estimators": -5}}, "/settings"),
            ({"test": [0]}, "/test"),
            ({"test": [20]}, "/test/0"),
        ]
        for change, path in wrong:
            with self.subTest(change), self.assertRaises(ParameterError) as caught:
                run(plugin, "sklearn.probe", {**given, **change})
            self.assertEqual(caught.exception.path, path)
        bad: List[Tuple[Dict[str, Any], str]] = [
            ({"labels": ["inner"] * 20}, "math.degenerate"),
            ({"labels": ["inner"] * 19}, "math.shape"),
            ({"features": [[float("nan"), 0]] * 20}, "math.nonFinite"),
            ({"labels": ["a", "b"] * 5 + ["a", "c"] * 5}, "math.degenerate"),
        ]
        for change, kind in bad:
            with self.subTest(kind), self.assertRaises(DataError) as failed:
                run(plugin, "sklearn.probe", {**given, **change})
            self.assertEqual(failed.exception.kind, kind)

    @unittest.skipUnless(os.environ.get("QUIRE"), "needs a kernel: QUIRE=path of the quire binary")
    def test_a_kernel_runs_it_on_a_split_of_its_own(self) -> None:
        given = rings()
        with tempfile.TemporaryDirectory() as folder, quire.Workspace(folder, plugins=[HERE]) as q:
            split = q.call("data.split", labels=given["labels"], test=0.5, seed=3)
            found = q.call(
                "sklearn.probe",
                features=given["features"],
                labels=given["labels"],
                split=split.split,
                classifier="SVC",
                settings={"gamma": 0.5},
                seed=1,
            )
            self.assertGreater(found.accuracy.low, 0.8)
            self.assertNotIn("logLoss", found.test)
            self.assertEqual(len(found.predictions.labels()), found.accuracy.n)
            self.assertIn("test rows", found.displays[0].text)
            with self.assertRaises(quire.ParameterError) as caught:
                q.call("sklearn.probe", features=[[1], [2]], labels=["a", "b"], classifier="Forest")
            self.assertEqual(caught.exception.path, "/classifier")


if __name__ == "__main__":
    unittest.main()
