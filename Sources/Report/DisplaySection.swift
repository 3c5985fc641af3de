import JSON

/// One display of a cell: the richest kind that a page without scripts can show, the others folded below it.
struct DisplaySection {
  /// Texts longer than this are cut.
  static let textLimit = 100_000

  private let title: String
  private let data: JSON
  /// The identifier of the box around the picture; it is distinct on the page.
  private let identifier: String

  init(_ bundle: JSON, identifier: String) {
    title = bundle["title"]?.string ?? ""
    data = bundle["data"] ?? bundle
    self.identifier = identifier
  }

  var markup: Markup {
    let picture = content("image/svg+xml").flatMap {
      Sanitizer.picture($0, scope: identifier, name: title.isEmpty ? "picture" : title)
    }
    let table = content("text/html").flatMap { Sanitizer.fragment($0) }
    let text = content("text/plain")
    var children: [Markup] = []
    if let picture {
      children.append(.element("div", ["class": "picture", "id": identifier], [picture]))
      if let table, !table.allSatisfy(\.isBlank) {
        children.append(Self.folded("As a table", table))
      } else if let text, text != title {
        children.append(Self.folded("As text", [Self.pre(text)]))
      }
    } else if let table, !table.allSatisfy(\.isBlank) {
      children += table
    } else if let text {
      children.append(Self.pre(text))
    } else if let value = data["application/json"] {
      children.append(Self.pre(value.prettyText))
    } else {
      children.append(.element("p", ["class": "quiet"], "This display has no form that a page can show."))
    }
    if !title.isEmpty && !isNamed(picture) {
      children.insert(.element("figcaption", title), at: 0)
    }
    return .element("figure", children)
  }

  /// The text of one media type; bundles of notebooks may hold it as a list of lines.
  private func content(_ media: String) -> String? {
    guard let value = data[media] else { return nil }
    return value.string ?? value.array?.compactMap(\.string).joined()
  }

  /// Whether the picture writes the title of the display itself.
  private func isNamed(_ picture: Markup?) -> Bool {
    guard case .element(let svg)? = picture else { return false }
    return svg.children.contains { $0.isElement("title") && $0.text == title }
      && svg.children.contains { $0.isElement("text") && title.hasPrefix($0.text.prefix(12)) }
  }

  private static func folded(_ name: String, _ children: [Markup]) -> Markup {
    .element("details", ["class": "alternative"], [.element("summary", name)] + children)
  }

  static func pre(_ text: String) -> Markup {
    var shown = text
    if text.utf8.count > textLimit {
      let start = text.utf8.prefix(textLimit)
      // A cut inside a character would leave half of it.
      shown = String(decoding: start, as: UTF8.self)
      while shown.unicodeScalars.last == "\u{FFFD}" { shown.unicodeScalars.removeLast() }
      shown += "\n… cut; \(text.utf8.count) bytes in all"
    }
    return .element("pre", ["class": "scroll", "tabindex": "0"], shown)
  }
}
