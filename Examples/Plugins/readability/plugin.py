"""How hard abstracts are to read, by the formulas that textstat knows."""

from __future__ import annotations

import importlib.metadata
import random
import statistics
from dataclasses import dataclass
from typing import Annotated, Any, Dict, List, Literal, Tuple

from quire.plugin import Artifact, Context, DataError, Estimate, Field, Paper, Papers, ParameterError, Plugin

plugin = Plugin("readability", "0.1.0", "How hard abstracts are to read", memory_mib=1024)

Measure = Literal["fleschEase", "fleschKincaid", "gunningFog", "colemanLiau", "automated", "daleChall"]

#: textstat's name, whether a high value is hard to read, and the languages that the formula was made for.
_MEASURES: Dict[str, Tuple[str, bool, Tuple[str, ...]]] = {
    "fleschEase": ("flesch_reading_ease", False, ("en", "de", "es", "fr", "it", "nl", "ru")),
    "fleschKincaid": ("flesch_kincaid_grade", True, ("en",)),
    "gunningFog": ("gunning_fog", True, ("en",)),
    "colemanLiau": ("coleman_liau_index", True, ("en",)),
    "automated": ("automated_readability_index", True, ("en",)),
    "daleChall": ("dale_chall_readability_score", True, ("en",)),
}
_FEWEST_WORDS = 30
_FEWEST_PAPERS = 10
_RESAMPLES = 1000


@dataclass
class Scored:
    id: str
    title: str
    score: float


@dataclass
class Summary:
    measure: Measure
    mean: Annotated[Estimate, "Over the papers; the interval is of other papers drawn in the same way."]
    median: float
    deviation: Annotated[float, "Over the papers (1/(n-1)); 0 for one paper."]


@dataclass
class Readability:
    scores: Annotated[Artifact, "A row a scored paper, a column a measure, with the papers' ids as row ids."]
    measures: Annotated[List[Summary], "In the order of the columns."]
    hardest: Annotated[List[Scored], "By the first measure, the hardest first."]
    easiest: Annotated[List[Scored], "By the first measure, the easiest first."]
    n: Annotated[int, "Scored papers."]
    skipped: Annotated[int, "Papers without that text."]
    words: Annotated[float, "The mean number of words of a text."]
    library: Annotated[str, "Name and version of the library that scored."]


_FLESCH = {
    "type": "article-journal",
    "title": "A new readability yardstick",
    "author": [{"family": "Flesch", "given": "Rudolf"}],
    "issued": {"date-parts": [[1948]]},
    "container-title": "Journal of Applied Psychology",
    "volume": "32",
    "page": "221-233",
    "DOI": "10.1037/h0057532",
}
_COLEMAN = {
    "type": "article-journal",
    "title": "A computer readability formula designed for machine scoring",
    "author": [{"family": "Coleman", "given": "Meri"}, {"family": "Liau", "given": "T. L."}],
    "issued": {"date-parts": [[1975]]},
    "container-title": "Journal of Applied Psychology",
    "volume": "60",
    "page": "283-284",
    "DOI": "10.1037/h0076540",
}
_EXAMPLE = [
    {"id": "a", "title": "A", "abstract": "We read a text. It is short. All words are of one part."},
    {"id": "b", "title": "B", "abstract": "Interpretability necessitates disentangling representations."},
]


