import JSON

extension CompiledSchema {
  /// The instance with the defaults of absent members filled in, inside the members that it has too.
  ///
  /// Members that were given keep their order; those that were not follow in the order of the schema. Defaults are
  /// found through `$ref` and `allOf`, in the branch of an `anyOf` or `oneOf` that is the first to hold, and in what
  /// an `if` puts in force. An instance that does not fit comes back with what could be filled in.
  public func applyingDefaults(to instance: JSON) -> JSON {
    guard reachesDefault[graph.root] else { return instance }
    var filler = DefaultFiller(graph: graph, reachesDefault: reachesDefault)
    var result = instance
    filler.fill(&result, by: graph.root, depth: 0)
    return result
  }
}

private struct DefaultFiller {
  let graph: Graph
  let reachesDefault: [Bool]
  /// The nodes whose defaults are being filled in, so that a default that asks for itself ends.
  private var open: Set<Node.ID> = []

  init(graph: Graph, reachesDefault: [Bool]) {
    self.graph = graph
    self.reachesDefault = reachesDefault
  }

  mutating func fill(_ value: inout JSON, by id: Node.ID, depth: Int) {
    guard reachesDefault[id], depth < Evaluator.maximumDepth else { return }
    for rule in graph.nodes[id].rules {
      switch rule {
      case .object(let rule):
        if case .object(let object) = value { value = .object(filled(object, by: rule, depth: depth)) }
      case .array(let rule):
        if case .array(let elements) = value { value = .array(filled(elements, by: rule, depth: depth)) }
      default:
        guard graph.inPlace(rule).contains(where: { reachesDefault[$0] }) else { continue }
        for id in graph.inForce(rule, value) { fill(&value, by: id, depth: depth + 1) }
      }
    }
  }

  private mutating func filled(_ object: JSON.Object, by rule: ObjectRule, depth: Int) -> JSON.Object {
    var members = object.members
    for index in members.indices {
      let key = members[index].key
      for id in rule.nodes(for: key) { fill(&members[index].value, by: id, depth: depth + 1) }
    }
    for (name, entry) in rule.members.entries where object[name] == nil {
      guard let id = entry.node, var value = defaultValue(of: id, depth: 0), open.insert(id).inserted else { continue }
      fill(&value, by: id, depth: depth + 1)
      open.remove(id)
      members.append(JSON.Object.Member(name, value))
    }
    return JSON.Object(distinct: members)
  }

  private mutating func filled(_ elements: [JSON], by rule: ArrayRule, depth: Int) -> [JSON] {
    var elements = elements
    for index in elements.indices {
      guard let id = rule.node(at: index) else { break }
      guard reachesDefault[id] else { continue }
      fill(&elements[index], by: id, depth: depth + 1)
    }
    return elements
  }

  /// The default of a node, or of what it refers to.
  private func defaultValue(of id: Node.ID, depth: Int) -> JSON? {
    guard reachesDefault[id], depth < Evaluator.maximumDepth else { return nil }
    if let value = graph.nodes[id].defaultValue { return value }
    for rule in graph.nodes[id].rules {
      switch rule {
      case .reference(let reference):
        if let value = defaultValue(of: reference.node, depth: depth + 1) { return value }
      case .all(let nodes):
        if let value = nodes.lazy.compactMap({ defaultValue(of: $0, depth: depth + 1) }).first { return value }
      default: break
      }
    }
    return nil
  }
}
