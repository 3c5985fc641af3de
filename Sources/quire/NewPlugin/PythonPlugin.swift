/// A plugin in Python, on the package `quire.plugin`.
extension PluginTemplate {
  static let python =
    [
      File("plugin.py", program), File("test_plugin.py", tests), File("README.md", readme),
      File(".gitignore", "__pycache__/\n.quire/\n"),
    ] + contract(["python3", "plugin.py"])

  private static let program = #"""
    """The plugin {{name}}: say here what it is for."""

    import sys
    from dataclasses import dataclass
    from typing import Annotated, List

    try:
        from quire.plugin import Artifact, Context, DataError, Field, Papers, Plugin
    except ImportError:
        sys.exit("{{name}} needs Quire's Python package: python3 -m pip install {{client}}")

    plugin = Plugin("{{name}}", "0.1.0", "Measures how long papers are")


    @dataclass
    class Lengths:
        mean: Annotated[float, Field("Words of a paper, on average.", unit="words")]
        longest: Annotated[str, "The id of the paper with the most words."]
        counts: Annotated[Artifact, "The words of each paper: a row a paper, with the papers' ids."]


    @plugin.method(
        "{{name}}.length",
        determinism="exact",
        primary="counts",
        progress=True,
        examples=[
            {
                "params": {
                    "papers": [
                        {"id": "paper:1", "title": "Attention Is All You Need"},
                        {"id": "paper:2", "title": "Deep Residual Learning", "abstract": "Deeper networks are harder to train."},
                    ]
                }
            }
        ],
        errors=["math.tooFewSamples"],
    )
    def length(
        context: Context,
        papers: Annotated[Papers, "The papers that are measured."],
        shortest: Annotated[int, Field("Shorter words do not count.", minimum=1, maximum=50, unit="letters")] = 1,
    ) -> Lengths:
        """Counts the words of papers.

        A word is what stands between blanks in the title and the abstract, so a formula counts as words too, and a paper
        without an abstract is shorter than it is.
        """
        if len(papers) == 0:
            raise DataError("math.tooFewSamples", "/papers", "at least one paper is needed")
        counts: List[List[int]] = []
        ids: List[str] = []
        for done, paper in enumerate(papers):
            context.progress(done, len(papers), "counting")
            counts.append([count(paper.text, shortest)])
            ids.append(paper.id)
        context.table("Words a paper", ["paper", "words"], [[name, row[0]] for name, row in zip(ids, counts)])
        most = max(range(len(ids)), key=lambda row: counts[row][0])
        mean = sum(row[0] for row in counts) / len(counts)
        return Lengths(mean, ids[most], context.artifact(counts, "counts", row_ids=ids))


    def count(text: str, shortest: int) -> int:
        return sum(len(word) >= shortest for word in text.split())


    if __name__ == "__main__":
        plugin.main()

    """#

  private static let tests = #"""
    import unittest

    from plugin import count, plugin
    from quire.plugin import DataError
    from quire.plugin.testing import examples, run


    class PapersAreMeasured(unittest.TestCase):
        def test_short_words_do_not_count(self) -> None:
            self.assertEqual(count("to be read", 3), 1)

        def test_the_longest_paper_is_named(self) -> None:
            papers = [{"id": "a", "title": "one two"}, {"id": "b", "title": "one two three four"}]
            outcome = run(plugin, "{{name}}.length", {"papers": papers})
            self.assertEqual((outcome.value["mean"], outcome.value["longest"]), (3, "b"))
            self.assertEqual(outcome.arrays("counts").strings("rowIds"), ["a", "b"])

        def test_no_paper_is_an_error(self) -> None:
            with self.assertRaises(DataError):
                run(plugin, "{{name}}.length", {"papers": []})

        def test_examples_run(self) -> None:
            self.assertEqual(len(examples(plugin)), 1)

        def test_manifest_and_schemas_are_those_of_the_code(self) -> None:
            self.assertEqual(plugin.stale_files(), [], "write them with: python3 plugin.py schemas")


    if __name__ == "__main__":
        unittest.main()

    """#

  private static let readme = #"""
    # {{name}}

    A plugin of Quire. It needs Python 3.9 or newer and Quire's Python package:

        python3 -m pip install {{client}}

    In this folder:

        python3 -m unittest
        quire plugin check .
        quire call {{name}}.length '{"papers": [{"id": "a", "title": "A few words"}]}' --plugin .

    `plugin.py` holds the methods. After every change of their hints `python3 plugin.py schemas` writes the manifest and the schema files anew. Raise the version with every change of a result: it is part of every cache key.

    """#
}
