import JSON

/// A text that is equal to another when their code points are, as JSON compares names. (Swift's own equality also
/// equates canonically equivalent texts.)
struct Name: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: Name, right: Name) -> Bool { left.text.hasSameBytes(as: right.text) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// Values by name, quick to look up for few and for many.
struct NameTable<Value: Sendable>: Sendable {
  private(set) var entries: [(name: String, value: Value)] = []
  private var positions: [Name: Int] = [:]

  /// Up to here comparing is quicker than hashing.
  private static var few: Int { 8 }

  subscript(name: String) -> Value? { position(of: name).map { entries[$0].value } }

  mutating func update(_ name: String, default initial: Value, _ change: (inout Value) -> Void) {
    if let position = position(of: name) {
      change(&entries[position].value)
      return
    }
    var value = initial
    change(&value)
    entries.append((name, value))
    if entries.count > NameTable.few {
      for (position, entry) in entries.enumerated() { positions[Name(entry.name)] = position }
    }
  }

  private func position(of name: String) -> Int? {
    if entries.count > NameTable.few { return positions[Name(name)] }
    let count = name.utf8.count
    return entries.firstIndex { $0.name.utf8.count == count && $0.name.hasSameBytes(as: name) }
  }
}

/// The values of an `enum`.
struct ValueSet: Sendable {
  let values: [JSON]
  /// Positions by hash, when there are many.
  private let positions: [Int: [Int]]

  init(_ values: [JSON]) {
    self.values = values
    positions =
      values.count <= 16 ? [:] : Dictionary(grouping: values.indices) { values[$0].structuralHash }
  }

  func contains(_ value: JSON) -> Bool {
    if positions.isEmpty { return values.contains(value) }
    return (positions[value.structuralHash] ?? []).contains { values[$0] == value }
  }
}

extension JSON {
  /// Equal for values that JSON Schema calls equal: 1 and 1.0, and objects whose members stand in another order.
  var structuralHash: Int {
    var hasher = Hasher()
    combine(into: &hasher)
    return hasher.finalize()
  }

  private func combine(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .real(let value):
      if let integer = Int64(exactly: value) { hasher.combine(integer) } else { hasher.combine(value) }
    case .string(let value): hasher.combine(Name(value))
    case .array(let elements):
      hasher.combine(elements.count)
      for element in elements { element.combine(into: &hasher) }
    case .object(let object):
      var sum = 0
      for member in object.members {
        var inner = Hasher()
        inner.combine(Name(member.key))
        member.value.combine(into: &inner)
        sum &+= inner.finalize()
      }
      hasher.combine(sum)
    }
  }
}

/// The first two equal elements of an array.
func firstDuplicate(in elements: [JSON]) -> (Int, Int)? {
  if elements.count <= 8 {
    for second in elements.indices {
      for first in 0..<second where elements[first] == elements[second] { return (first, second) }
    }
    return nil
  }
  var positions: [Int: [Int]] = [:]
  for (index, element) in elements.enumerated() {
    let hash = element.structuralHash
    if let first = positions[hash]?.first(where: { elements[$0] == element }) { return (first, index) }
    positions[hash, default: []].append(index)
  }
  return nil
}

/// The JSON types of a value, or those that a schema allows.
struct TypeSet: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let integer = TypeSet(rawValue: 4)
  /// Any number; a schema that allows it allows `integer` too.
  static let number = TypeSet(rawValue: 8)
  static let string = TypeSet(rawValue: 16)
  static let array = TypeSet(rawValue: 32)
  static let object = TypeSet(rawValue: 64)

  static let names: [(name: String, type: TypeSet, words: String)] = [
    ("integer", .integer, "an integer"), ("number", .number, "a number"), ("string", .string, "a string"),
    ("boolean", .boolean, "a boolean"), ("array", .array, "an array"), ("object", .object, "an object"),
    ("null", .null, "null"),
  ]

  /// The types that a value has: a whole number is of two.
  init(of value: JSON) {
    switch value {
    case .null: self = .null
    case .bool: self = .boolean
    case .integer: self = [.integer, .number]
    case .real(let value): self = value == value.rounded() && value.isFinite ? [.integer, .number] : .number
    case .string: self = .string
    case .array: self = .array
    case .object: self = .object
    }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// "an integer", "a string or null".
  var words: String {
    listed(TypeSet.names.filter { contains($0.type) }.map(\.words), limit: 200)
  }
}
