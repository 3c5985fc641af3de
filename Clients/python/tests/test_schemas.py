"""Schemas from type hints, and the values of calls."""

from __future__ import annotations

import enum
import unittest
from dataclasses import dataclass, field
from typing import Annotated, Any, Dict, List, Literal, Optional, Tuple, Union

from quire.plugin import Artifact, Field, Matrix, Model, ParameterError, Plugin, Share
from quire.plugin.hints import HintError
from quire.plugin.schema import schema
from quire.plugin.testing import run
from quire.plugin.values import ResultError, decode, encode


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Inner:
    max_iter: Annotated[int, Field("Rounds.", minimum=1)] = 5
    name: Optional[str] = None


@dataclass
class Number:
    number: int


class SchemasSayWhatHintsSay(unittest.TestCase):
    def test_plain_types_have_plain_schemas(self) -> None:
        pairs: List[Tuple[Any, Dict[str, Any]]] = [
            (int, {"type": "integer"}),
            (float, {"type": "number"}),
            (Optional[str], {"type": "string"}),
            (Literal["a", 2], {"enum": ["a", 2]}),
            (Colour, {"enum": ["red", "blue"]}),
            (List[bool], {"type": "array", "items": {"type": "boolean"}}),
            (Dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
            (Union[int, Literal["all"]], {"anyOf": [{"type": "integer"}, {"enum": ["all"]}]}),
            (Share, {"$ref": "quire:common/number.json#/$defs/share"}),
            (Artifact, {"$ref": "quire:common/artifact.json"}),
            (Matrix, {"$ref": "quire:common/matrix.json", "x-dtype": "any", "x-rank": 2}),
        ]
        for hint, expected in pairs:
            self.assertEqual(schema(hint, "here"), expected)

    def test_words_and_limits_stand_beside_the_type(self) -> None:
        hint = Annotated[Optional[float], Field("A share of rows.", above=0, maximum=1, unit="rows", examples=[0.5])]
        expected = {
            "type": "number",
            "description": "A share of rows.",
            "maximum": 1,
            "exclusiveMinimum": 0,
            "x-unit": "rows",
            "examples": [0.5],
        }
        self.assertEqual(schema(hint, "here"), expected)
        self.assertEqual(schema(Annotated[int, "Rows."], "here"), {"type": "integer", "description": "Rows."})
        self.assertEqual(schema(Annotated[Matrix, {"x-rank": 1}], "here")["x-rank"], 1)

    def test_a_dataclass_is_an_object_with_names_as_json_has_them(self) -> None:
        found = schema(Inner, "here")
        self.assertEqual(list(found["properties"]), ["maxIter", "name"])
        self.assertEqual(found["properties"]["maxIter"]["default"], 5)
        self.assertNotIn("default", found["properties"]["name"])
        self.assertNotIn("required", found)
        self.assertIs(found["additionalProperties"], False)

    def test_a_hint_without_a_schema_is_told_with_its_place(self) -> None:
        plugin = Plugin("trial", "1.0.0", "For a test")

        def wrong(thing: complex) -> Number:
            """Takes what JSON has not."""
            return Number(1)

        def untyped(thing) -> Number:  # type: ignore[no-untyped-def]
            """Has no hint."""
            return Number(1)

        def silent(thing: int) -> Number:
            return Number(1)

        def loose(thing: int) -> Dict[str, int]:
            """Returns no dataclass."""
            return {}

        def model(thing: Model) -> Number:
            """Does not say which kind."""
            return Number(1)

        pairs: List[Tuple[Any, str]] = [
            (wrong, "the param 'thing'"),
            (untyped, "needs a type hint"),
            (silent, "docstring"),
            (loose, "dataclass"),
            (model, "kind"),
        ]
        for function, word in pairs:
            with self.assertRaises(HintError) as caught:
                plugin.method(f"trial.{function.__name__}", determinism="none")(function)
            self.assertIn(word, str(caught.exception))

    def test_the_docstring_gives_summary_and_paragraphs(self) -> None:
        plugin = Plugin("trial", "1.0.0", "For a test")

        @plugin.method("trial.words", determinism="exact")
        def words(thing: int) -> Number:
            """Says
            something.

            A paragraph of
            two lines.

            - a list
            - stays
            """
            return Number(thing)

        found = plugin.methods["trial.words"].schema()
        self.assertEqual((found["title"], found["summary"]), ("Words", "Says something."))
        self.assertEqual(found["description"], "A paragraph of two lines.\n\n- a list\n- stays")

    def test_names_of_plugins_and_methods_are_checked(self) -> None:
        for name, version in [("Trial", "1.0.0"), ("trial", "1"), ("1trial", "1.0.0")]:
            with self.assertRaises(ValueError):
                Plugin(name, version, "For a test")
        with self.assertRaises(ValueError):
            Plugin("trial", "1.0.0", "For a test").method("other.method", determinism="none")


class ValuesAreHeldAgainstHints(unittest.TestCase):
    def refused(self, value: Any, hint: Any) -> ParameterError:
        with self.assertRaises(ParameterError) as caught:
            decode(value, hint, "/x")
        return caught.exception

    def test_what_fits_is_taken(self) -> None:
        self.assertEqual(decode(5.0, int, "/x"), 5)
        self.assertEqual(decode("NaN", float, "/x") != decode("NaN", float, "/x"), True)
        self.assertIs(decode("red", Colour, "/x"), Colour.RED)
        self.assertEqual(decode({"maxIter": 2}, Inner, "/x"), Inner(2))
        self.assertEqual(decode([1, "a"], Tuple[int, str], "/x"), (1, "a"))
        self.assertEqual(decode("all", Union[int, Literal["all"]], "/x"), "all")

    def test_what_does_not_fit_is_refused_with_its_pointer(self) -> None:
        self.assertEqual(self.refused([1, "a"], List[int]).path, "/x/1")
        self.assertEqual(self.refused({"a/b": "c"}, Dict[str, int]).path, "/x/a~1b")
        self.assertEqual(self.refused({"maxIter": 0}, Inner).path, "/x/maxIter")
        self.assertEqual(self.refused({"max": 1}, Inner).path, "/x/max")
        for value, hint in [
            (True, int),
            (1.5, int),
            ("1", float),
            (1, str),
            (1, bool),
            ("green", Colour),
            (3, Literal["a"]),
            (True, Literal[1]),
            ("x", Union[int, Literal["all"]]),
            ({}, List[int]),
            ([1], Tuple[int, int]),
            (2, Annotated[int, Field(maximum=1)]),
            (1.0, Annotated[float, Field(below=1)]),
            (0.0, Annotated[float, Field(above=0)]),
            (3, Annotated[int, Field(multiple_of=2)]),
            ("ab", Annotated[str, Field(max_length=1)]),
            ("ab", Annotated[str, Field(pattern="^b")]),
            ([1, 1], Annotated[List[int], Field(unique=True)]),
            ([], Annotated[List[int], Field(min_items=1)]),
        ]:
            self.refused(value, hint)

    def test_results_become_json(self) -> None:
        @dataclass
        class Result:
            some_numbers: List[float] = field(default_factory=lambda: [1, 2.5])
            inner: Inner = field(default_factory=Inner)
            nothing: Optional[int] = None
            colour: Colour = Colour.BLUE

        expected = {"someNumbers": [1.0, 2.5], "inner": {"maxIter": 5}, "colour": "blue"}
        self.assertEqual(encode(Result(), Result, ""), expected)

    def test_what_is_no_json_is_told_with_its_place(self) -> None:
        for value, place in [({"a": [1.0, float("nan")]}, "/a/1"), ({"a": object()}, "/a"), ({1, 2}, "")]:
            with self.assertRaises(ResultError) as caught:
                encode(value, Any, "")
            self.assertIn(f"result{place} is", str(caught.exception))

    def test_a_missing_param_is_told(self) -> None:
        from .plugins.counting.plugin import plugin

        with self.assertRaises(ParameterError) as caught:
            run(plugin, "counting.words", {})
        self.assertIn("'papers' is missing", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
