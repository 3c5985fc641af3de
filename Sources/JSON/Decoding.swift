extension JSON {
  /// Reads `Decodable` types from JSON values.
  ///
  ///     let parameters = try JSON.Decoder().decode(Parameters.self, from: value)
  ///
  /// A whole real (`5.0`) is read as an integer too; the coding path holds list indices, so a reference
  /// can take its JSON Pointer from it.
  public struct Decoder: Sendable {
    /// Told of each member name that is asked for, as the JSON Pointer of the member; a test compares it with the schema.
    public var onKey: (@Sendable (String) -> Void)?

    public init(onKey: (@Sendable (String) -> Void)? = nil) { self.onKey = onKey }

    public func decode<T: Decodable>(_ type: T.Type, from value: JSON) throws -> T {
      try ValueDecoder(value: value, codingPath: [], onKey: onKey).unbox(type)
    }
  }

  /// The name of a member or the position in a list.
  struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
      self.stringValue = stringValue
      intValue = nil
    }
    init(intValue: Int) {
      stringValue = "\(intValue)"
      self.intValue = intValue
    }
  }
}

extension JSON.Pointer {
  /// The pointer that a coding path spells.
  public init(_ path: [any CodingKey]) { self.init(path.map(\.stringValue)) }
}

private struct ValueDecoder: Decoder {
  let value: JSON
  let codingPath: [any CodingKey]
  let onKey: (@Sendable (String) -> Void)?
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let object) = value else { throw mismatch([String: JSON].self, "an object") }
    return KeyedDecodingContainer(ObjectContainer(decoder: self, object: object))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch([JSON].self, "an array") }
    return ArrayContainer(decoder: self, elements: elements)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleContainer(decoder: self) }

  func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
    .typeMismatch(
      type, .init(codingPath: codingPath, debugDescription: "expected \(expected), found \(value.typeName)"))
  }

  func unbox<T: Decodable>(_ type: T.Type) throws -> T {
    // Lists of numbers are read straight, without a container per element.
    if type == JSON.self, let result = value as? T { return result }
    if type == [Double].self, let elements = value.array {
      let numbers = elements.compactMap(\.double)
      if numbers.count == elements.count, let result = numbers as? T { return result }
    }
    return try T(from: self)
  }

  func child(_ value: JSON, _ key: any CodingKey) -> ValueDecoder {
    ValueDecoder(value: value, codingPath: codingPath + [key], onKey: onKey)
  }

  func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    switch value {
    case .integer(let integer):
      if let result = T(exactly: integer) { return result }
    case .real(let real):
      if let result = T(exactly: real) { return result }
    default: break
    }
    throw mismatch(type, "a whole number in the range of \(type)")
  }

  func number() throws -> Double {
    guard let number = value.double else { throw mismatch(Double.self, "a number") }
    return number
  }

  func text() throws -> String {
    guard let text = value.string else { throw mismatch(String.self, "a string") }
    return text
  }

  func truth() throws -> Bool {
    guard let truth = value.bool else { throw mismatch(Bool.self, "a boolean") }
    return truth
  }
}

private struct SingleContainer: SingleValueDecodingContainer {
  let decoder: ValueDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.value.isNull }
  func decode(_ type: Bool.Type) throws -> Bool { try decoder.truth() }
  func decode(_ type: String.Type) throws -> String { try decoder.text() }
  func decode(_ type: Double.Type) throws -> Double { try decoder.number() }
  func decode(_ type: Float.Type) throws -> Float { Float(try decoder.number()) }
  func decode(_ type: Int.Type) throws -> Int { try decoder.integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try decoder.integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try decoder.integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try decoder.integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try decoder.integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.integer(type) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.unbox(type) }
}

private struct ObjectContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: ValueDecoder
  let object: JSON.Object
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { object.keys.compactMap(Key.init(stringValue:)) }

  private func find(_ key: Key) -> JSON? {
    if let onKey = decoder.onKey { onKey(JSON.Pointer(codingPath + [key]).description) }
    return object[key.stringValue]
  }

  func contains(_ key: Key) -> Bool { find(key) != nil }

  private func at(_ key: Key) throws -> ValueDecoder {
    guard let value = find(key) else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "the member '\(key.stringValue)' is missing"))
    }
    return decoder.child(value, key)
  }

  func decodeNil(forKey key: Key) throws -> Bool { try at(key).value.isNull }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try at(key).truth() }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try at(key).text() }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try at(key).number() }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try at(key).number()) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try at(key).integer(type) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try at(key).integer(type) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try at(key).integer(type) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try at(key).integer(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try at(key).integer(type) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try at(key).integer(type) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try at(key).integer(type) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try at(key).integer(type) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try at(key).integer(type) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try at(key).integer(type) }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try at(key).unbox(type) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try at(key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try at(key).unkeyedContainer()
  }
  func superDecoder() throws -> any Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Decoder { try at(key) }
}

private struct ArrayContainer: UnkeyedDecodingContainer {
  let decoder: ValueDecoder
  let elements: [JSON]
  var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  init(decoder: ValueDecoder, elements: [JSON]) {
    self.decoder = decoder
    self.elements = elements
  }

  private mutating func next() throws -> ValueDecoder {
    let key = JSON.PathKey(intValue: currentIndex)
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        JSON.self, .init(codingPath: codingPath + [key], debugDescription: "the list ends before this element"))
    }
    currentIndex += 1
    return decoder.child(elements[currentIndex - 1], key)
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }
  mutating func decode(_ type: Bool.Type) throws -> Bool { try next().truth() }
  mutating func decode(_ type: String.Type) throws -> String { try next().text() }
  mutating func decode(_ type: Double.Type) throws -> Double { try next().number() }
  mutating func decode(_ type: Float.Type) throws -> Float { Float(try next().number()) }
  mutating func decode(_ type: Int.Type) throws -> Int { try next().integer(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().integer(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().integer(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().integer(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().integer(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try next().integer(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().integer(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().integer(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().integer(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().integer(type) }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().unbox(type) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Decoder { try next() }
}

extension JSON: Decodable {
  /// From any decoder; from ours the value is handed over as it is.
  public init(from decoder: any Swift.Decoder) throws {
    if let ours = decoder as? ValueDecoder {
      self = ours.value
      return
    }
    throw DecodingError.dataCorrupted(
      .init(codingPath: decoder.codingPath, debugDescription: "a JSON value is read by JSON.Decoder only"))
  }
}
