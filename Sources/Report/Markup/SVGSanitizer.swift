/// Rebuilds an SVG from the elements and attributes that draw, so that it can stand inside a page: no script, no
/// foreign content, no reference to anything outside itself, its identifiers and styles bound to its own place.
struct SVGSanitizer {
  private let style: StyleSanitizer
  /// What `use` may repeat: identifiers of single shapes, with the bytes that each repetition costs a reader.
  private var shapes: [String: Int] = [:]
  private var room = 20_000_000

  /// - Parameter scope: the identifier of the element that will stand around the picture.
  init(scope: String) {
    style = StyleSanitizer(scope: scope)
  }

  /// The first `<svg>` of the nodes, or `nil` where there is none.
  ///
  /// - Parameter name: what the picture is called where it does not say so itself.
  mutating func clean(_ nodes: [Markup], name: String) -> Markup? {
    guard let root = Self.root(nodes) else { return nil }
    collectShapes(root.children)
    guard case .element(var svg)? = clean(root, inClip: false, inLink: false).first else { return nil }
    svg["xmlns"] = "http://www.w3.org/2000/svg"
    svg["role"] = "img"
    let hasName = svg["aria-label"] != nil || svg.children.contains { $0.isElement("title") }
    if !hasName { svg["aria-label"] = name }
    if svg["viewBox"] == nil, let width = Self.length(svg["width"]), let height = Self.length(svg["height"]) {
      svg["viewBox"] = "0 0 \(width) \(height)"
    }
    return .element(svg)
  }

  private static func root(_ nodes: [Markup]) -> Markup.Element? {
    for case .element(let element) in nodes where Self.localName(element.name) == "svg" { return element }
    return nil
  }

  private static func length(_ text: String?) -> String? {
    guard var text else { return nil }
    if text.hasSuffix("px") { text.removeLast(2) }
    guard let value = Double(text), value.isFinite, value > 0 else { return nil }
    return text
  }

  // MARK: - Elements

  private mutating func clean(_ nodes: [Markup], inClip: Bool, inLink: Bool) -> [Markup] {
    var output: [Markup] = []
    for node in nodes {
      switch node {
      case .text: output.append(node)
      case .element(let element): output += clean(element, inClip: inClip, inLink: inLink)
      }
    }
    return output
  }

  private mutating func clean(_ element: Markup.Element, inClip: Bool, inLink: Bool) -> [Markup] {
    guard let name = Self.elements[Self.localName(element.name)] else { return [] }
    var attributes = attributes(of: element, name: name, inClip: inClip)
    switch name {
    case "title", "desc":
      return [.element(Markup.Element(name, attributes, [.text(element.children.map(\.text).joined())]))]
    case "style":
      let sheet = style.sheet(element.children.map(\.text).joined())
      return sheet.isEmpty ? [] : [.element("style", sheet)]
    case "a":
      let children = clean(element.children, inClip: inClip, inLink: true)
      guard !inLink, let target = Self.address(of: element).flatMap(LinkTarget.safe), !LinkTarget.isLocal(target)
      else { return [.element(Markup.Element("g", attributes, children))] }
      attributes += [.init(name: "href", value: target), .init(name: "rel", value: "noopener noreferrer")]
      return [.element(Markup.Element("a", attributes, children))]
    case "use":
      guard let target = Self.localAddress(of: element), let cost = shapes[target], cost <= room else { return [] }
      room -= cost
      attributes.append(.init(name: "href", value: "#\(style.scope)-\(target)"))
      return [.element(Markup.Element(name, attributes))]
    case "linearGradient", "radialGradient":
      if let target = Self.localAddress(of: element) {
        attributes.append(.init(name: "href", value: "#\(style.scope)-\(target)"))
      }
    case "image":
      guard let image = Self.address(of: element).flatMap(LinkTarget.embeddedImage) else { return [] }
      attributes.append(.init(name: "href", value: image))
      return [.element(Markup.Element(name, attributes))]
    default: break
    }
    let children = clean(element.children, inClip: inClip || name == "clipPath", inLink: inLink)
    let holdsText = Self.textElements.contains(name)
    return [.element(Markup.Element(name, attributes, holdsText ? children : children.filter(\.isElement)))]
  }

