/// The part of a document that one record takes, as a flat tree: nodes in document order, all text in one buffer.
public final class XMLFragment: Sendable {
  struct Node: Sendable {
    /// Index of the name; -1 for text.
    var name: Int32
    /// Behind the last node of the subtree.
    var end: Int32
    /// Where the subtree's text begins and ends in `text`.
    var textStart: Int
    var textEnd: Int
    var attributeStart: Int32
    var attributeEnd: Int32
    /// Bytes of the source between the tags.
    var innerStart: Int
    var innerEnd: Int
  }

  struct Attribute: Sendable {
    var name: Int32
    var start: Int
    var end: Int
  }

  /// A stretch of text and where it stands: from `text` on, bytes come from `source` on.
  public struct Anchor: Sendable {
    public let text: Int
    public let source: Int
  }

  let names: [String]
  let nodes: [Node]
  let attributes: [Attribute]
  let values: [UInt8]
  let text: [UInt8]
  let anchors: [Anchor]
  /// The source's bytes from the record's start, as far as they were kept.
  let bytes: [UInt8]
  /// The record in the source, from `<` to behind the last `>`.
  public let span: Range<Int>
  /// Whether the record's end tag was read.
  public let isWhole: Bool

  init(
    names: [String], nodes: [Node], attributes: [Attribute], values: [UInt8], text: [UInt8], anchors: [Anchor],
    bytes: [UInt8], span: Range<Int>, isWhole: Bool
  ) {
    self.names = names
    self.nodes = nodes
    self.attributes = attributes
    self.values = values
    self.text = text
    self.anchors = anchors
    self.bytes = bytes
    self.span = span
    self.isWhole = isWhole
  }

  public var root: XMLNode { XMLNode(fragment: self, index: 0) }
}

/// An element of a fragment.
public struct XMLNode: Sendable {
  public let fragment: XMLFragment
  let index: Int

  private var node: XMLFragment.Node { fragment.nodes[index] }

  /// Without its prefix.
  public var name: String { fragment.names[Int(node.name)] }

  /// Calls the closure with each child element, in order.
  public func forEachChild(_ body: (XMLNode) -> Void) {
    var child = index + 1
    while child < node.end {
      if fragment.nodes[child].name >= 0 { body(XMLNode(fragment: fragment, index: child)) }
      child = Int(fragment.nodes[child].end)
    }
  }

  public var children: [XMLNode] {
    var list: [XMLNode] = []
    forEachChild { list.append($0) }
    return list
  }

  public func children(_ name: String) -> [XMLNode] {
    var list: [XMLNode] = []
    forEachChild { if $0.name == name { list.append($0) } }
    return list
  }

  /// The first child of a name.
  public func first(_ name: String) -> XMLNode? {
    var child = index + 1
    let end = Int(node.end)
    while child < end {
      let next = fragment.nodes[child]
      if next.name >= 0, fragment.names[Int(next.name)] == name { return XMLNode(fragment: fragment, index: child) }
      child = Int(next.end)
    }
    return nil
  }

  /// The first element below this one along child names.
  public func first(_ path: String...) -> XMLNode? {
    var place = self
    for name in path {
      guard let next = place.first(name) else { return nil }
      place = next
    }
    return place
  }

  /// All elements of a name below this one, in document order.
  public func descendants(_ name: String) -> [XMLNode] {
    (index + 1..<Int(node.end)).filter { fragment.nodes[$0].name >= 0 }
      .map { XMLNode(fragment: fragment, index: $0) }.filter { $0.name == name }
  }

  /// The value of an attribute, by its name without prefix.
  public func attribute(_ name: String) -> String? {
    for place in Int(node.attributeStart)..<Int(node.attributeEnd) {
      let attribute = fragment.attributes[place]
      if fragment.names[Int(attribute.name)] == name {
        return Self.value(fragment.values[attribute.start..<attribute.end])
      }
    }
    return nil
  }

  /// The parser leaves `&` in attributes as a reference.
  private static func value(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    let sign = Array("&#38;".utf8)
    var result: [UInt8] = []
    var rest = bytes
    while let first = rest.first {
      result.append(first)
      rest = rest.dropFirst(rest.starts(with: sign) ? sign.count : 1)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// All text below the element.
  public var text: ArraySlice<UInt8> { fragment.text[node.textStart..<node.textEnd] }

  /// Text nodes and elements below the element in document order: enters an element when the closure says so.
  ///
  /// `visit` gets each element and returns whether its content counts; `take` gets each piece of text with its place in
  /// the fragment's text, `leave` the elements that were entered.
  public func walk(
    enter: (XMLNode) -> Bool, leave: (XMLNode) -> Void, take: (Range<Int>) -> Void
  ) {
    var child = index + 1
    while child < node.end {
      let next = fragment.nodes[child]
      if next.name < 0 {
        take(next.textStart..<next.textEnd)
      } else {
        let element = XMLNode(fragment: fragment, index: child)
        if enter(element) {
          element.walk(enter: enter, leave: leave, take: take)
          leave(element)
        }
      }
      child = Int(next.end)
    }
  }

  /// The bytes between the tags in the source, as far as they were kept, and where they stand.
  public var source: (bytes: ArraySlice<UInt8>, range: Range<Int>) {
    let range = node.innerStart..<max(node.innerStart, node.innerEnd)
    let start = range.lowerBound - fragment.span.lowerBound
    let end = range.upperBound - fragment.span.lowerBound
    guard start >= 0, end <= fragment.bytes.count else { return ([], range) }
    return (fragment.bytes[start..<end], range)
  }

  /// The stretches of a part of the fragment's text, each with its first byte's place in the source.
  public func stretches(_ range: Range<Int>, _ body: (ArraySlice<UInt8>, _ source: Int) -> Void) {
    let anchors = fragment.anchors
    var low = 0
    var high = anchors.count
    while low < high {
      let middle = (low + high) / 2
      if anchors[middle].text <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    var start = range.lowerBound
    var place = max(0, low - 1)
    while start < range.upperBound, place < anchors.count {
      let end = place + 1 < anchors.count ? min(range.upperBound, anchors[place + 1].text) : range.upperBound
      if end > start { body(fragment.text[start..<end], anchors[place].source + start - anchors[place].text) }
      start = max(start, end)
      place += 1
    }
  }

  /// The element's whole text range, for `stretches`.
  public var textRange: Range<Int> { node.textStart..<node.textEnd }
}
