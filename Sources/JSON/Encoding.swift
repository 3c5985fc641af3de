extension JSON {
  /// Writes `Encodable` types as JSON values; members stand in the order in which they were encoded.
  ///
  /// A `nil` member is left out.
  public struct Encoder: Sendable {
    public init() {}

    public func encode(_ value: some Encodable) throws -> JSON {
      try box(value, [])
    }
  }
}

private func box(_ value: some Encodable, _ path: [any CodingKey]) throws -> JSON {
  if let value = value as? JSON { return value }
  let node = Node()
  try value.encode(to: ValueEncoder(node: node, codingPath: path))
  return node.json
}

/// A place in the tree that is being built; guarded by nothing, since one encoding runs on one thread.
private final class Node {
  enum Content {
    case empty
    case value(JSON)
    case array([Node])
    case object([(String, Node)])
  }
  var content = Content.empty

  var json: JSON {
    switch content {
    case .empty: .object(JSON.Object())
    case .value(let value): value
    case .array(let nodes): .array(nodes.map(\.json))
    case .object(let members): .object(JSON.Object(distinct: members.map { JSON.Object.Member($0.0, $0.1.json) }))
    }
  }

  func element() -> Node {
    let node = Node()
    if case .array(let nodes) = content { content = .array(nodes + [node]) } else { content = .array([node]) }
    return node
  }

  func append(_ value: JSON) {
    let node = Node()
    node.content = .value(value)
    if case .array(var nodes) = content {
      content = .empty
      nodes.append(node)
      content = .array(nodes)
    } else {
      content = .array([node])
    }
  }

  func member(_ key: String) -> Node {
    let node = Node()
    guard case .object(var members) = content else {
      content = .object([(key, node)])
      return node
    }
    content = .empty
    if let index = members.firstIndex(where: { $0.0.hasSameBytes(as: key) }) {
      members[index].1 = node
    } else {
      members.append((key, node))
    }
    content = .object(members)
    return node
  }
}

private struct ValueEncoder: Encoder {
  let node: Node
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .empty = node.content { node.content = .object([]) }
    return KeyedEncodingContainer(ObjectContainer(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .empty = node.content { node.content = .array([]) }
    return ArrayContainer(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleContainer(node: node, codingPath: codingPath)
  }
}

private func integer<T: FixedWidthInteger>(_ value: T, _ path: [any CodingKey]) throws -> JSON {
  guard let exact = Int64(exactly: value) else {
    throw EncodingError.invalidValue(value, .init(codingPath: path, debugDescription: "beyond 64 bits"))
  }
  return .integer(exact)
}

private struct SingleContainer: SingleValueEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]

  private func put(_ value: JSON) { node.content = .value(value) }
  func encodeNil() throws { put(.null) }
  func encode(_ value: Bool) throws { put(.bool(value)) }
  func encode(_ value: String) throws { put(.string(value)) }
  func encode(_ value: Double) throws { put(.real(value)) }
  func encode(_ value: Float) throws { put(.real(Double(value))) }
  func encode(_ value: Int) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int8) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int16) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int32) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int64) throws { put(.integer(value)) }
  func encode(_ value: UInt) throws { put(try integer(value, codingPath)) }
  func encode(_ value: UInt8) throws { put(.integer(Int64(value))) }
  func encode(_ value: UInt16) throws { put(.integer(Int64(value))) }
  func encode(_ value: UInt32) throws { put(.integer(Int64(value))) }
  func encode(_ value: UInt64) throws { put(try integer(value, codingPath)) }
  func encode(_ value: some Encodable) throws { put(try box(value, codingPath)) }
}

private struct ObjectContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  let codingPath: [any CodingKey]

  private func put(_ value: JSON, _ key: Key) { node.member(key.stringValue).content = .value(value) }
  func encodeNil(forKey key: Key) throws { put(.null, key) }
  func encode(_ value: Bool, forKey key: Key) throws { put(.bool(value), key) }
  func encode(_ value: String, forKey key: Key) throws { put(.string(value), key) }
  func encode(_ value: Double, forKey key: Key) throws { put(.real(value), key) }
  func encode(_ value: Float, forKey key: Key) throws { put(.real(Double(value)), key) }
  func encode(_ value: Int, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: Int8, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: Int16, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: Int32, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: Int64, forKey key: Key) throws { put(.integer(value), key) }
  func encode(_ value: UInt, forKey key: Key) throws { put(try integer(value, codingPath + [key]), key) }
  func encode(_ value: UInt8, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: UInt16, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: UInt32, forKey key: Key) throws { put(.integer(Int64(value)), key) }
  func encode(_ value: UInt64, forKey key: Key) throws { put(try integer(value, codingPath + [key]), key) }
  func encode(_ value: some Encodable, forKey key: Key) throws { put(try box(value, codingPath + [key]), key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { ValueEncoder(node: node, codingPath: codingPath) }
  func superEncoder(forKey key: Key) -> any Encoder {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct ArrayContainer: UnkeyedEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]
  var count: Int { if case .array(let nodes) = node.content { nodes.count } else { 0 } }

  private func put(_ value: JSON) { node.append(value) }
  func encodeNil() throws { put(.null) }
  func encode(_ value: Bool) throws { put(.bool(value)) }
  func encode(_ value: String) throws { put(.string(value)) }
  func encode(_ value: Double) throws { put(.real(value)) }
  func encode(_ value: Float) throws { put(.real(Double(value))) }
  func encode(_ value: Int) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int8) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int16) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int32) throws { put(.integer(Int64(value))) }
  func encode(_ value: Int64) throws { put(.integer(value)) }
  func encode(_ value: UInt) throws { put(try integer(value, codingPath)) }
  func encode(_ value: UInt8) throws { put(.integer(Int64(value))) }
  func encode(_ value: UInt16) throws { put(.integer(Int64(value))) }
  func encode(_ value: UInt32) throws { put(.integer(Int64(value))) }
  func encode(_ value: UInt64) throws { put(try integer(value, codingPath)) }
  func encode(_ value: some Encodable) throws { put(try box(value, codingPath + [JSON.PathKey(intValue: count)])) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    ValueEncoder(node: node.element(), codingPath: codingPath).container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    ValueEncoder(node: node.element(), codingPath: codingPath).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { ValueEncoder(node: node.element(), codingPath: codingPath) }
}

extension JSON: Encodable {
  /// Into any encoder; into ours the value is handed over as it is.
  public func encode(to encoder: any Swift.Encoder) throws {
    switch self {
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value): try value.encode(to: encoder)
    case .integer(let value): try value.encode(to: encoder)
    case .real(let value): try value.encode(to: encoder)
    case .string(let value): try value.encode(to: encoder)
    case .array(let elements): try elements.encode(to: encoder)
    case .object(let object):
      var container = encoder.container(keyedBy: PathKey.self)
      for member in object.members { try container.encode(member.value, forKey: PathKey(stringValue: member.key)) }
    }
  }
}
