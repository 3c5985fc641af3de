/// Collects the nodes of one record.
struct XMLBuilder {
  /// The most text, and the most nodes, that one record may have.
  static let mostText = 10 << 20
  static let mostNodes = 1 << 20

  private var nodes: [XMLFragment.Node] = []
  private var attributes: [XMLFragment.Attribute] = []
  private var values: [UInt8] = []
  private var text: [UInt8] = []
  private var anchors: [XMLFragment.Anchor] = []
  private var open: [Int] = []
  /// Where the record's first tag begins in the source.
  let start: Int
  /// Whether something was left out because the record is too large.
  private(set) var isCut = false

  init(start: Int) {
    self.start = start
    // What a record of a feed needs: growing would move it several times.
    nodes.reserveCapacity(128)
    attributes.reserveCapacity(32)
    values.reserveCapacity(512)
    text.reserveCapacity(4096)
    anchors.reserveCapacity(64)
    open.reserveCapacity(16)
  }

  var depth: Int { open.count }

  mutating func begin(_ name: Int32, innerStart: Int) {
    guard nodes.count < Self.mostNodes else {
      isCut = true
      return
    }
    open.append(nodes.count)
    nodes.append(
      XMLFragment.Node(
        name: name, end: 0, textStart: text.count, textEnd: text.count, attributeStart: Int32(attributes.count),
        attributeEnd: Int32(attributes.count), innerStart: innerStart, innerEnd: innerStart))
  }

  mutating func attribute(_ name: Int32, _ value: UnsafeBufferPointer<UInt8>) {
    guard values.count + value.count <= Self.mostText, let last = open.last else { return }
    attributes.append(XMLFragment.Attribute(name: name, start: values.count, end: values.count + value.count))
    values.append(contentsOf: value)
    nodes[last].attributeEnd = Int32(attributes.count)
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, source: Int) {
    guard text.count + bytes.count <= Self.mostText, nodes.count < Self.mostNodes else {
      isCut = true
      return
    }
    if let last = anchors.last, last.source - last.text == source - text.count {
      // What follows in the source needs no mark of its own.
    } else {
      anchors.append(XMLFragment.Anchor(text: text.count, source: source))
    }
    // Text that the parser hands over in parts is one node.
    if let last = nodes.last, last.name < 0, last.textEnd == text.count, nodes.count - 1 != open.last {
      nodes[nodes.count - 1].textEnd += bytes.count
    } else {
      nodes.append(
        XMLFragment.Node(
          name: -1, end: Int32(nodes.count + 1), textStart: text.count, textEnd: text.count + bytes.count,
          attributeStart: 0, attributeEnd: 0, innerStart: 0, innerEnd: 0))
    }
    text.append(contentsOf: bytes)
  }

  mutating func end(innerEnd: Int) {
    guard let last = open.popLast() else { return }
    nodes[last].end = Int32(nodes.count)
    nodes[last].textEnd = text.count
    nodes[last].innerEnd = innerEnd
  }

  /// The record; what is still open ends here.
  mutating func fragment(names: [String], bytes: [UInt8], end: Int, isWhole: Bool) -> XMLFragment {
    while !open.isEmpty { self.end(innerEnd: end) }
    return XMLFragment(
      names: names, nodes: nodes, attributes: attributes, values: values, text: text, anchors: anchors, bytes: bytes,
      span: start..<max(start, end), isWhole: isWhole)
  }
}
