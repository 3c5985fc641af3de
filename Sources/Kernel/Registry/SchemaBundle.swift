import JSON

/// Makes a schema stand on its own: what it refers to in `Schemas/common` or elsewhere in its file moves into `$defs`.
enum SchemaBundle {
  static func bundle(_ schema: JSON, in file: JSON) throws -> JSON {
    let documents = Dictionary(
      try Registry.commonDocuments().map { ("quire:\($0.path)", $0.document) }, uniquingKeysWith: { first, _ in first })
    var definitions: JSON.Object = [:]
    var bundled = inline(schema, home: nil, file, documents, &definitions)
    if !definitions.isEmpty, var object = bundled.object {
      var all = object["$defs"]?.object ?? [:]
      for member in definitions.members { all[member.key] = member.value }
      object["$defs"] = .object(all)
      bundled = .object(object)
    }
    return bundled
  }

  /// - Parameter home: the document that `#` means; `nil` for the method's file.
  private static func inline(
    _ schema: JSON, home: String?, _ file: JSON, _ documents: [String: JSON], _ definitions: inout JSON.Object
  ) -> JSON {
    switch schema {
    case .array(let elements):
      return .array(elements.map { inline($0, home: home, file, documents, &definitions) })
    case .object(let object):
      var members: [JSON.Object.Member] = []
      for member in object.members {
        guard member.key == "$ref", let reference = member.value.string else {
          members.append(.init(member.key, inline(member.value, home: home, file, documents, &definitions)))
          continue
        }
        let name = define(reference, home: home, file, documents, &definitions)
        members.append(.init("$ref", .string("#/$defs/\(name)")))
      }
      return .object(JSON.Object(distinct: members))
    default: return schema
    }
  }

  private static func define(
    _ reference: String, home: String?, _ file: JSON, _ documents: [String: JSON], _ definitions: inout JSON.Object
  ) -> String {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let target = parts[0].isEmpty ? home : parts[0]
    let pointer = parts.count > 1 ? parts[1] : ""
    let name =
      ((target ?? "") + pointer).replacing("quire:common/", with: "").replacing(".json", with: "")
      .replacing("/$defs/", with: ".").replacing("/", with: ".")
    if definitions[name] == nil {
      // The name is taken first, so that a schema that refers to itself ends.
      definitions[name] = .bool(true)
      let document = target.flatMap { documents[$0] } ?? file
      let found = JSON.Pointer(pointer).flatMap { document[$0] } ?? .bool(true)
      var inlined = inline(found, home: target, file, documents, &definitions)
      if pointer.isEmpty, var object = inlined.object {
        object["$defs"] = nil
        inlined = .object(object)
      }
      definitions[name] = inlined
    }
    return name
  }
}
