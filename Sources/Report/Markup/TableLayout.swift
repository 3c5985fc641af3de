/// Makes a table of the page out of one that came from anywhere: only rows and cells in their places, header cells
/// with their scope, numbers to the right, room for long texts, and a box of its own to scroll in.
enum TableLayout {
  private enum Kind: String {
    /// Numbers: to the right, never broken.
    case number = "n"
    /// Sentences: broken, but not narrower than a line can be read.
    case long = "long"
    /// A word or two, never broken.
    case short = "s"
    case plain = ""
  }

  /// - Parameter cells: cleans what a cell holds.
  static func arranged(_ table: Markup.Element, cells: ([Markup]) -> [Markup]) -> Markup {
    var caption: Markup?
    var sections: [(name: String, rows: [[Markup.Element]])] = []
    var lone: [[Markup.Element]] = []
    for case .element(let part) in table.children {
      switch part.name {
      case "caption" where caption == nil: caption = .element("caption", cells(part.children))
      case "thead", "tbody", "tfoot":
        sections.append((part.name, rows(of: part, cells: cells)))
      case "tr": lone.append(row(part, cells: cells))
      default: break
      }
    }
    if !lone.isEmpty { sections.append(("tbody", lone)) }

    let left = shorten(&sections)
    let kinds = kinds(of: sections.filter { $0.name != "thead" }.flatMap(\.rows))
    var children = caption.map { [$0] } ?? []
    for section in sections where !section.rows.isEmpty {
      let rows = section.rows.map { row -> Markup in
        .element("tr", styled(row, kinds: kinds, isHeader: section.name == "thead").map(Markup.element))
      }
      children.append(.element(section.name, rows))
    }
    let isTall = sections.reduce(0) { $0 + $1.rows.count } > tallRowCount
    let box = Markup.element(
      "div", ["class": isTall ? "scroll tall" : "scroll", "tabindex": "0"], [.element("table", children)])
    guard left > 0 else { return box }
    return .element("div", [box, .element("p", ["class": "quiet"], "… and \(left) more rows, left out of this page.")])
  }

  /// More rows than this are left out, so that the page can be opened.
  static let rowLimit = 1000

  /// Longer tables scroll inside a box that leaves the rest of the page in reach.
  private static let tallRowCount = 25

  private static func shorten(_ sections: inout [(name: String, rows: [[Markup.Element]])]) -> Int {
    var room = rowLimit
    var left = 0
    for index in sections.indices where sections[index].name == "tbody" {
      let count = sections[index].rows.count
      if count > room {
        left += count - room
        sections[index].rows.removeLast(count - room)
      }
      room -= min(room, count)
    }
    return left
  }

  private static func rows(of section: Markup.Element, cells: ([Markup]) -> [Markup]) -> [[Markup.Element]] {
    section.children.compactMap { child in
      if case .element(let part) = child, part.name == "tr" { row(part, cells: cells) } else { nil }
    }
  }

  private static func row(_ row: Markup.Element, cells: ([Markup]) -> [Markup]) -> [Markup.Element] {
    row.children.compactMap { child in
      guard case .element(let cell) = child, cell.name == "td" || cell.name == "th" else { return nil }
      var clean = Markup.Element(cell.name, HTMLSanitizer.attributes(of: cell), cells(cell.children))
      for span in ["colspan", "rowspan"] {
        if let count = cell[span].flatMap({ Int($0) }), (2...1000).contains(count) { clean[span] = String(count) }
      }
      if let scope = cell["scope"]?.lowercased(), ["col", "row", "colgroup", "rowgroup"].contains(scope) {
        clean["scope"] = scope
      }
      return clean
    }
  }

  // MARK: - Columns

  /// The kind of each column from its cells; columns of a table with spans have no kind.
  private static func kinds(of rows: [[Markup.Element]]) -> [Kind] {
    let isRegular = rows.allSatisfy { $0.allSatisfy { $0["colspan"] == nil && $0["rowspan"] == nil } }
    guard isRegular, let width = rows.map(\.count).max() else { return [] }
    return (0..<width).map { column in
      var longest = 0
      var hasNumber = false
      var areNumbers = true
      for row in rows where column < row.count {
        let text = Markup.element(row[column]).text.trimmingBlanks
        longest = max(longest, text.count)
        if isNumber(text) { hasNumber = true } else if !isMissing(text) { areNumbers = false }
      }
      return hasNumber && areNumbers ? .number : longest > 32 ? .long : longest <= 20 ? .short : .plain
    }
  }

  private static func styled(_ row: [Markup.Element], kinds: [Kind], isHeader: Bool) -> [Markup.Element] {
    row.enumerated().map { column, cell in
      var cell = cell
      if cell.name == "th" && cell["scope"] == nil { cell["scope"] = isHeader ? "col" : "row" }
      if column < kinds.count, kinds[column] != .plain, cell["colspan"] == nil {
        cell["class"] = kinds[column].rawValue
      }
      return cell
    }
  }

  /// `12`, `−0.5`, `1 280`, `0.61 [0.52, 0.70]`, `3e-5`, `12 %`.
  private static func isNumber(_ text: String) -> Bool {
    text.utf8.contains { $0.isDigit } && text.unicodeScalars.allSatisfy(numberScalars.contains)
  }

  private static let numberScalars = Set("0123456789.,+-−±×eE%()[]–… \u{A0}\u{202F}\u{2009}".unicodeScalars)

  private static func isMissing(_ text: String) -> Bool {
    ["", "-", "–", "—", "nan", "null", "none", "n/a", "inf", "-inf"].contains(text.lowercased())
  }
}
