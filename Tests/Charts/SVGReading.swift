import Charts
import Foundation
import FoundationXML

/// An SVG as a strict XML reader sees it, independent of the writer.
final class SVGReading: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""
    /// The text of a `<title>` directly inside.
    var title: String?
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []

  /// `nil` when the text is not well-formed XML.
  init?(_ svg: String) {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }

  subscript(name: String) -> [Element] { elements.filter { $0.name == name } }

  /// What is written in the picture, cut texts as they are shown.
  var texts: [String] { self["text"].map(\.text) }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if let last = open.last { elements[last].text += string }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    let closed = open.removeLast()
    if name == "title", let parent = open.last { elements[parent].title = elements[closed].text }
  }
}

extension SVGReading.Element {
  func number(_ name: String) -> Double { attributes[name].flatMap(Double.init) ?? .nan }
}
