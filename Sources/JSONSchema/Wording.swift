import JSON

/// What a rule asks for, as a thing and as a demand.
struct Wording {
  /// "a number above 0"
  let expected: String
  /// "must be above 0, not -1"
  let requirement: String

  static let never = Wording(expected: "nothing here", requirement: "must not be given")
  static let extraItem = Wording(expected: "no further item", requirement: "is one item too many")

  static func type(_ types: TypeSet, _ instance: JSON) -> Wording {
    Wording(expected: types.words, requirement: "must be \(types.words), not \(found(instance))")
  }

  static func enumeration(_ values: [JSON], _ instance: JSON) -> Wording {
    let words = listed(values.map { sketched($0, to: 40) }, limit: 120)
    return Wording(
      expected: values.count > 1 ? "one of \(words)" : words,
      requirement: "must be \(words), not \(sketched(instance, to: 40))")
  }

  static func constant(_ value: JSON, _ instance: JSON) -> Wording {
    let words = sketched(value, to: 80)
    return Wording(expected: words, requirement: "must be \(words), not \(sketched(instance, to: 40))")
  }

  /// `relation` is "at least", "above", "at most" or "below".
  static func limit(_ relation: String, _ limit: JSON, _ number: JSON) -> Wording {
    let words = "\(relation) \(sketched(limit, to: 40))"
    return Wording(expected: "a number \(words)", requirement: "must be \(words), not \(sketched(number, to: 40))")
  }

  static func multiple(_ divisor: JSON, _ number: JSON) -> Wording {
    let words = "a multiple of \(sketched(divisor, to: 40))"
    return Wording(expected: words, requirement: "must be \(words), not \(sketched(number, to: 40))")
  }

  /// `thing` is counted, `whole` is "an array" or the like.
  static func size(_ relation: String, _ count: Int, _ thing: String, in whole: String) -> Wording {
    let words = "\(relation) \(count) \(thing)\(count == 1 ? "" : "s")"
    return Wording(expected: "\(whole) of \(words)", requirement: "must have \(words)")
  }

  static func pattern(_ source: String, _ instance: JSON) -> Wording {
    let words = shortened(source, to: 80)
    return Wording(
      expected: "a string that matches \(words)",
      requirement: "must match \(words), which \(sketched(instance, to: 50)) does not")
  }

  static func format(_ format: Format, _ instance: JSON) -> Wording {
    Wording(expected: format.words, requirement: "must be \(format.words), not \(sketched(instance, to: 50))")
  }

  static func duplicate(_ first: Int, _ second: Int) -> Wording {
    Wording(
      expected: "an array of distinct items",
      requirement: "must have distinct items; those at \(first) and \(second) are equal")
  }

  static func contained(_ relation: String, _ count: Int, _ words: String) -> Wording {
    let demand = "\(relation) \(count) item\(count == 1 ? "" : "s") of this kind: \(words)"
    return Wording(expected: "an array that has \(demand)", requirement: "must have \(demand)")
  }

  static func required(_ name: String, besides other: String? = nil) -> Wording {
    let words = quoted(name)
    let reason = other.map { " beside \(quoted($0))" } ?? ""
    return Wording(expected: "an object with \(words)\(reason)", requirement: "must have the member \(words)\(reason)")
  }

  static func unknown(_ known: [String]) -> Wording {
    Wording(
      expected: known.isEmpty ? "no such member" : "one of the members \(listed(known.map(quoted), limit: 120))",
      requirement: "is not a known member")
  }

  static func name(_ words: String) -> Wording {
    Wording(expected: "a name that is \(words)", requirement: "must have a name that is \(words)")
  }

  static func not(_ words: String, _ instance: JSON) -> Wording {
    Wording(expected: "anything but \(words)", requirement: "must not be \(words)")
  }

  static func several(_ first: String, _ second: String) -> Wording {
    Wording(
      expected: "a value of exactly one kind",
      requirement: "must be of one kind only, and is \(shortened(first, to: 60)) and \(shortened(second, to: 60))")
  }

