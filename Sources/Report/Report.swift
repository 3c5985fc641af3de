/// Writes a report as one HTML file that needs no network and runs no script.
public enum Report {
  /// The whole page. Everything in the document is taken as untrusted text or markup.
  public static func html(_ document: ReportDocument) -> String {
    var page = Page(document)
    return "<!DOCTYPE html>\n" + Markup.write([page.markup()]) + "\n"
  }

  /// What a browser may do with the page, should something get past the sanitiser: nothing but styles and images
  /// that are inside it.
  static let contentPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
}

private struct Page {
  private let document: ReportDocument
  private var levels = HeadingLevels()
  private var displayCount = 0
  private var cellIdentifiers: Set<String> = []
  private var isAtStart = true

  init(_ document: ReportDocument) {
    self.document = document
  }

  mutating func markup() -> Markup {
    let blocks = document.blocks.flatMap { block($0) }
    let language = Identifier.safe(document.language) ?? "en"
    return .element(
      "html", ["lang": language],
      [
        head, .text("\n"),
        .element("body", [header, .text("\n"), .element("main", blocks), .text("\n"), footer]),
      ])
  }

  private var head: Markup {
    .element(
      "head",
      [
        .element("meta", ["charset": "utf-8"], []),
        .element("meta", ["http-equiv": "Content-Security-Policy", "content": Report.contentPolicy], []),
        .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"], []),
        .element("meta", ["name": "referrer", "content": "no-referrer"], []),
        .element("meta", ["name": "generator", "content": "quire \(document.footer.quireVersion)"], []),
        .element("title", document.title),
        .element("style", PageStyle.sheet),
      ])
  }

  // MARK: - Blocks

  private mutating func block(_ block: ReportDocument.Block) -> [Markup] {
    defer { isAtStart = false }
    switch block {
    case .prose(let markdown):
      let markup = Prose.markup(markdown, levels: &levels, title: isAtStart ? document.title : nil)
      return [.element("div", ["class": "prose"], markup), .text("\n")]
    case .cell(let cell):
      let section = CellSection(
        cell, identifier: identifier(of: cell), level: levels.below, firstDisplay: displayCount + 1)
      displayCount += cell.displays.count
      return [section.markup, .text("\n")]
    case .table(let table):
      return [.element("figure", [Self.table(table)]), .text("\n")]
    }
  }

  /// An identifier that no other cell of the page has, so that links to a cell find it.
  private mutating func identifier(of cell: ReportCell) -> String {
    let base = "cell-" + (Identifier.safe(cell.id) ?? "unnamed")
    var identifier = base
    var number = 2
    while !cellIdentifiers.insert(identifier).inserted {
      identifier = "\(base)-\(number)"
      number += 1
    }
    return identifier
  }

  private static func table(_ table: ReportTable) -> Markup {
    let rows = table.rows.map { row -> Markup in
      let missing = max(0, table.columns.count - row.count)
      let cells = row + Array(repeating: "", count: missing)
      return .element("tr", cells.map { .element("td", $0) })
    }
    var children: [Markup] = table.caption.map { [.element("caption", $0)] } ?? []
    children.append(.element("thead", [.element("tr", table.columns.map { .element("th", $0) })]))
    children.append(.element("tbody", rows))
    return TableLayout.arranged(Markup.Element("table", [], children), cells: { $0 })
  }

  // MARK: - Head and foot

  private var header: Markup {
    var facts = [ReportDocument.Fact("Notebook", document.notebook)] + document.facts
    if let states { facts.append(.init("Cells", states)) }
    return .element("header", ["class": "page"], [.element("h1", document.title), Self.list(facts)])
  }

  /// `6 cells: 4 fresh, 1 stale, 1 failed`.
  private var states: String? {
    let states = document.blocks.compactMap { if case .cell(let cell) = $0 { cell.state } else { nil } }
    guard !states.isEmpty else { return nil }
    let counts = ReportCell.State.allCases.compactMap { state in
      let count = states.count { $0 == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }
    return "\(states.count) (\(counts.joined(separator: ", ")))"
  }

  private var footer: Markup {
    let footer = document.footer
    var facts: [ReportDocument.Fact] = []
    if let count = footer.logCount { facts.append(.init("Log", count == 1 ? "1 entry" : "\(count) entries")) }
    if let head = footer.logHead { facts.append(.init("Head", head)) }
    if let verification = footer.verification { facts.append(.init("Verified", verification)) }
    facts.append(.init("Written by", "quire \(footer.quireVersion)"))
    let advice: [Markup] = [
      .text("To verify that the log is whole and that its last entry is the one above: "),
      .element("code", "quire log verify"), .text("."),
    ]
    return .element("footer", ["class": "page"], [Self.list(facts), .element("p", advice)])
  }

  private static func list(_ facts: [ReportDocument.Fact]) -> Markup {
    .element(
      "dl", ["class": "facts"],
      facts.map { .element("div", [.element("dt", $0.name), .element("dd", $0.text)]) })
  }
}
