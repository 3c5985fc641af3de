/// Rebuilds a fragment of HTML from the elements and attributes that can do no harm.
struct HTMLSanitizer {
  /// Whether headings stay (prose of the notebook) or become strong paragraphs (a display must not break into the
  /// outline of the page).
  var keepsHeadings = false

  func clean(_ nodes: [Markup]) -> [Markup] { clean(nodes, inLink: false) }

  private func clean(_ nodes: [Markup], inLink: Bool) -> [Markup] {
    nodes.flatMap { node -> [Markup] in
      switch node {
      case .text: [node]
      case .element(let element): clean(element, inLink: inLink)
      }
    }
  }

  private func clean(_ element: Markup.Element, inLink: Bool) -> [Markup] {
    let name = element.name
    if Self.dropped.contains(name) { return [] }
    switch name {
    case "a": return link(element, inLink: inLink)
    case "img": return image(element, inLink: inLink)
    case "table": return [TableLayout.arranged(element, cells: { clean($0, inLink: inLink) })]
    case "h1", "h2", "h3", "h4", "h5", "h6":
      let children = clean(element.children, inLink: inLink)
      return keepsHeadings
        ? [.element(Markup.Element(name, [], children))] : [.element("p", [.element("strong", children)])]
    case _ where Self.allowed.contains(name):
      return [
        .element(Markup.Element(name, Self.attributes(of: element), clean(element.children, inLink: inLink)))
      ]
    default:
      // Unknown, or a part of a table outside of one: what it holds stays.
      return clean(element.children, inLink: inLink)
    }
  }

  /// A link keeps its text, and its target where that is safe. Links do not nest.
  private func link(_ element: Markup.Element, inLink: Bool) -> [Markup] {
    guard !inLink, let address = element["href"] else { return clean(element.children, inLink: inLink) }
    guard let target = LinkTarget.safe(address) else { return clean(element.children, inLink: inLink) }
    return [Self.link(to: target, clean(element.children, inLink: true))]
  }

  /// Pixels inside the page are shown; anything else would be fetched, so it becomes a link.
  private func image(_ element: Markup.Element, inLink: Bool) -> [Markup] {
    let alternative = element["alt"] ?? ""
    let address = element["src"] ?? ""
    if let image = LinkTarget.embeddedImage(address) {
      return [
        .element(Markup.Element("img", [.init(name: "src", value: image), .init(name: "alt", value: alternative)]))
      ]
    }
    let name = alternative.isEmpty ? "image" : alternative
    if !inLink, let target = LinkTarget.safe(address), !LinkTarget.isLocal(target) {
      return [Self.link(to: target, [.text("[\(name)]")])]
    }
    return [.text("[\(name)]")]
  }

  static func link(to target: String, _ children: [Markup]) -> Markup {
    LinkTarget.isLocal(target)
      ? .element("a", ["href": target], children)
      : .element("a", ["href": target, "rel": "noopener noreferrer"], children)
  }

  // MARK: - Lists

  static let allowed: Set<String> = [
    "abbr", "b", "bdi", "bdo", "blockquote", "br", "cite", "code", "dd", "del", "details", "dfn", "div", "dl", "dt",
    "em", "figcaption", "figure", "hr", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small",
    "span", "strong", "sub", "summary", "sup", "time", "u", "ul", "var", "wbr",
  ]

  /// These go with all that they hold.
  private static let dropped: Set<String> = [
    "applet", "audio", "base", "button", "canvas", "datalist", "embed", "frame", "frameset", "head", "iframe", "input",
    "link", "math", "meta", "noembed", "noframes", "noscript", "object", "option", "param", "plaintext", "script",
    "select", "source", "style", "svg", "template", "textarea", "title", "track", "video", "xmp",
  ]

  static func attributes(of element: Markup.Element) -> [Markup.Attribute] {
    element.attributes.compactMap { attribute in
      switch (attribute.name, element.name) {
      case ("dir", _) where ["ltr", "rtl", "auto"].contains(attribute.value.lowercased()): return attribute
      case ("lang", _) where Identifier.safe(attribute.value) != nil: return attribute
      case ("title", _): return attribute
      case ("start", "ol"): return Int32(attribute.value).map { .init(name: "start", value: String($0)) }
      case ("datetime", "time"): return attribute
      case ("style", _):
        let style = StyleSanitizer(scope: "x").declarations(
          attribute.value, allowed: StyleSanitizer.textProperties)
        return style.isEmpty ? nil : .init(name: "style", value: style)
      default: return nil
      }
    }
  }
}
