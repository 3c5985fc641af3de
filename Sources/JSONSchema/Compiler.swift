import JSON

/// Turns the schemas that can be reached from one place into nodes. A list of places that wait takes the place of
/// recursion, so a deep schema costs no stack.
struct Compiler {
  var registry: SchemaRegistry
  let options: CompiledSchema.Options

  private var nodes: [Node?] = []
  private var known: [String: Node.ID] = [:]
  private var pending: [(id: Node.ID, place: SchemaPlace)] = []
  private var resources: [String] = []
  private var resourceNumbers: [String: Int] = [:]
  private var vocabularies: [String: Vocabulary] = [:]
  private var dynamicNames: Set<String> = []

  init(_ registry: SchemaRegistry, _ options: CompiledSchema.Options) {
    self.registry = registry
    self.options = options
  }

  mutating func compile(_ uri: String) throws(SchemaError) -> Graph {
    let here = SchemaPlace(.null, resource: URIReference(uri).absolute)
    guard let (place, _) = registry.place(uri, from: here) else {
      throw SchemaError(kind: .unresolved, location: uri, message: "no schema with this URI was given")
    }
    // What no keyword leads to has not been looked at for identifiers.
    try registry.index(place, dialect: registry[place.resource]?.dialect)
    let root = try node(for: place)
    var dynamicAnchors: [String: [Int: Node.ID]] = [:]
    repeat {
      while let (id, place) = pending.popLast() { nodes[id] = try makeNode(place) }
      dynamicAnchors = try compileDynamicAnchors()
    } while !pending.isEmpty
    let graph = Graph(
      nodes: nodes.compactMap { $0 }, root: root, resources: resources, dynamicAnchors: dynamicAnchors)
    try refuseEndless(graph)
    return graph
  }

  /// Any resource that has a node may be on the way to a `$dynamicRef`, so its anchors of that name must be nodes too.
  private mutating func compileDynamicAnchors() throws(SchemaError) -> [String: [Int: Node.ID]] {
    var anchors: [String: [Int: Node.ID]] = [:]
    for name in dynamicNames {
      for (number, uri) in resources.enumerated() {
        guard let anchor = registry[uri]?.anchors[name], anchor.isDynamic else { continue }
        anchors[name, default: [:]][number] = try node(for: anchor.place)
      }
    }
    return anchors
  }

  /// The node of a place, now or later.
  mutating func node(for place: SchemaPlace) throws(SchemaError) -> Node.ID {
    let place = place.entered
    if let id = known[place.location] { return id }
    if registry[place.resource] == nil { try registry.index(place, dialect: nil) }
    if resourceNumbers[place.resource] == nil {
      resourceNumbers[place.resource] = resources.count
      resources.append(place.resource)
    }
    known[place.location] = nodes.count
    nodes.append(nil)
    pending.append((nodes.count - 1, place))
    return nodes.count - 1
  }

  private mutating func makeNode(_ place: SchemaPlace) throws(SchemaError) -> Node {
    let resource = resourceNumbers[place.resource] ?? 0
    switch place.value {
    case .bool(let value): return Node(resource: resource, pointer: place.pointer, rules: value ? [] : [.never])
    case .object(let object):
      if let id = object["$id"] {
        guard let id = id.string else { throw place.error(.malformed, "must be a string", at: "$id") }
        guard URIReference(id).fragment?.isEmpty ?? true else {
          throw place.error(.malformed, "must have no fragment; $anchor gives a name to a part", at: "$id")
        }
      }
      let rules = try rules(of: SchemaObject(object, at: place), try vocabulary(of: place))
      return Node(
        resource: resource, pointer: place.pointer, rules: rules, title: object["title"]?.string,
        defaultValue: object["default"],
        annotations: JSON.Object(distinct: object.members.filter { $0.key.hasPrefix("x-") }))
    default: throw place.error(.malformed, "a schema is an object, true or false, not \(found(place.value))")
    }
  }

  /// Notes a reference to a dynamic anchor.
  mutating func expectDynamic(_ name: String) { dynamicNames.insert(name) }

  // MARK: Vocabularies

  private mutating func vocabulary(of place: SchemaPlace) throws(SchemaError) -> Vocabulary {
    guard let dialect = registry[place.resource]?.dialect else { return .standard }
    if let known = vocabularies[dialect] { return known }
    let vocabulary = try Vocabulary(dialect, registry, place)
    vocabularies[dialect] = vocabulary
    return vocabulary
  }

  // MARK: Circles

  /// Refuses a schema that comes back to itself without having gone into the value.
  private func refuseEndless(_ graph: Graph) throws(SchemaError) {
    enum Colour { case fresh, open, done }
    var colours = [Colour](repeating: .fresh, count: graph.nodes.count)
    for start in graph.nodes.indices where colours[start] == .fresh {
      var stack: [(id: Node.ID, next: [Node.ID])] = [(start, staticTargets(start, graph))]
      colours[start] = .open
      while let (id, rest) = stack.popLast() {
        var next = rest
        guard let target = next.popLast() else {
          colours[id] = .done
          continue
        }
        stack.append((id, next))
        switch colours[target] {
        case .done: break
        case .open:
          throw SchemaError(
            kind: .endless, location: graph.location(of: graph.nodes[target]),
            message: "this schema applies itself to the same value again and again")
        case .fresh:
          colours[target] = .open
          stack.append((target, staticTargets(target, graph)))
        }
      }
    }
  }

  private func staticTargets(_ id: Node.ID, _ graph: Graph) -> [Node.ID] {
    graph.nodes[id].rules.flatMap { rule -> [Node.ID] in
      // Where a dynamic reference leads depends on the way; the evaluator's depth bounds it.
      if case .dynamicReference = rule { return [] }
      return graph.inPlace(rule)
    }
  }
}

/// The groups of keywords that a metaschema puts in force (2020-12, section 8.1.2).
struct Vocabulary: Sendable {
  var applicator = true
  var unevaluated = true
  var validation = true
  /// Formats are claims, whatever the options say.
  var formatAssertion = false

  static let standard = Vocabulary()

  private init() {}

  init(_ dialect: String, _ registry: SchemaRegistry, _ place: SchemaPlace) throws(SchemaError) {
    let base = "https://json-schema.org/draft/2020-12/"
    let uri = URIReference(dialect).absolute
    if uri == base + "schema" { return }
    guard let metaschema = registry[uri] else {
      throw place.error(
        .unresolved, "\(dialect) was not given; write \(base)schema or leave $schema out", at: "$schema")
    }
    guard let declared = metaschema.root["$vocabulary"]?.object else { return }
    applicator = declared[base + "vocab/applicator"] != nil
    unevaluated = declared[base + "vocab/unevaluated"] != nil
    validation = declared[base + "vocab/validation"] != nil
    formatAssertion = declared[base + "vocab/format-assertion"] != nil
    let known = [
      "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "format-assertion",
      "content",
    ]
    for member in declared.members where member.value.bool == true {
      guard known.contains(where: { member.key == base + "vocab/" + $0 }) else {
        throw place.error(.unsupported, "the vocabulary \(member.key) is required and not known here", at: "$schema")
      }
    }
  }
}