  static func alternatives(_ words: [String], found: String) -> Wording {
    let list = listed(words, limit: 140)
    return Wording(expected: list, requirement: "must be \(list), not \(found)")
  }

  static func alternatives(_ words: [String], _ instance: JSON) -> Wording {
    alternatives(words, found: shortened(found(instance), to: 40))
  }

  // MARK: Hints

  static func hint(_ name: String?) -> String? { name.map { "did you mean \(quoted($0))?" } }

  /// For a text that is none of the values of an `enum`.
  static func hint(_ values: [JSON], _ instance: JSON) -> String? {
    instance.string.flatMap { hint(nearest(to: $0, among: values.compactMap(\.string))) }
  }

  /// For a member that is missing while one of nearly that name is there.
  static func hint(missing name: String, among unknown: [String]) -> String? {
    nearest(to: name, among: unknown).map { "did you mean \(quoted(name)) instead of \(quoted($0))?" }
  }
}

extension Format {
  var words: String {
    switch self {
    case .uri: "a URI with a scheme"
    case .dateTime: "a date and time such as 2016-05-12T08:30:00Z"
    case .sha256: "64 lower-case hexadecimal digits"
    }
  }
}

// MARK: - Texts of bounded length

/// "a, b or c"; what goes over the limit in bytes is only counted.
func listed(_ words: [String], limit: Int) -> String {
  var shown: [String] = []
  var size = 0
  for word in words {
    size += word.utf8.count + 2
    if size > limit, !shown.isEmpty { break }
    shown.append(shortened(word, to: limit))
  }
  if shown.count < words.count { return shown.joined(separator: ", ") + " … (\(words.count) in all)" }
  guard let last = shown.popLast() else { return "" }
  return shown.isEmpty ? last : shown.joined(separator: ", ") + " or " + last
}

/// A name in single quotes.
func quoted(_ name: String) -> String { "'\(shortened(name, to: 60))'" }

/// The text, cut between code points to so many bytes.
func shortened(_ text: String, to limit: Int) -> String {
  guard text.utf8.count > limit else { return text }
  var kept = String.UnicodeScalarView()
  var size = 3
  for scalar in text.unicodeScalars {
    size += UTF8.width(scalar)
    if size > limit { break }
    kept.append(scalar)
  }
  return String(kept) + "…"
}

/// A value and its type: `"abc" (string)`, `[1,2,3] (array of 3 items)`.
func found(_ value: JSON) -> String {
  func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }
  let type: String
  switch value {
  case .null: return "null"
  case .array(let elements): type = " (array of \(counted(elements.count, "item")))"
  case .object(let object): type = " (object of \(counted(object.count, "member")))"
  default: type = " (\(value.typeName))"
  }
  return sketched(value, to: 60 - type.utf8.count) + type
}

/// The beginning of a value's text.
func sketched(_ value: JSON, to limit: Int) -> String {
  var sketch = Sketch(limit: limit)
  sketch.write(value)
  return shortened(String(decoding: sketch.writer.bytes, as: UTF8.self), to: limit)
}

/// Writes no more of a value than will be shown.
private struct Sketch {
  let limit: Int
  var writer = JSON.Writer()

  init(limit: Int) { self.limit = limit }

  private var isFull: Bool { writer.bytes.count > limit }

  mutating func write(_ value: JSON) {
    guard !isFull else { return }
    switch value {
    case .array(let elements):
      writer.append("[")
      for (index, element) in elements.enumerated() {
        guard !isFull else { return }
        if index > 0 { writer.append(",") }
        write(element)
      }
      writer.append("]")
    case .object(let object):
      writer.append("{")
      for (index, member) in object.members.enumerated() {
        guard !isFull else { return }
        if index > 0 { writer.append(",") }
        write(string: member.key)
        writer.append(":")
        write(member.value)
      }
      writer.append("}")
    case .string(let text): write(string: text)
    default: writer.write(value)
    }
  }

  private mutating func write(string: String) {
    writer.write(string: string.utf8.count > limit ? String(string.unicodeScalars.prefix(limit)) : string)
  }
}
