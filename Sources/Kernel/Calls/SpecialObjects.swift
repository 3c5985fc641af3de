import JSON

/// The objects of one member that stand for something else: `{"$file": …}`, `{"$artifact": …}`, `{"$ref": …}`.
enum SpecialObject: Equatable {
  /// A path, and what stood behind `#`.
  case file(path: String, part: String?)
  /// 64 hexadecimal digits.
  case artifact(String)
  /// `cell.output.path`; only in notebooks.
  case reference(String)

  /// `nil` for a value without a key that begins with `$`.
  init?(_ value: JSON, at pointer: JSON.Pointer) throws(Fault) {
    guard case .object(let object) = value,
      let member = object.members.first(where: { $0.key.utf8.first == UInt8(ascii: "$") })
    else { return nil }
    guard object.count == 1 else {
      throw .parameter(
        pointer.description, "an object with '\(member.key.prefix(40))' has no other member",
        hint: "quote the text in a notebook if it is meant as text")
    }
    let text = member.value.string
    switch (member.key, text) {
    case ("$file", let text?) where !text.isEmpty:
      let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      self = .file(path: parts[0], part: parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil)
    case ("$artifact", let text?) where text.hasPrefix("sha256:") && text.utf8.count == 71:
      self = .artifact(String(text.dropFirst(7)))
    case ("$ref", let text?) where !text.isEmpty: self = .reference(text)
    default:
      throw .parameter(
        pointer.description, "'\(member.key.prefix(40))' is no special object",
        hint: "there are $file, $artifact (sha256:…) and, in notebooks, $ref")
    }
  }

  /// Every special object inside a value, with its place, in document order.
  static func all(in value: JSON) throws(Fault) -> [(pointer: JSON.Pointer, object: SpecialObject)] {
    var found: [(pointer: JSON.Pointer, object: SpecialObject)] = []
    var place: [String] = []
    try visit(value, &place, &found)
    return found
  }

  /// Typed matrices hold many numbers, so a place gets its pointer only where there is something to tell of it.
  private static func visit(
    _ value: JSON, _ place: inout [String], _ found: inout [(pointer: JSON.Pointer, object: SpecialObject)]
  ) throws(Fault) {
    switch value {
    case .object(let object):
      if object.keys.contains(where: { $0.utf8.first == UInt8(ascii: "$") }) {
        let pointer = JSON.Pointer(place)
        if let special = try SpecialObject(value, at: pointer) { return found.append((pointer, special)) }
      }
      for member in object.members where member.value.holdsValues {
        place.append(member.key)
        try visit(member.value, &place, &found)
        place.removeLast()
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() where element.holdsValues {
        place.append("\(index)")
        try visit(element, &place, &found)
        place.removeLast()
      }
    default: break
    }
  }
}

extension JSON {
  fileprivate var holdsValues: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }
}
