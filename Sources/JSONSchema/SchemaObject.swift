import JSON
import Pattern

/// A schema object whose keywords are read with their types checked.
struct SchemaObject {
  let object: JSON.Object
  let place: SchemaPlace

  init(_ object: JSON.Object, at place: SchemaPlace) {
    self.object = object
    self.place = place
  }

  subscript(keyword: String) -> JSON? { object[keyword] }

  func string(_ keyword: String) throws(SchemaError) -> String? {
    guard let value = object[keyword] else { return nil }
    guard let string = value.string else { throw malformed(keyword, "a string", value) }
    return string
  }

  func number(_ keyword: String) throws(SchemaError) -> JSON? {
    guard let value = object[keyword] else { return nil }
    guard TypeSet(of: value).contains(.number) else { throw malformed(keyword, "a number", value) }
    return value
  }

  func count(_ keyword: String) throws(SchemaError) -> Int? {
    guard let value = object[keyword] else { return nil }
    guard let count = value.int, count >= 0 else { throw malformed(keyword, "a whole number from 0", value) }
    return count
  }

  func flag(_ keyword: String) throws(SchemaError) -> Bool {
    guard let value = object[keyword] else { return false }
    guard let flag = value.bool else { throw malformed(keyword, "true or false", value) }
    return flag
  }

  func array(_ keyword: String) throws(SchemaError) -> [JSON]? {
    guard let value = object[keyword] else { return nil }
    guard let array = value.array else { throw malformed(keyword, "an array", value) }
    return array
  }

  func members(_ keyword: String) throws(SchemaError) -> [JSON.Object.Member] {
    guard let value = object[keyword] else { return [] }
    guard let object = value.object else { throw malformed(keyword, "an object", value) }
    return object.members
  }

  func names(_ keyword: String) throws(SchemaError) -> [String] {
    try strings(object[keyword] ?? [], keyword)
  }

  func strings(_ value: JSON, _ keyword: String) throws(SchemaError) -> [String] {
    let names = value.array?.compactMap(\.string)
    guard let names, names.count == value.array?.count else { throw malformed(keyword, "an array of strings", value) }
    return names
  }

  /// Where the schema of a keyword stands; `nil` when the keyword is absent.
  func child(_ keyword: String) -> SchemaPlace? { object[keyword].map { place.child(keyword, $0) } }

  /// Where the schemas of a list stand, of which there must be one at least.
  func children(_ keyword: String) throws(SchemaError) -> [SchemaPlace] {
    guard let elements = try array(keyword) else { return [] }
    guard !elements.isEmpty else { throw place.error(.malformed, "must not be empty", at: keyword) }
    let list = place.child(keyword, .array(elements))
    return elements.enumerated().map { list.child("\($0.offset)", $0.element) }
  }

  /// Where the schemas of an object of schemas stand, with their names.
  func named(_ keyword: String) throws(SchemaError) -> [(name: String, place: SchemaPlace)] {
    try members(keyword).map { ($0.key, place.child(keyword, .null).child($0.key, $0.value)) }
  }

  func pattern(_ source: String, _ keyword: String) throws(SchemaError) -> Pattern {
    do throws(Pattern.SyntaxError) { return try Pattern(source) } catch {
      throw place.error(
        error.kind == .malformed ? .malformed : .unsupported, "in the pattern \(shortened(source, to: 80)), \(error)",
        at: keyword)
    }
  }

  func malformed(_ keyword: String, _ expected: String, _ value: JSON) -> SchemaError {
    place.error(.malformed, "must be \(expected), not \(found(value))", at: keyword)
  }
}
