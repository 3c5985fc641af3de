/// Puts tags and text into a tree, closing what the text leaves open.
struct TreeBuilder {
  private let dialect: MarkupReader.Dialect
  /// The open elements, outermost first, below a root that holds them all.
  private var stack: [Markup.Element] = [Markup.Element("")]

  /// How many open elements are paragraphs: most block elements have none to close.
  private var openParagraphs = 0

  init(dialect: MarkupReader.Dialect) { self.dialect = dialect }

  mutating func add(text: String) {
    stack[stack.count - 1].children.append(.text(text))
  }

  mutating func open(_ element: Markup.Element, isEmpty: Bool) {
    if dialect == .html { closeImplied(before: element.name) }
    if isEmpty || stack.count > MarkupReader.depthLimit {
      stack[stack.count - 1].children.append(.element(element))
    } else {
      stack.append(element)
      if element.name == "p" { openParagraphs += 1 }
    }
  }

  /// Closes the nearest open element of that name; without one the tag is ignored.
  mutating func close(_ name: String) {
    for index in stack.indices.dropFirst().reversed() {
      if stack[index].name == name {
        close(downTo: index)
        return
      }
      // What a cell holds cannot end what stands around its table.
      if dialect == .html, Self.cells.contains(stack[index].name), !Self.tableParts.contains(name) { return }
    }
  }

  mutating func finish() -> [Markup] {
    close(downTo: 1)
    return stack[0].children
  }

  private mutating func close(downTo index: Int) {
    while stack.count > index {
      let element = stack.removeLast()
      if element.name == "p" { openParagraphs -= 1 }
      stack[stack.count - 1].children.append(.element(element))
    }
  }

  // MARK: - End tags that HTML lets one leave out

  private static let cells: Set<String> = ["td", "th", "caption"]
  private static let tableParts: Set<String> = [
    "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup",
  ]
  private static let blocks: Set<String> = [
    "address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul",
  ]

  private mutating func closeImplied(before name: String) {
    switch name {
    case "td", "th": closeOpen(["td", "th"], within: ["tr", "table"])
    case "tr": closeOpen(["tr", "caption", "colgroup"], within: ["thead", "tbody", "tfoot", "table"])
    case "thead", "tbody", "tfoot":
      closeOpen(["thead", "tbody", "tfoot", "caption", "colgroup"], within: ["table"])
    case "li": closeOpen(["li"], within: ["ul", "ol", "table"])
    case "dt", "dd": closeOpen(["dt", "dd"], within: ["dl", "table"])
    case _ where openParagraphs > 0 && Self.blocks.contains(name):
      closeOpen(["p"], within: ["table", "td", "th", "caption"])
    default: break
    }
  }

  /// Closes the outermost open element of `names` that stands inside the nearest of `limits`.
  private mutating func closeOpen(_ names: Set<String>, within limits: Set<String>) {
    var found: Int?
    for index in stack.indices.dropFirst().reversed() {
      if limits.contains(stack[index].name) { break }
      if names.contains(stack[index].name) { found = index }
    }
    if let found { close(downTo: found) }
  }
}
