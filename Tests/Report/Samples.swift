import Charts
import JSON
import Report
import TestSupport

/// A document of the kind that a notebook on 119 papers gives.
enum Samples {
  /// Title and number of words of each abstract; the real ones where they are at hand.
  static var papers: [(title: String, words: Int)] {
    guard SharedData.isPresent, let data = try? SharedData.bytes("seed/page.txt") else {
      return (0..<119).map { number in
        let words = ["Learning", "sparse", "representations", "for", "robust", "transfer", "across", "domains"]
        let title = (0..<(4 + number * 7 % 16)).map { words[($0 * 5 + number) % words.count] }.joined(separator: " ")
        return (title, 90 + number * 37 % 160)
      }
    }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").dropFirst(2).map(String.init)
    return stride(from: 0, to: lines.count - 1, by: 2).map { place in
      let title = place == 0 ? lines[place].replacing("Subscribe", with: "") : lines[place]
      return (title, lines[place + 1].split(separator: " ").count)
    }
  }

  static func bundle(_ chart: some Chart) -> JSON {
    [
      "title": .string(chart.title),
      "data": [
        "image/svg+xml": .string(chart.svg), "application/vnd.vegalite.v5+json": chart.vegaLite,
        "text/plain": .string(chart.plainText),
      ],
    ]
  }

  static func table(_ columns: [String], _ rows: [[String]], title: String) -> JSON {
    func escaped(_ text: String) -> String { text.replacing("&", with: "&amp;").replacing("<", with: "&lt;") }
    let head = columns.map { "<th>\(escaped($0))</th>" }.joined()
    let body = rows.map { "<tr>\($0.map { "<td>\(escaped($0))</td>" }.joined())</tr>" }.joined()
    return [
      "title": .string(title),
      "data": [
        "text/html": .string("<table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table>"),
        "text/plain": .string(title),
      ],
    ]
  }

  static var paperTable: JSON {
    let rows = papers.enumerated().map { index, paper -> [String] in
      ["\(index + 1)", paper.title, "\(2015 + index % 11)", "\(paper.words)", "p-\(1000 + index * 37)"]
    }
    return table(["#", "title", "year", "words", "id"], rows, title: "Papers of the store")
  }

  static var map: ScatterChart {
    let names = ["representation", "continual learning", "retrieval", "robustness", "generation"]
    let points = papers.enumerated().map { index, paper -> ScatterChart.Point in
      let topic = index % names.count
      let x = Double(index * 7919 % 101) / 9 + Double(topic) * 9
      let y = Double(index * 104_729 % 97) / 8 - Double(topic % 2) * 12
      return ScatterChart.Point(
        x: x, y: y, category: names[topic], title: paper.title, note: "\(paper.words) words",
        confidence: Double(index % 10) / 10)
    }
    return ScatterChart(
      title: "Topics of 119 papers", points: points, categoryTitle: "topic",
      note: "t-SNE, perplexity 30, trustworthiness .88")
  }

  static var accuracies: BarChart {
    BarChart(
      title: "Linear probe before and after erasure", axis: Axis("accuracy", domain: 0...1),
      bars: [
        .init("concept", 0.857, series: "before", interval: 0.812...0.894),
        .init("concept", 0.602, series: "after", interval: 0.548...0.653),
        .init("main task", 0.913, series: "before"), .init("main task", 0.909, series: "after"),
      ],
      references: [ReferenceLine("majority", 0.61)], intervalTitle: "95 %, Wilson", count: 320)
  }

  static var cells: [ReportCell] {
    let papers = ReportCell(
      id: "papers", method: "papers.import", state: .fresh, code: "method: papers.import\nfile: ../seed/page.txt",
      summary: [.init("papers", "119"), .init("with abstract", "119"), .init("refused", "0")],
      displays: [paperTable], elapsed: "0.31 s",
      provenance: .init(
        run: "019a9f2e-7c11-7f7e-9c58-0d1f6f5a2b11", plugin: .init("quire.papers", version: "1.0.0"),
        inputs: [.init("file", hash: "9f86d081884c7d65")], outputs: [.init("papers", hash: "60303ae22b998861")]))
    let topics = ReportCell(
      id: "topics", method: "topics.discover", state: .fresh,
      code: "method: topics.discover\npapers: {$ref: papers}\nk: auto",
      summary: [.init("topics", "5"), .init("silhouette", "0.171"), .init("stability (ARI)", "0.62")],
      warnings: [.init("k-same-data", "silhouette 0.171 was used to choose k; it is not a measure of quality")],
      displays: [bundle(map)], elapsed: "2.4 s", isCached: true,
      provenance: .init(
        run: "019a9f2e-7d00-7b22-8a4c-4f6f0a91aa02", plugin: .init("quire.topics", version: "1.0.0"), seed: 7))
    let probe = ReportCell(
      id: "probe", method: "erase.audit", state: .stale, reason: "topics has another result than when this ran",
      code: "method: erase.audit\nfeatures: {$ref: features}", displays: [bundle(accuracies)], elapsed: "11 s")
    let broken = ReportCell(
      id: "broken", method: "probe.logistic", state: .failed, code: "method: probe.logistic\nC: -1",
      error: "E205 /C: -1 is not greater than 0; give a positive number, or leave C out for 1.0")
    let later = ReportCell(id: "later", method: "probe.compare", state: .blocked, reason: "broken has failed")
    return [papers, topics, probe, broken, later]
  }

  static let prose = """
    # Topics and probes

    A first look at *119 papers*: what they are about, and whether the class can be read off their vectors after
    it was **erased** (`LEACE`). See [the paper](https://arxiv.org/abs/2306.03819) and cell [topics](#cell-topics).

    ### What we ask

    1. Which topics are there?
    2. Does a probe still find the concept?

    > A probe that finds nothing is no proof that there is nothing.

    ```python
    eraser = LeaceFitter.fit(x, z)  # as in the reference
    ```
    """

  static var document: ReportDocument {
    let cells = cells
    let methods = ReportTable(
      caption: "Methods", columns: ["method", "what it does", "rows", "change"],
      rows: [
        ["probe.logistic", "Fits a logistic regression and scores it on rows that took no part", "1280", "−0.25"],
        ["erase.leace", "Removes all linear information", "320", "12.5"],
      ])
    return ReportDocument(
      title: "Topics and probes", notebook: "topics.quire.md",
      facts: [.init("Run", "2025-11-23 18:40 UTC"), .init("Store", "119 papers")],
      blocks: [
        .prose(markdown: prose), .cell(cells[0]), .cell(cells[1]),
        .prose(markdown: "## Erasure\n\nThe majority rate is *0.61*; a line marks it."), .cell(cells[2]),
        .cell(cells[3]), .cell(cells[4]), .table(methods),
      ],
      footer: ReportFooter(
        quireVersion: "0.1.0", logCount: 42,
        logHead: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        verification: "whole: 42 entries, 17 artifacts, head as recorded"))
  }
}
