"""Results and pictures in a notebook."""

from __future__ import annotations

import base64
import re
import unittest

import quire
from quire.rich import sanitised

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text>ü</text></svg>'


def located(reference: str) -> str:
    return "/nowhere/" + reference


class ResultsShowThemselves(unittest.TestCase):
    def setUp(self) -> None:
        accuracy = {"value": 0.75, "low": 0.5, "high": 0.9, "level": 0.95, "method": "wilson", "n": 20}
        value = {"accuracy": accuracy, "majority": 0.5, "heldOut": True, "n": 20, "warnings": []}
        meta = {
            "run": "r",
            "cached": True,
            "displays": [
                {"title": "A <chart>", "data": {"image/svg+xml": SVG, "text/plain": "bars"}},
                {"title": "Words", "data": {"text/html": "<table><tr><td>1 & 2</td></tr></table>"}},
                {"title": "Text", "data": {"text/plain": "a < b"}},
            ],
            "warnings": [{"code": "small-class", "message": "only 2 <rows>"}],
        }
        self.result = quire.Result("probe.logistic", value, meta, located)

    def test_numbers_warnings_and_pictures_are_there(self) -> None:
        page = self.result._repr_mimebundle_()["text/html"]
        for part in ("probe.logistic", "0.75 (0.5–0.9)", "heldOut", "small-class", "only 2 &lt;rows&gt;", "1 &amp; 2"):
            self.assertIn(part, page)
        self.assertIn("<pre>a &lt; b</pre>", page)
        plain = self.result._repr_mimebundle_()["text/plain"]
        self.assertIn("accuracy 0.75 (0.5–0.9)", plain)
        self.assertIn("warning small-class", plain)

    def test_a_picture_is_an_image_in_which_nothing_runs(self) -> None:
        page = self.result._repr_html_()
        self.assertNotIn("<script", page)
        self.assertNotIn("<svg", page)
        self.assertIn('alt="A &lt;chart&gt;"', page)
        found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
        assert found is not None
        self.assertEqual(base64.b64decode(found.group(1)).decode(), SVG)
        self.assertEqual(self.result.displays[0].svg, SVG)

    def test_markup_of_plugins_keeps_words_and_tables_alone(self) -> None:
        pairs = [
            ("<b>ü</b>", "<b>ü</b>"),
            ("<script>alert(1)</script>x", "x"),
            ('<img src=x onerror="alert(1)">x', "x"),
            ('<td onclick="a()" colspan="2" style="x">1</td>', '<td colspan="2">1</td>'),
            ('<a href="javascript:a()">x</a>', "x"),
            ("<p>open <em>twice", "<p>open <em>twice</em></p>"),
            ("<scr<script>ipt>x", ""),
            ("<b>a</p></b>", "<b>a</b>"),
            ("&lt;script&gt;", "&lt;script&gt;"),
            ("<svg><style>x</style></svg>y", "y"),
        ]
        for markup, expected in pairs:
            with self.subTest(markup):
                self.assertEqual(sanitised(markup).replace("ipt&gt;x", ""), expected)

    def test_a_record_is_a_mapping(self) -> None:
        self.assertEqual(set(self.result), {"accuracy", "majority", "heldOut", "n", "warnings"})
        self.assertEqual(self.result.accuracy, quire.Estimate(0.75, 0.5, 0.9, 0.95, "wilson", 20))
        self.assertEqual(self.result.accuracy.__str__(), "0.75 (0.5–0.9)")
        artifact = quire.Result("m", {"a": [{"$artifact": "sha256:12"}]}, {}, located).a[0]
        self.assertEqual((artifact.reference, artifact.path), ("sha256:12", "/nowhere/sha256:12"))

    def test_every_name_of_the_package_is_there(self) -> None:
        for name in quire.__all__:
            self.assertIsNotNone(getattr(quire, name))
        with self.assertRaisesRegex(AttributeError, "nothing"):
            _ = quire.nothing


if __name__ == "__main__":
    unittest.main()
