"""Tests of the plugin: ``python3 -m unittest`` in this folder; with ``QUIRE`` also through a kernel."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import unittest
from typing import Any, Dict, List

import quire
from quire.plugin import DataError, ParameterError
from quire.plugin.testing import examples, run

from plugin import plugin

HERE = os.path.dirname(os.path.abspath(__file__))
# The kernel starts the plugin with the Python that runs the tests.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
needs_library = unittest.skipUnless(
    importlib.util.find_spec("textstat"), "needs textstat: pip install -r Examples/Plugins/readability/requirements.txt"
)

EASY = "The cat sat on the mat. It was a big cat. The dog ran to it. They both sat in the sun all day. "
HARD = (
    "Notwithstanding considerable methodological heterogeneity, interpretability investigations systematically "
    "necessitate disentangling distributed representations throughout overparameterised architectures. "
)


def paper(number: int, abstract: str) -> Dict[str, Any]:
    return {"id": f"paper:{number}", "title": f"Title {number}", "abstract": abstract}


PAPERS: List[Dict[str, Any]] = [paper(1, EASY * 2), paper(2, HARD * 2), {"id": "paper:3", "title": "No abstract"}]


class TheFilesAreThoseOfTheCode(unittest.TestCase):
    def test_the_schema_is_up_to_date(self) -> None:
        self.assertEqual(plugin.stale_files(), [])


@needs_library
class AbstractsAreScored(unittest.TestCase):
    def test_examples_run(self) -> None:
        ((_, outcome),) = examples(plugin)
        self.assertEqual(outcome.value["hardest"][0]["id"], "b")

    def test_hard_texts_are_told_from_easy_ones_by_every_measure(self) -> None:
        names = ["fleschEase", "fleschKincaid", "gunningFog", "colemanLiau", "automated", "daleChall"]
        for name in names:
            with self.subTest(name):
                value = run(plugin, "readability.score", {"papers": PAPERS, "measures": [name]}).value
                self.assertEqual(value["hardest"][0]["id"], "paper:2")
                self.assertEqual(value["easiest"][0]["id"], "paper:1")

    def test_flesch_is_that_of_its_formula(self) -> None:
        # 2 sentences, 8 words, 8 syllables: 206.835 - 1.015 * 8/2 - 84.6 * 8/8 (Flesch 1948).
        text = "The cat sat down. The dog ran off."
        params = {"papers": [paper(1, text)], "measures": ["fleschEase"]}
        value = run(plugin, "readability.score", params).value
        self.assertAlmostEqual(value["measures"][0]["mean"]["value"], 206.835 - 1.015 * 4 - 84.6, places=9)

    def test_papers_without_text_are_left_out_and_counted(self) -> None:
        outcome = run(plugin, "readability.score", {"papers": PAPERS})
        self.assertEqual((outcome.value["n"], outcome.value["skipped"]), (2, 1))
        self.assertIn("no-text", [warning["code"] for warning in outcome.warnings])
        scores = outcome.arrays("scores")
        self.assertEqual(scores.array().shape, (2, 3))
        self.assertEqual(scores.strings("rowIds"), ["paper:1", "paper:2"])
        with self.assertRaises(DataError) as caught:
            run(plugin, "readability.score", {"papers": PAPERS[2:]})
        self.assertEqual(caught.exception.kind, "math.tooFewSamples")

    def test_the_interval_holds_the_mean_and_depends_on_the_seed(self) -> None:
        papers = [paper(number, EASY * (1 + number % 3) + HARD * (number % 2)) for number in range(12)]
        first, again, other = (
            run(plugin, "readability.score", {"papers": papers}, seed=seed).value["measures"][0]["mean"]
            for seed in (1, 1, 2)
        )
        self.assertEqual(first, again)
        self.assertNotEqual((first["low"], first["high"]), (other["low"], other["high"]))
        self.assertLess(first["low"], first["value"])
        self.assertLess(first["value"], first["high"])

    def test_other_languages_have_the_measure_that_was_made_for_them(self) -> None:
        german = [paper(1, "Der Hund läuft über die Straße. Er sieht einen großen Bären. ")]
        params = {"papers": german, "language": "de", "measures": ["fleschEase"]}
        self.assertEqual(run(plugin, "readability.score", params).value["n"], 1)
        with self.assertRaises(ParameterError) as caught:
            run(plugin, "readability.score", {"papers": german, "language": "de"})
        self.assertEqual(caught.exception.path, "/measures/1")

    @unittest.skipUnless(os.environ.get("QUIRE"), "needs a kernel: QUIRE=path of the quire binary")
    def test_a_kernel_runs_it_on_papers_of_the_store(self) -> None:
        with tempfile.TemporaryDirectory() as folder, quire.Workspace(folder, plugins=[HERE]) as q:
            text = f"An easy paper\n{EASY * 2}\nA hard paper\n{HARD * 2}\n"
            q.call("papers.import", text=text)
            found = q.call("readability.score", papers=q.call("papers.select").papers)
            self.assertEqual(found.hardest[0].title, "A hard paper")
            self.assertIsInstance(found.measures[0].mean, quire.Estimate)
            self.assertEqual(len(found.scores.row_ids()), 2)
            self.assertIn("A hard paper", found.displays[1].text)


if __name__ == "__main__":
    unittest.main()