  /// `use` may repeat single shapes only: groups that repeat groups would grow without bound.
  private mutating func collectShapes(_ nodes: [Markup]) {
    for case .element(let element) in nodes {
      if Self.shapeElements.contains(Self.localName(element.name)),
        let identifier = element["id"].flatMap(Identifier.safe)
      {
        shapes[identifier] = 100 + element.attributes.reduce(0) { $0 + $1.value.utf8.count }
      }
      collectShapes(element.children)
    }
  }

  private static func localName(_ name: String) -> String {
    name.hasPrefix("svg:") ? String(name.dropFirst(4)) : name
  }

  private static func address(of element: Markup.Element) -> String? { element["href"] ?? element["xlink:href"] }

  private static func localAddress(of element: Markup.Element) -> String? {
    guard let address = address(of: element), address.hasPrefix("#") else { return nil }
    return Identifier.safe(String(address.dropFirst()))
  }

  // MARK: - Attributes

  private func attributes(of element: Markup.Element, name: String, inClip: Bool) -> [Markup.Attribute] {
    element.attributes.compactMap { attribute in
      let value = attribute.value
      switch attribute.name {
      case "id": return Identifier.safe(value).map { .init(name: "id", value: "\(style.scope)-\($0)") }
      case "class":
        let names = value.split(whereSeparator: \.isWhitespace).compactMap { Identifier.safe(String($0)) }
        return names.isEmpty ? nil : .init(name: "class", value: names.joined(separator: " "))
      case "aria-labelledby", "aria-describedby":
        let names = value.split(whereSeparator: \.isWhitespace).compactMap { Identifier.safe(String($0)) }
        return .init(name: attribute.name, value: names.map { "\(style.scope)-\($0)" }.joined(separator: " "))
      case "aria-label": return attribute
      case "aria-hidden" where value == "true": return attribute
      case "style":
        let kept = style.declarations(value, allowed: StyleSanitizer.pictureProperties)
        return kept.isEmpty ? nil : .init(name: "style", value: kept)
      case "clip-path" where inClip: return nil
      default:
        let isKnown = StyleSanitizer.pictureProperties.contains(attribute.name)
        guard let known = isKnown ? attribute.name : Self.attributes[attribute.name], let plain = style.value(value)
        else { return nil }
        return .init(name: known, value: plain)
      }
    }
  }

  // MARK: - Lists

  private static let shapeElements: Set<String> = ["circle", "ellipse", "line", "path", "polygon", "polyline", "rect"]
  private static let textElements: Set<String> = ["a", "text", "tspan"]

  /// Lower-case names and how SVG writes them.
  private static let elements = table([
    "a", "circle", "clipPath", "defs", "desc", "ellipse", "g", "image", "line", "linearGradient", "path", "polygon",
    "polyline", "radialGradient", "rect", "stop", "style", "svg", "symbol", "text", "title", "tspan", "use",
  ])

  private static let attributes = table([
    "clipPathUnits", "cx", "cy", "d", "dx", "dy", "fx", "fy", "gradientTransform", "gradientUnits", "height",
    "lengthAdjust", "offset", "pathLength", "points", "preserveAspectRatio", "r", "rotate", "rx", "ry",
    "spreadMethod", "textLength", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2",
  ])

  private static func table(_ names: [String]) -> [String: String] {
    Dictionary(uniqueKeysWithValues: names.map { ($0.lowercased(), $0) })
  }
}

extension Markup {
  var isElement: Bool { if case .element = self { true } else { false } }

  func isElement(_ name: String) -> Bool {
    if case .element(let element) = self { element.name == name } else { false }
  }
}
