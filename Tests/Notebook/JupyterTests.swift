import Foundation
import JSON
import TestSupport
import Testing

@testable import Notebook

struct JupyterTests {
  private func roundTrip(_ text: String) throws -> String {
    // Through text, as a file goes.
    let json = try JupyterWriter.notebook(NotebookDocument(text)).prettyText
    return try JupyterReader.text(JSON.parse(json))
  }

  @Test(arguments: [
    "",
    "\n\n",
    "# Title\n",
    "no line end",
    "---\ntitle: x # kept\nother: [1, 2]\n---\n\n# T\n\n\nText  \n\n```quire id=a\nmethod: data.load\n```\n\n\n",
    "```quire\nmethod: data.load\n```",
    "```quire id=a\n```\n```quire id=b\n\n```\n",
    "~~~~quire   id=a  hide=code  \n  method: x\n\n~~~~  \ntext\n  ```quire id=b\n  method: y\n  ```\nmore\n",
    "```quire id=a\nunclosed: 1\n",
    "a\r\n\r\n```quire id=a\r\nmethod: x\r\n```\r\nb\r\n",
    "mixed\r\nends\n```quire id=a\r\nmethod: x\nparams: {}\r\n```\r\n",
    "```quire id=a\nx: 1\n```\n\n```quire id=a\nx: 2\n```\n\n```quire id=a-2\nx: 3\n```\n",
    "```python\nprint(1)\n```\n\n- item\n  ```quire\n  a: 1\n  ```\n",
    "  indented first\n\n\ttab\n\u{A0}\n",
    "lone\rreturn\n```quire id=a\nm: 1\n```\n",
  ])
  func whatWasNotEditedGivesTheSameBytes(_ text: String) throws {
    let again = try roundTrip(text)
    #expect(again == text, Comment(rawValue: JSON.string(text).text + JSON.string(again).text))
  }

  @Test func anyTextGivesTheSameBytes() throws {
    var generator = Generator(11)
    let pieces = [
      "```quire id=a\n", "```quire\n", "```\n", "````\n", "~~~quire id=b\n", "~~~\n", "method: data.load\n", "\n",
      "\n\n",
      "# Title\n", "text", "  ", "\t", "---\n", "title: x\n", "> ", "- ", "<!--\n", "-->\n", "\r\n", "é😀\n",
      "    code\n",
      "params: {a: 1}\n", "`", "\u{0B}\n",
    ]
    for _ in 0..<3000 {
      let text = (0..<generator.below(14)).map { _ in pieces[generator.below(pieces.count)] }.joined()
      let again = try roundTrip(text)
      #expect(again == text, Comment(rawValue: JSON.string(text).text + JSON.string(again).text))
    }
  }

  @Test func cellsKeepTheirIDsAndTheirYAML() throws {
    let text = "# T\n\n```quire id=fit seed=3\nmethod: probe.logistic\n# a comment\n```\n"
    let json = try JupyterWriter.notebook(NotebookDocument(text))
    #expect(json["cells"]?.array?.map { $0["id"] } == ["md-1", "fit"])
    #expect(json["cells"]?[1]?["source"] == "# quire id=fit seed=3\nmethod: probe.logistic\n# a comment")
    #expect(json["metadata"]?["kernelspec"]?["name"] == "quire")
    #expect(json["nbformat_minor"] == 5)
  }

  private func quireNotebook(_ change: (inout [JSON]) -> Void) throws -> String {
    let text = "# T\n\n```quire id=fit seed=3\nmethod: probe.logistic\n```\n\nThe end.\n"
    var json = try JupyterWriter.notebook(NotebookDocument(text))
    var cells = json["cells"]?.array ?? []
    change(&cells)
    json["cells"] = .array(cells)
    return try JupyterReader.text(json)
  }

  @Test func editsMadeInJupyterArrive() throws {
    let edited = try quireNotebook {
      $0[1]["source"] = ["# quire id=fit seed=3\n", "method: probe.logistic\n", "params: {C: 2}"]
    }
    #expect(edited == "# T\n\n```quire id=fit seed=3\nmethod: probe.logistic\nparams: {C: 2}\n```\n\nThe end.\n")
    let added = try quireNotebook {
      $0.insert(
        ["cell_type": "code", "id": "fit", "metadata": [:], "source": "method: data.load", "outputs": []], at: 1)
      $0.append(["cell_type": "markdown", "id": "x", "metadata": [:], "source": "New."])
    }
    #expect(
      added
        == "# T\n\n```quire id=fit-2\nmethod: data.load\n```\n\n```quire id=fit seed=3\nmethod: probe.logistic\n```\n"
        + "\nThe end.\n\nNew.\n")
    let closing = try quireNotebook { $0[1]["source"] = "method: x\nparams:\n  a: |\n    ```\n```\nb: 1" }
    #expect(NotebookDocument(closing).cells.count == 1)
    #expect(closing.contains("````quire id=fit seed=3\n"))
  }

  @Test func theWordsOfTheFenceAreEditedInJupyterToo() throws {
    let renamed = try quireNotebook { $0[1]["source"] = "# quire id=fitted seed=4\nmethod: probe.logistic" }
    #expect(renamed == "# T\n\n```quire id=fitted seed=4\nmethod: probe.logistic\n```\n\nThe end.\n")
    // A comment that was taken away, or is none of ours, leaves them as they were.
    for first in ["", "# a note\n", "# quired\n", "# quire a`b\n"] {
      let kept = try quireNotebook { $0[1]["source"] = .string(first + "method: x") }
      #expect(kept.contains("```quire id=fit seed=3\n") && NotebookDocument(kept).cells.count == 1)
    }
    let added = try quireNotebook {
      $0.append(
        [
          "cell_type": "code", "id": "9f", "metadata": [:], "source": "# quire id=load\nmethod: data.load",
          "outputs": [],
        ])
      $0.append(
        [
          "cell_type": "code", "id": "x1", "metadata": [:], "source": "# quire seed=2\nmethod: data.load",
          "outputs": [],
        ])
    }
    #expect(
      added.hasSuffix("```quire id=load\nmethod: data.load\n```\n\n```quire seed=2 id=x1\nmethod: data.load\n```\n"))
  }

  @Test func codeOfOtherKernelsIsNeverACell() throws {
    let python: JSON = [
      "nbformat": 4, "nbformat_minor": 5, "metadata": ["language_info": ["name": "python"]],
      "cells": [
        ["cell_type": "markdown", "metadata": [:], "source": ["# T\n", "text"]],
        [
          "cell_type": "code", "metadata": ["quire": ["open": "```quire id=x\n", "close": "```\n"]],
          "source": "print('```')\n```",
        ],
        ["cell_type": "raw", "metadata": [:], "source": "raw"],
      ],
    ]
    let text = try JupyterReader.text(python)
    #expect(text == "# T\ntext\n\n````python\nprint('```')\n```\n````\n\n```text\nraw\n```\n")
    #expect(NotebookDocument(text).cells.isEmpty)
    var named = python
    named["metadata"] = ["language_info": ["name": "quire\n```quire"]]
    #expect(try NotebookDocument(JupyterReader.text(named)).cells.isEmpty)
    #expect(throws: NotebookError.self) { try JupyterReader.text(["nbformat": 3, "worksheets": []]) }
  }
}
