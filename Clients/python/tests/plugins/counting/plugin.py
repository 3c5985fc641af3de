"""A plugin for tests: counts words, and misbehaves as its param ``mode`` says."""

from __future__ import annotations

import importlib
import os
import subprocess
import time
from dataclasses import dataclass
from typing import Annotated, Any, Dict, List, Literal, Optional

from quire.plugin import (
    AnyNumber,
    Artifact,
    Context,
    DataError,
    Estimate,
    Field,
    Labels,
    Matrix,
    Papers,
    ParameterError,
    Plugin,
    RowNumbers,
    Share,
)

# A matrix of a gigabyte that were copied would be refused.
plugin = Plugin("counting", "0.1.0", "Counts words, for tests", memory_mib=512)


@dataclass
class Count:
    words: Annotated[int, "All words of all papers."]
    longest: Annotated[Optional[str], "The longest word."] = None


@plugin.method(
    "counting.words",
    determinism="exact",
    primary="words",
    examples=[{"params": {"papers": [{"id": "paper:1", "title": "Ein Wörterbuch"}]}}],
)
def words(
    context: Context,
    papers: Annotated[Papers, "Whose words are counted."],
    field: Annotated[Literal["title", "all"], "Which text is read."] = "all",
    min_length: Annotated[int, Field("Shorter words do not count.", minimum=1, maximum=50)] = 1,
) -> Count:
    """Counts words.

    A word is what stands between blanks.
    """
    found: List[str] = []
    for done, paper in enumerate(papers):
        context.progress(done, len(papers), paper.title)
        text = paper.title if field == "title" else paper.text
        found += [word for word in text.split() if len(word) >= min_length]
    if not found:
        context.warn("no-words", "no word is so long")
    context.table("Words", ["word", "length"], [[word, len(word)] for word in found[:10]])
    return Count(len(found), max(found, key=len, default=None))


@dataclass
class Means:
    means: Annotated[List[float], "Of each column."]
    shape: List[int]
    kind: str
    saved: Artifact
    row_ids: Optional[List[str]] = None


@plugin.method("counting.means", determinism={"class": "tolerance", "rtol": 1e-12, "atol": 0})
def means(
    context: Context,
    numbers: Annotated[Matrix, "What is averaged."],
    save_numbers: Annotated[bool, "Saves the numbers themselves, not their means."] = False,
) -> Means:
    """Means of columns, by NumPy."""
    array = context.matrix(numbers)
    kind = type(array).__name__
    found = array.mean(axis=0, dtype=float)
    saved = context.artifact(array if save_numbers else found[None, :])
    return Means(list(found), list(array.shape), kind, saved, numbers.row_ids)


@dataclass
class Classes:
    classes: List[str]
    counts: Dict[str, int]
    none: int
    half: Share
    limit: AnyNumber
    estimate: Estimate
    saved: Artifact


@plugin.method("counting.classes", determinism="exact")
def classes(
    context: Context,
    labels: Annotated[Labels, "A class a row."],
    rows: Annotated[Optional[RowNumbers], "Which."] = None,
) -> Classes:
    """Rows of each class."""
    names = labels.names
    if rows is not None:
        names = [names[row] for row in rows.numbers(len(names))]
    counts = {name: names.count(name) for name in labels.classes}
    first = counts[labels.classes[0]]
    estimate = Estimate.wilson(first, len(names))
    return Classes(labels.classes, counts, names.count(None), 0.5, float("inf"), estimate, context.labels(names))


@dataclass
class Tagged:
    found: int
    changed: int


@plugin.method("counting.tag", determinism="none", effects="writesStore", reads=["papers"])
def tag(context: Context, query: Annotated[str, "Which papers."], name: Annotated[str, "The tag."]) -> Tagged:
    """Tags the papers that a query finds."""
    papers = list(context.find_papers(query, page=2))
    answer = context.write_papers([{"op": "tag", "id": paper.id, "add": [name]} for paper in papers])
    return Tagged(len(papers), answer["changed"])


@dataclass
class Behaved:
    mode: str
    number: Optional[float] = None
    anything: Any = None


@plugin.method("counting.behave", determinism="none", uses_seed=True)
def behave(
    context: Context, mode: Annotated[str, "What to do."], seconds: Annotated[float, Field("How long.", unit="s")] = 30
) -> Behaved:
    """Behaves, or misbehaves, as it is told."""
    if mode == "raise":
        raise ZeroDivisionError("divided on purpose")
    if mode == "refuse":
        raise ParameterError("/mode", "another mode", "try 'nothing'")
    if mode == "data":
        raise DataError("math.degenerate", "/mode", "only one class", row=3, hint="bring another")
    if mode == "nan":
        return Behaved(mode, float("nan"))
    if mode == "wrong":
        return {"mode": mode}  # type: ignore[return-value]
    if mode == "import":
        importlib.import_module("no_such_library")
    if mode == "print":
        print("a stray line ☃")
        os.write(1, b"and one past Python\n")
        subprocess.run(["echo", "and one of a child"], check=False)
    if mode == "spin":
        context.progress(0, 1, "spinning")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
    if mode == "sleep":
        context.progress(0, 1, "sleeping")
        time.sleep(seconds)
    if mode == "crash":
        os._exit(7)
    if mode == "seed":
        return Behaved(mode, context.random("step").random(), context.seed)
    if mode == "papers":
        return Behaved(mode, sum(1 for _ in context.find_papers("any")))
    if mode == "back":
        for done in (3, 1, 2):
            context.progress(done, 4, "back and forth")
            time.sleep(0.06)
    return Behaved(mode)


if __name__ == "__main__":
    plugin.main()
