/// A JSON value. Integers are kept apart from reals, and an object keeps the order of its members.
///
///     let value: JSON = ["name": "probe.logistic", "C": 1.0]
///     value["C"]?.double          // 1.0
public enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case string(String)
  case array([JSON])
  case object(Object)
}

extension JSON {
  /// The members of an object in the order in which they were read or added; names are distinct.
  public struct Object: Sendable {
    public struct Member: Sendable {
      public var key: String
      public var value: JSON

      @inlinable
      public init(_ key: String, _ value: JSON) {
        self.key = key
        self.value = value
      }
    }

    @usableFromInline var list: [Member]
    @inlinable public var members: [Member] { list }

    @inlinable
    public init() { list = [] }

    /// Takes members whose names are known to be distinct.
    @inlinable
    public init(distinct members: [Member]) { list = members }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// The value of a member; `nil` when it is absent. Assigning `nil` removes the member.
    public subscript(key: String) -> JSON? {
      get {
        for member in members where member.key.hasSameBytes(as: key) { return member.value }
        return nil
      }
      set {
        let position = list.firstIndex { $0.key.hasSameBytes(as: key) }
        switch (position, newValue) {
        case (let position?, let value?): list[position].value = value
        case (let position?, nil): list.remove(at: position)
        case (nil, let value?): list.append(Member(key, value))
        case (nil, nil): break
        }
      }
    }
  }
}

// MARK: - Looking inside

extension JSON {
  public var isNull: Bool { if case .null = self { true } else { false } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var object: Object? { if case .object(let value) = self { value } else { nil } }

  /// The number as a binary64, whether it was written as an integer or as a real.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  /// A whole number, also when it was written as a real (`5.0`).
  public var int: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    case .real(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The member of an object; `nil` when this is no object or has no such member.
  public subscript(key: String) -> JSON? {
    get { object?[key] }
    set {
      guard case .object(var members) = self else { return }
      members[key] = newValue
      self = .object(members)
    }
  }

  /// The element of an array; `nil` when this is no array or is too short.
  public subscript(index: Int) -> JSON? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The name of the value's JSON type, as JSON Schema has it.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .real(let value): value == value.rounded() && value.isFinite ? "integer" : "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

// MARK: - Equality

/// Mathematical equality: `1` equals `1.0`, and the order of an object's members does not matter.
extension JSON: Equatable {
  public static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.real(let a), .real(let b)): a == b
    case (.integer(let a), .real(let b)), (.real(let b), .integer(let a)): Int64(exactly: b) == a
    case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }
}

extension JSON.Object: Equatable {
  public static func == (left: JSON.Object, right: JSON.Object) -> Bool {
    guard left.count == right.count else { return false }
    if left.count <= 8 {
      return left.members.allSatisfy { right[$0.key] == $0.value }
    }
    let table = Dictionary(
      right.members.map { (Array($0.key.utf8), $0.value) }, uniquingKeysWith: { first, _ in first })
    return left.members.allSatisfy { table[Array($0.key.utf8)] == $0.value }
  }
}

extension String {
  /// Equality of code points. Swift's `==` also equates canonically equivalent texts, which JSON keeps apart.
  package func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}

// MARK: - Literals

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .real(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = Object()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}

extension JSON.Object: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }
}

extension JSON {
  public init(_ value: Int) { self = .integer(Int64(value)) }
  public init(_ value: Double) { self = .real(value) }
  public init(_ value: String) { self = .string(value) }
  public init(_ values: [String]) { self = .array(values.map(JSON.string)) }
}
