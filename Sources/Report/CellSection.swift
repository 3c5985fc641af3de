/// One cell of the page: heading with state, headline numbers, warnings, displays; code and provenance folded.
struct CellSection {
  private let cell: ReportCell
  private let identifier: String
  private let level: Int
  private let firstDisplay: Int

  /// - Parameter firstDisplay: the number of the first display on the page, for distinct identifiers.
  init(_ cell: ReportCell, identifier: String, level: Int, firstDisplay: Int) {
    self.cell = cell
    self.identifier = identifier
    self.level = level
    self.firstDisplay = firstDisplay
  }

  var markup: Markup {
    var children = [heading]
    if let reason = cell.reason, !reason.isEmpty {
      children.append(.element("p", ["class": "reason"], reason))
    }
    if let error = cell.error, !error.isEmpty {
      children.append(.element("div", ["class": "error"], [.element("strong", "Error"), DisplaySection.pre(error)]))
    }
    if !cell.summary.isEmpty { children.append(summary) }
    if !cell.warnings.isEmpty { children.append(warnings) }
    let displays = cell.displays.enumerated().map { index, bundle in
      DisplaySection(bundle, identifier: "d\(firstDisplay + index)").markup
    }
    if cell.state == .stale && !displays.isEmpty {
      let note = Markup.element("p", "From an earlier run; the cell has changed since.")
      children.append(.element("div", ["class": "old"], [note] + displays))
    } else {
      children += displays
    }
    if let code = cell.code { children.append(folded("Code", [DisplaySection.pre(code)])) }
    if let provenance = provenance { children.append(folded("Provenance", provenance)) }
    return .element(
      "section", ["class": "cell \(cell.state.rawValue)", "id": identifier, "aria-labelledby": "\(identifier)-h"],
      children)
  }

  private var heading: Markup {
    var details: [Markup] = [.element("span", ["class": "state"], cell.state.rawValue)]
    if let elapsed = cell.elapsed { details.append(.element("span", elapsed)) }
    if cell.isCached { details.append(.element("span", "cached")) }
    if let seed = cell.provenance?.seed { details.append(.element("span", "seed \(seed)")) }
    return .element(
      "header",
      [
        .element(
          "h\(level)", ["id": "\(identifier)-h"],
          [.text(cell.id), .text(" "), .element("code", cell.method)]),
        .element("p", ["class": "run"], details),
      ])
  }

  private var summary: Markup {
    .element(
      "dl", ["class": "numbers"],
      cell.summary.map { .element("div", [.element("dt", $0.name), .element("dd", $0.text)]) })
  }

  private var warnings: Markup {
    .element(
      "ul", ["class": "warnings"],
      cell.warnings.map {
        .element("li", [.element("strong", ["class": "code"], $0.code), .text(" "), .text($0.message)])
      })
  }

  private func folded(_ name: String, _ children: [Markup]) -> Markup {
    .element("details", [.element("summary", name)] + children)
  }

  private var provenance: [Markup]? {
    guard let provenance = cell.provenance else { return nil }
    var rows: [(name: String, value: Markup)] = [("method", .element("code", cell.method))]
    if let plugin = provenance.plugin { rows.append(("plugin", .text("\(plugin.name) \(plugin.version)"))) }
    if let run = provenance.run { rows.append(("run", .element("code", run))) }
    if let seed = provenance.seed { rows.append(("seed", .text(String(seed)))) }
    rows += provenance.inputs.map { ("input \($0.name)", .element("code", $0.hash)) }
    rows += provenance.outputs.map { ("output \($0.name)", .element("code", $0.hash)) }
    let body = rows.map { row in
      Markup.element("tr", [.element("th", ["scope": "row"], row.name), .element("td", [row.value])])
    }
    return [
      .element(
        "div", ["class": "scroll"], [.element("table", ["class": "provenance"], [.element("tbody", body)])])
    ]
  }
}
