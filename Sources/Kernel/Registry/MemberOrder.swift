import JSON

extension JSON {
  /// Whole reals up to 2^53 as integers, as canonical text has them: `1.0` is written `1` there.
  var wholeNumbersAsIntegers: JSON {
    switch self {
    case .real(let value):
      value.magnitude <= 0x1p53 ? Int64(exactly: value).map(JSON.integer) ?? self : self
    case .array(let elements): .array(elements.map(\.wholeNumbersAsIntegers))
    case .object(let object):
      .object(JSON.Object(distinct: object.members.map { .init($0.key, $0.value.wholeNumbersAsIntegers) }))
    default: self
    }
  }
}

extension MethodDescriptor {
  /// A result with its members in the order of the schema; others follow as they stand.
  func ordered(_ value: JSON) -> JSON {
    MemberOrder(file: document).arrange(value, document["result"] ?? .bool(true))
  }
}

/// Puts the members of objects into the order in which a schema lists them.
private struct MemberOrder {
  let file: JSON

  func arrange(_ value: JSON, _ schema: JSON) -> JSON {
    guard value.hasOrder else { return value }
    let schema = resolved(schema)
    switch value {
    case .array(let elements):
      guard let items = schema["items"] else { return value }
      return .array(elements.map { arrange($0, items) })
    case .object(let object):
      let properties = schema["properties"]?.object?.members ?? []
      let others = schema["additionalProperties"]
      var members: [JSON.Object.Member] = []
      for property in properties {
        guard let child = object[property.key] else { continue }
        members.append(.init(property.key, arrange(child, property.value)))
      }
      for member in object.members where !properties.contains(where: { $0.key == member.key }) {
        members.append(.init(member.key, others.map { arrange(member.value, $0) } ?? member.value))
      }
      return .object(JSON.Object(distinct: members))
    default: return value
    }
  }

  /// Follows `$ref`s, a few at most, inside the file and into the shared schemas.
  private func resolved(_ schema: JSON) -> JSON {
    var schema = schema
    for _ in 0..<8 {
      guard let reference = schema["$ref"]?.string else { break }
      let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let document = parts[0].isEmpty ? file : common(parts[0]),
        let pointer = JSON.Pointer(parts.count > 1 ? parts[1] : ""), let found = document[pointer]
      else { break }
      schema = found
    }
    return schema
  }

  private func common(_ uri: String) -> JSON? {
    guard let schema = EmbeddedSchema.all.first(where: { "quire:\($0.path)" == uri }) else { return nil }
    return try? schema.parse()
  }
}

extension JSON {
  /// Whether there is anything to put into order: not in an artifact's reference, nor in a list of numbers.
  fileprivate var hasOrder: Bool {
    switch self {
    case .object(let object): object.count > 1 || object.members.contains { $0.value.hasOrder }
    case .array(let elements): elements.contains { $0.hasOrder }
    default: false
    }
  }
}
