import JSON

/// Where a value of a cell's body stands in the body's bytes. It mirrors the JSON value: members in the same order.
struct SourceNode: Sendable {
  enum Shape: Sendable {
    case scalar
    case sequence([SourceNode])
    case mapping([Entry])
  }

  struct Entry: Sendable {
    var key: Range<Int>
    var value: SourceNode
  }

  enum Style: Sendable { case plain, quoted, literal, flow, block, empty }

  /// From the first byte of the value to the end of its last.
  var range: Range<Int>
  var style: Style
  var shape = Shape.scalar
}

/// A value with its places.
struct SourceValue {
  var value: JSON
  var node: SourceNode

  /// What stands for a value that did not read.
  static func missing(at offset: Int) -> SourceValue {
    SourceValue(value: .null, node: SourceNode(range: offset..<offset, style: .empty))
  }

  /// The member of a mapping, and where its key stands.
  func member(_ key: String) -> (key: Range<Int>, value: SourceValue)? {
    guard case .object(let object) = value, case .mapping(let entries) = node.shape else { return nil }
    for (member, entry) in zip(object.members, entries) where member.key.hasSameBytes(as: key) {
      return (entry.key, SourceValue(value: member.value, node: entry.value))
    }
    return nil
  }

  func element(_ index: Int) -> SourceValue? {
    guard case .array(let elements) = value, case .sequence(let nodes) = node.shape,
      elements.indices.contains(index), nodes.indices.contains(index)
    else { return nil }
    return SourceValue(value: elements[index], node: nodes[index])
  }

  /// One step of a JSON Pointer.
  func child(_ token: String) -> (key: Range<Int>?, value: SourceValue)? {
    if let member = member(token) { return (member.key, member.value) }
    return JSON.index(token).flatMap(element).map { (nil, $0) }
  }
}
