/// A piece of a page: text or an element. The page is built from these and written in one place, so that every text
/// is escaped once and every element is closed.
indirect enum Markup: Equatable {
  case text(String)
  case element(Element)

  struct Attribute: Equatable {
    let name: String
    let value: String
  }

  struct Element: Equatable {
    var name: String
    var attributes: [Attribute]
    var children: [Markup]

    init(_ name: String, _ attributes: [Attribute] = [], _ children: [Markup] = []) {
      self.name = name
      self.attributes = attributes
      self.children = children
    }

    /// The value of an attribute; assigning `nil` removes it.
    subscript(attribute: String) -> String? {
      get { attributes.first { $0.name == attribute }?.value }
      set {
        let position = attributes.firstIndex { $0.name == attribute }
        switch (position, newValue) {
        case (let position?, let value?): attributes[position] = Attribute(name: attribute, value: value)
        case (let position?, nil): attributes.remove(at: position)
        case (nil, let value?): attributes.append(Attribute(name: attribute, value: value))
        case (nil, nil): break
        }
      }
    }
  }
}

// MARK: - Building

extension Markup {
  static func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [Markup]) -> Markup {
    .element(Element(name, attributes.map { Attribute(name: $0.key, value: $0.value) }, children))
  }

  static func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) -> Markup {
    element(name, attributes, [.text(text)])
  }

  static func element(_ name: String, _ children: [Markup]) -> Markup { .element(Element(name, [], children)) }

  static func element(_ name: String, _ text: String) -> Markup { element(name, [.text(text)]) }

  /// All text inside, in order.
  var text: String {
    switch self {
    case .text(let text): text
    case .element(let element): element.children.map(\.text).joined()
    }
  }

  var isBlank: Bool {
    if case .text(let text) = self { text.allSatisfy(\.isWhitespace) } else { false }
  }
}

// MARK: - Writing

extension Markup {
  /// HTML elements that have no content and no end tag.
  static let voidElements: Set<String> = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
  ]

  /// HTML text; SVG elements are written so that an XML reader takes them too.
  static func write(_ nodes: [Markup]) -> String {
    var output = ""
    for node in nodes { node.write(to: &output) }
    return output
  }

  private func write(to output: inout String) {
    switch self {
    case .text(let text): output += Self.escaped(text)
    case .element(let element):
      output += "<\(element.name)"
      for attribute in element.attributes {
        output += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
      }
      if Self.voidElements.contains(element.name) {
        output += ">"
        return
      }
      output += ">"
      if element.name == "style" {
        // A style sheet is raw text; one that could end its element early is left out.
        let sheet = element.children.map(\.text).joined()
        if !sheet.utf8.contains(UInt8(ascii: "<")) { output += sheet }
      } else {
        // An HTML reader drops the first line break of a `pre`.
        if element.name == "pre", element.children.first?.text.hasPrefix("\n") == true { output += "\n" }
        for child in element.children { child.write(to: &output) }
      }
      output += "</\(element.name)>"
    }
  }

  /// Text for content and for quoted attribute values; characters that no page may hold become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
