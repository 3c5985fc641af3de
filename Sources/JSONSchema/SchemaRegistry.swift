import JSON

/// The schema documents that references may lead to, by URI. Nothing is ever fetched.
///
///     var registry = SchemaRegistry()
///     try registry.add(matrix, uri: "quire:common/matrix.json")
public struct SchemaRegistry: Sendable {
  /// A schema with a URI of its own: a document, or a part of one that has an `$id`.
  struct Resource: Sendable {
    let uri: String
    let root: JSON
    /// The URI of the metaschema that holds for it.
    let dialect: String?
    var anchors: [String: Anchor] = [:]
  }

  struct Anchor: Sendable {
    let place: SchemaPlace
    /// Declared by `$dynamicAnchor`.
    let isDynamic: Bool
  }

  private var resources: [String: Resource] = [:]
  /// The URIs under which documents were given, where these have another `$id`.
  private var aliases: [String: String] = [:]

  public init() {}

  /// Takes a document; `uri` is absolute, and its `$id`, if it has one, is read relative to that.
  ///
  /// The document may be any JSON object: what is no keyword of JSON Schema can still be reached by JSON Pointer.
  public mutating func add(_ document: JSON, uri: String) throws(SchemaError) {
    let given = URIReference(uri).absolute
    let place = try index(SchemaPlace(document, resource: given), dialect: nil)
    if place.resource != given { aliases[given] = place.resource }
  }

  subscript(uri: String) -> Resource? { resources[aliases[uri] ?? uri] }

  // MARK: Indexing

  /// Notes the identifiers in a schema and its subschemas, and returns the place with its own `$id` taken into account.
  @discardableResult
  mutating func index(_ place: SchemaPlace, dialect: String?) throws(SchemaError) -> SchemaPlace {
    guard case .object(let object) = place.value else {
      // A Boolean schema can be a document, but not a part with an identifier.
      if place.pointer.isEmpty {
        resources[place.resource] = Resource(uri: place.resource, root: place.value, dialect: nil)
      }
      return place
    }
    let place = place.entered
    let dialect = object["$schema"]?.string ?? dialect
    if place.pointer.isEmpty {
      if let known = resources[place.resource] {
        guard known.root == place.value else {
          throw place.error(.duplicate, "another schema has the URI \(place.resource) already")
        }
        return place
      }
      resources[place.resource] = Resource(uri: place.resource, root: place.value, dialect: dialect)
    }
    try addAnchors(of: object, at: place)
    for member in object.members {
      switch SubschemaKeyword.kinds[member.key] {
      case nil: break
      case .schema: try index(place.child(member.key, member.value), dialect: dialect)
      case .array:
        for (index, element) in (member.value.array ?? []).enumerated() {
          try self.index(place.child(member.key, member.value).child("\(index)", element), dialect: dialect)
        }
      case .map:
        for entry in member.value.object?.members ?? [] {
          try index(place.child(member.key, member.value).child(entry.key, entry.value), dialect: dialect)
        }
      }
    }
    return place
  }

  private mutating func addAnchors(of object: JSON.Object, at place: SchemaPlace) throws(SchemaError) {
    for (keyword, isDynamic) in [("$anchor", false), ("$dynamicAnchor", true)] {
      guard let name = object[keyword]?.string, let resource = resources[place.resource] else { continue }
      // The same name may stand once as either kind in one schema object.
      if let other = resource.anchors[name], other.place.location != place.location {
        throw place.error(.duplicate, "the anchor \(name) stands at \(other.place.location) already", at: keyword)
      }
      let wasDynamic = resource.anchors[name]?.isDynamic ?? false
      resources[place.resource]?.anchors[name] = Anchor(place: place, isDynamic: isDynamic || wasDynamic)
    }
  }

  // MARK: Resolving

  /// The schema that a reference leads to from a place; `nil` when nothing stands there.
  func place(_ reference: String, from place: SchemaPlace) -> (place: SchemaPlace, anchor: Anchor?)? {
    let target = URIReference(reference).resolved(against: URIReference(place.resource))
    guard let resource = self[target.absolute], let fragment = target.decodedFragment else { return nil }
    let root = SchemaPlace(resource.root, resource: resource.uri, isEntered: true)
    if fragment.isEmpty { return (root, nil) }
    if let pointer = JSON.Pointer(fragment) { return root.descendant(pointer).map { ($0, nil) } }
    return resource.anchors[fragment].map { ($0.place, $0) }
  }
}

/// The keywords whose values hold subschemas, in all vocabularies of 2020-12.
enum SubschemaKeyword {
  enum Kind: Sendable { case schema, array, map }

  static let kinds: [String: Kind] = [
    "additionalProperties": .schema, "contains": .schema, "contentSchema": .schema, "else": .schema, "if": .schema,
    "items": .schema, "not": .schema, "propertyNames": .schema, "then": .schema, "unevaluatedItems": .schema,
    "unevaluatedProperties": .schema, "allOf": .array, "anyOf": .array, "oneOf": .array, "prefixItems": .array,
    "$defs": .map, "definitions": .map, "dependentSchemas": .map, "patternProperties": .map, "properties": .map,
  ]
}

/// A schema and where it stands.
struct SchemaPlace: Sendable {
  let value: JSON
  /// The URI of the resource that it belongs to.
  let resource: String
  /// From the root of the resource.
  let pointer: String
  /// Whether the schema's own `$id` is already in `resource`.
  private let isEntered: Bool

  init(_ value: JSON, resource: String, pointer: String = "", isEntered: Bool = false) {
    self.value = value
    self.resource = resource
    self.pointer = pointer
    self.isEntered = isEntered
  }

  var location: String { "\(resource)#\(pointer)" }

  func child(_ token: String, _ value: JSON) -> SchemaPlace {
    SchemaPlace(value, resource: resource, pointer: pointer + "/" + JSON.Pointer.escape(token))
  }

  /// The place as its own `$id` names it. (One with a fragment names nothing in 2020-12; the compiler refuses it.)
  var entered: SchemaPlace {
    guard !isEntered, let id = (value["$id"]?.string).map(URIReference.init), id.fragment?.isEmpty ?? true else {
      return self
    }
    return SchemaPlace(value, resource: id.resolved(against: URIReference(resource)).absolute, isEntered: true)
  }

  /// Follows a pointer; an `$id` on the way, where one can stand, makes what is below it part of another resource.
  func descendant(_ pointer: JSON.Pointer) -> SchemaPlace? {
    var place = self
    // Whether a schema stands here, or what its keyword holds.
    var isSchema = true
    var pending: SubschemaKeyword.Kind?
    for token in pointer.tokens {
      guard let value = place.value[JSON.Pointer([token])] else { return nil }
      place = place.child(token, value)
      if isSchema {
        pending = SubschemaKeyword.kinds[token]
        isSchema = pending == .schema
      } else {
        isSchema = pending != nil && pending != .schema
        pending = nil
      }
      if isSchema { place = place.entered }
    }
    return place
  }

  func error(_ kind: SchemaError.Kind, _ message: String, at keyword: String? = nil) -> SchemaError {
    SchemaError(
      kind: kind, location: keyword.map { "\(location)/\(JSON.Pointer.escape($0))" } ?? location, message: message)
  }
}
