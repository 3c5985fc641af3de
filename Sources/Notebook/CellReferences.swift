import JSON

/// A `$ref` in a cell's params.
public struct Reference: Sendable {
  /// What it names.
  public let path: ReferencePath
  /// Where it stands in the params.
  public let pointer: JSON.Pointer
  /// Bytes of the body: the whole of `$fit.report`, or of the text behind `$ref`.
  public let range: Range<Int>
  /// Bytes of the body: the cell's id alone, for renaming.
  public let idRange: Range<Int>
}

/// Finds the objects with a special key (`$ref`, `$file`, `$artifact`) in params and checks those spelled out.
struct SpecialObjects {
  private let text: UnsafeBufferPointer<UInt8>
  private(set) var references: [Reference] = []
  private(set) var faults: [Fault] = []

  static let keys = ["$ref", "$file", "$artifact"]

  init(_ params: SourceValue, _ text: UnsafeBufferPointer<UInt8>) {
    self.text = text
    visit(params, JSON.Pointer())
  }

  private mutating func visit(_ place: SourceValue, _ pointer: JSON.Pointer) {
    switch (place.value, place.node.shape) {
    case (.object(let object), .scalar):
      if let path = object["$ref"]?.string { note(path, place.node, pointer) }
    case (.object(let object), .mapping(let entries)):
      if object.keys.contains(where: { $0.utf8.first == Byte.dollar }) {
        check(object, entries, pointer)
        return
      }
      for (member, entry) in zip(object.members, entries) where member.value.holdsValues {
        visit(SourceValue(value: member.value, node: entry.value), pointer.appending(member.key))
      }
    case (.array(let elements), .sequence(let nodes)):
      for (index, (element, node)) in zip(elements, nodes).enumerated() where element.holdsValues {
        visit(SourceValue(value: element, node: node), pointer.appending("\(index)"))
      }
    default: break
    }
  }

  private mutating func check(_ object: JSON.Object, _ entries: [SourceNode.Entry], _ pointer: JSON.Pointer) {
    let unknown = zip(object.members, entries).filter {
      $0.0.key.utf8.first == Byte.dollar && !Self.keys.contains($0.0.key)
    }
    for (member, entry) in unknown {
      refuse(
        .unknownKey, "a key that begins with '$' is reserved, and \(quoted(member.key)) is none of Quire's", entry.key,
        hint: Spelling.suggestion(for: member.key, among: Self.keys) ?? "known: " + Self.keys.joined(separator: ", "))
    }
    guard unknown.isEmpty, let first = object.members.first, let entry = entries.first else { return }
    if object.count > 1 {
      let special = object.keys.first { $0.utf8.first == Byte.dollar } ?? ""
      let other = entries.count > 1 ? entries[1].key : entry.key
      refuse(.syntax, "an object with \(quoted(special)) has no other member", other)
      return
    }
    guard let text = first.value.string else {
      refuse(.syntax, "\(first.key) is a text", entry.value.range)
      return
    }
    switch first.key {
    case "$ref": note(text, entry.value, pointer)
    case "$file":
      if text.isEmpty || text.utf8.first == Byte.hash { refuse(.syntax, "$file names no file", entry.value.range) }
    case "$artifact":
      let digest = text.utf8.dropFirst(7)
      let isHash = digest.count == 64 && digest.allSatisfy { $0.isDigit || (0x61...0x66).contains($0) }
      if !text.utf8.starts(with: "sha256:".utf8) || !isHash {
        refuse(.syntax, "$artifact is 'sha256:' and 64 hexadecimal digits", entry.value.range)
      }
    default: break
    }
  }

  private mutating func note(_ reference: String, _ node: SourceNode, _ pointer: JSON.Pointer) {
    do throws(ReferencePath.Failure) {
      let path = try ReferencePath(reference)
      // Behind `$` or the quotation mark, unless the id was written with escapes.
      let isMarked =
        text[node.range].first.map { $0 == Byte.dollar || $0 == Byte.quote || $0 == Byte.apostrophe } ?? false
      let start = node.range.lowerBound + (isMarked ? 1 : 0)
      let id = start..<min(start + path.cell.utf8.count, node.range.upperBound)
      let isLiteral = text[id].elementsEqual(path.cell.utf8)
      references.append(
        Reference(path: path, pointer: pointer, range: node.range, idRange: isLiteral ? id : node.range))
    } catch {
      refuse(error.code, error.message, node.range, hint: error.hint)
    }
  }

  private mutating func refuse(
    _ code: Diagnostic.Code, _ message: String, _ range: Range<Int>, hint: String? = nil
  ) {
    faults.append(Fault(code, message, hint: hint, range))
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