@plugin.method(
    "readability.score",
    title="Readability of abstracts",
    determinism="bitwise",
    primary="scores",
    uses_seed=True,
    progress=True,
    references=[_FLESCH, _COLEMAN],
    examples=[{"params": {"papers": _EXAMPLE, "measures": ["fleschEase", "fleschKincaid"]}}],
    errors=["params.value", "file.format", "math.tooFewSamples"],
)
def score(
    context: Context,
    papers: Annotated[Papers, "Whose texts are scored."],
    field: Annotated[Literal["abstract", "title+abstract"], "Which text is read."] = "abstract",
    measures: Annotated[
        List[Measure], Field("Which formulas; the first one orders the papers.", min_items=1, unique=True)
    ] = ["fleschEase", "fleschKincaid", "gunningFog"],  # noqa: B006
    language: Annotated[
        Literal["en", "de", "es", "fr", "it", "nl", "ru"], "The language of the texts; fleschEase alone knows others."
    ] = "en",
    show: Annotated[
        int, Field("How many of the hardest and the easiest papers are named.", minimum=0, maximum=100)
    ] = 5,
) -> Readability:
    """Scores how hard the abstracts of papers are to read.

    `fleschEase` (Flesch 1948) falls with long sentences and long words, from about 100 (a comic) to below 0; the
    others grow with them and are in school years. They count, and understand nothing: a formula in the text, a list,
    an unusual word that every reader of the field knows all move them. They were made for texts of 100 words or
    more, so compare means of many abstracts, not two abstracts.

    Syllables are counted by hyphenation patterns (the library Pyphen), so scores differ by some points from those of
    tools with a dictionary of pronunciations. SMOG is not offered: it wants 30 sentences, and an abstract has eight.
    The interval of a mean is the percentile bootstrap over papers.
    """
    from textstat.textstat import textstatistics

    for place, measure in enumerate(measures):
        if language not in _MEASURES[measure][2]:
            known = ", ".join(name for name, facts in _MEASURES.items() if language in facts[2])
            raise ParameterError(f"/measures/{place}", f"a measure for '{language}' ({known}), found '{measure}'")
    counter = textstatistics()
    counter.set_lang(language)
    counter.set_rounding(False)

    rows: List[List[float]] = []
    scored: List[Paper] = []
    words: List[int] = []
    total = len(papers)
    for done, paper in enumerate(papers):
        context.progress(done, total, "scoring")
        text = paper.abstract if field == "abstract" else paper.text
        if not text or not text.strip() or counter.lexicon_count(text) == 0:
            continue
        rows.append([float(getattr(counter, _MEASURES[measure][0])(text)) for measure in measures])
        scored.append(paper)
        words.append(counter.lexicon_count(text))
    if not rows:
        raise DataError("math.tooFewSamples", "/papers", "no paper has that text", hint="take title+abstract")

    _warn(context, total - len(rows), words)
    context.progress(total, total, "summing up")
    summaries = [_summary(context, name, [row[column] for row in rows]) for column, name in enumerate(measures)]
    hard_is_high = _MEASURES[measures[0]][1]
    order = sorted(range(len(rows)), key=lambda row: (rows[row][0], scored[row].id), reverse=hard_is_high)
    named = [Scored(scored[row].id, scored[row].title, rows[row][0]) for row in order]
    _show(context, summaries, named[:show])
    return Readability(
        scores=context.artifact(rows, "scores", row_ids=[paper.id for paper in scored]),
        measures=summaries,
        hardest=named[:show],
        easiest=named[::-1][:show],
        n=len(rows),
        skipped=total - len(rows),
        words=statistics.fmean(words),
        library=f"textstat {importlib.metadata.version('textstat')}",
    )


def _summary(context: Context, measure: Any, values: List[float]) -> Summary:
    mean = statistics.fmean(values)
    numbers = context.random(measure)
    means = sorted(_resampled(numbers, values) for _ in range(_resamples(len(values))))
    low, high = means[int(0.025 * len(means))], means[int(0.975 * len(means))]
    estimate = Estimate(mean, min(low, mean), max(high, mean), 0.95, "bootstrap", len(values))
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return Summary(measure, estimate, statistics.median(values), deviation)


def _resampled(numbers: random.Random, values: List[float]) -> float:
    return statistics.fmean(numbers.choices(values, k=len(values)))


def _resamples(count: int) -> int:
    """Fewer for many papers, whose mean needs them less: the work stays below some seconds."""
    return max(200, min(_RESAMPLES, 2_000_000 // count))


def _warn(context: Context, skipped: int, words: List[int]) -> None:
    if skipped:
        context.warn("no-text", f"{skipped} papers have no such text and were left out")
    if len(words) < _FEWEST_PAPERS:
        context.warn("few-papers", f"{len(words)} papers: the intervals of the means are too short")
    short = sum(count < _FEWEST_WORDS for count in words)
    if short:
        context.warn("short-text", f"{short} texts of fewer than {_FEWEST_WORDS} words: their scores mean little")


def _show(context: Context, summaries: List[Summary], hardest: List[Scored]) -> None:
    rows: List[List[Any]] = [
        [one.measure, one.mean.value, f"{one.mean.low:.4g}–{one.mean.high:.4g}", one.median] for one in summaries
    ]
    context.table("Readability", ["measure", "mean", "95 % interval", "median"], rows)
    if hardest:
        title = f"The hardest to read, by {summaries[0].measure}"
        context.table(title, ["paper", "score"], [[one.title, one.score] for one in hardest])


if __name__ == "__main__":
    plugin.main()
