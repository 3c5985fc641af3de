import JSON

/// Makes schemas stand on their own: what they refer to, in `Schemas/common` or elsewhere in their file, is gathered
/// as definitions at one place of the document that they go into.
struct SchemaBundle {
  /// What was referred to, by name.
  private(set) var definitions: JSON.Object = [:]
  /// Where the definitions will stand: `#/$defs/`.
  private let place: String
  private let common: [String: JSON]

  init(place: String) throws(Fault) {
    self.place = place
    common = Dictionary(
      try Registry.commonDocuments().map { ("quire:\($0.path)", $0.document) }, uniquingKeysWith: { first, _ in first })
  }

  /// A schema with its own definitions beside it.
  static func bundle(_ schema: JSON, in file: JSON) throws(Fault) -> JSON {
    var bundle = try SchemaBundle(place: "#/$defs/")
    let inlined = bundle.add(schema, of: file, named: "")
    guard !bundle.definitions.isEmpty, var object = inlined.object else { return inlined }
    var all = object["$defs"]?.object ?? [:]
    for member in bundle.definitions.members { all[member.key] = member.value }
    object["$defs"] = .object(all)
    return .object(object)
  }

  /// The schema with its references led to this bundle's definitions.
  ///
  /// - Parameter name: what definitions of the file itself are called by, so that those of several files differ.
  mutating func add(_ schema: JSON, of file: JSON, named name: String) -> JSON {
    inline(schema, Home(uri: nil, document: file, name: name))
  }

  /// The document that `#` means.
  private struct Home {
    /// `nil` for a method's file.
    let uri: String?
    let document: JSON
    let name: String
  }

  private mutating func inline(_ schema: JSON, _ home: Home) -> JSON {
    switch schema {
    case .array(let elements): return .array(elements.map { inline($0, home) })
    case .object(let object):
      var members: [JSON.Object.Member] = []
      for member in object.members {
        if member.key == "$ref", let reference = member.value.string {
          members.append(.init("$ref", .string(place + define(reference, home))))
        } else {
          members.append(.init(member.key, inline(member.value, home)))
        }
      }
      return .object(JSON.Object(distinct: members))
    default: return schema
    }
  }

  private mutating func define(_ reference: String, _ home: Home) -> String {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let pointer = parts.count > 1 ? parts[1] : ""
    var target = home
    if let uri = parts.first, !uri.isEmpty, let document = common[uri] {
      let name = uri.replacing("quire:common/", with: "").replacing(".json", with: "")
      target = Home(uri: uri, document: document, name: name)
    }
    let steps = pointer.replacing("/$defs/", with: "/").split(separator: "/").map(String.init)
    let name = ([target.name] + steps).filter { !$0.isEmpty }.joined(separator: ".")
    if definitions[name] == nil {
      // The name is taken first, so that a schema that refers to itself ends.
      definitions[name] = .bool(true)
      let found = JSON.Pointer(pointer).flatMap { target.document[$0] } ?? .bool(true)
      var inlined = inline(found, target)
      if pointer.isEmpty, var object = inlined.object {
        object["$defs"] = nil
        inlined = .object(object)
      }
      definitions[name] = inlined
    }
    return name
  }
}
