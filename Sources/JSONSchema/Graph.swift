import JSON

/// All nodes that can be reached from a schema.
final class Graph: Sendable {
  let nodes: [Node]
  let root: Node.ID
  /// URIs by number.
  let resources: [String]
  /// Of each dynamic anchor its node in each resource that has it.
  let dynamicAnchors: [String: [Int: Node.ID]]

  init(nodes: [Node], root: Node.ID, resources: [String], dynamicAnchors: [String: [Int: Node.ID]]) {
    self.nodes = nodes
    self.root = root
    self.resources = resources
    self.dynamicAnchors = dynamicAnchors
  }

  func location(of node: Node) -> String { "\(resources[node.resource])#\(node.pointer)" }

  /// The nodes that a rule applies to the very same value.
  func inPlace(_ rule: Rule) -> [Node.ID] {
    switch rule {
    case .reference(let reference): [reference.node]
    case .all(let nodes), .any(let nodes), .one(let nodes): nodes
    case .not(let node): [node]
    case .conditional(let rule): [rule.condition] + [rule.then, rule.otherwise].compactMap { $0 }
    case .dependentSchemas(let schemas): schemas.map(\.node)
    case .dynamicReference(let reference): [reference.node] + (dynamicAnchors[reference.name]?.values.map { $0 } ?? [])
    default: []
    }
  }

  /// Of these the nodes that speak for a value: of alternatives the first that holds, of a condition what it puts in
  /// force.
  func inForce(_ rule: Rule, _ value: JSON) -> [Node.ID] {
    func holds(_ id: Node.ID) -> Bool {
      var evaluator = Evaluator(self)
      return evaluator.holds(value, by: id)
    }
    switch rule {
    case .reference(let reference): return [reference.node]
    case .dynamicReference(let reference): return [reference.node]
    case .all(let nodes): return nodes
    case .any(let nodes), .one(let nodes): return [nodes.first(where: holds)].compactMap { $0 }
    case .conditional(let rule): return [holds(rule.condition) ? rule.then : rule.otherwise].compactMap { $0 }
    case .dependentSchemas(let schemas): return schemas.filter { value[$0.name] != nil }.map(\.node)
    default: return []
    }
  }

  /// The nodes that a rule applies to parts of the value.
  func below(_ rule: Rule) -> [Node.ID] {
    switch rule {
    case .array(let rule): rule.prefix + [rule.items, rule.contains].compactMap { $0 }
    case .object(let rule):
      rule.members.entries.compactMap(\.value.node) + rule.patterns.map(\.node) + [rule.additional].compactMap { $0 }
    case .unevaluatedItems(let node), .unevaluatedProperties(let node): [node]
    default: []
    }
  }

  /// The nodes from which one that fulfils the condition can be reached, itself included.
  func reaching(_ condition: (Node) -> Bool) -> [Bool] {
    var sources = [[Node.ID]](repeating: [], count: nodes.count)
    for (id, node) in nodes.enumerated() {
      for target in node.rules.flatMap({ inPlace($0) + below($0) }) { sources[target].append(id) }
    }
    var reaching = nodes.map(condition)
    var pending = reaching.indices.filter { reaching[$0] }
    while let id = pending.popLast() {
      for source in sources[id] where !reaching[source] {
        reaching[source] = true
        pending.append(source)
      }
    }
    return reaching
  }
}
