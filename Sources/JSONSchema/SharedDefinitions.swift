import JSON

extension CompiledSchema {
  /// The values of an instance whose schema is one of the shared definitions, that is a `$ref` to `quire:common/…`:
  /// what the host opens, such as `("/features", "common/matrix.json", {"x-rank": 2})`.
  ///
  /// The annotations are the `x-` members beside the `$ref`. Behind an `anyOf` or `oneOf` the first branch that holds
  /// is followed. Each value is reported once, by the outermost reference; the walk goes on inside it.
  public func references(
    in instance: JSON
  ) -> [(pointer: String, definition: String, annotations: JSON.Object)] {
    var walk = SharedDefinitionWalk(graph: graph, reachesShared: reachesShared)
    walk.visit(instance, by: graph.root, at: JSON.Pointer(), depth: 0)
    return walk.found
  }
}

private struct SharedDefinitionWalk {
  let graph: Graph
  let reachesShared: [Bool]
  private(set) var found: [(pointer: String, definition: String, annotations: JSON.Object)] = []
  private var reported: Set<String> = []

  init(graph: Graph, reachesShared: [Bool]) {
    self.graph = graph
    self.reachesShared = reachesShared
  }

  mutating func visit(_ value: JSON, by id: Node.ID, at pointer: JSON.Pointer, depth: Int) {
    guard reachesShared[id], depth < Evaluator.maximumDepth else { return }
    let node = graph.nodes[id]
    for rule in node.rules {
      switch rule {
      case .reference(let reference):
        let text = pointer.description
        if let definition = reference.sharedDefinition, reported.insert(text).inserted {
          found.append((text, definition, node.annotations))
        }
        visit(value, by: reference.node, at: pointer, depth: depth + 1)
      case .array(let rule):
        for (index, element) in (value.array ?? []).enumerated() {
          guard let id = rule.node(at: index) else { break }
          guard reachesShared[id] else { continue }
          visit(element, by: id, at: pointer.appending("\(index)"), depth: depth + 1)
        }
      case .object(let rule):
        for member in value.object?.members ?? [] {
          for id in rule.nodes(for: member.key) {
            visit(member.value, by: id, at: pointer.appending(member.key), depth: depth + 1)
          }
        }
      default:
        guard graph.inPlace(rule).contains(where: { reachesShared[$0] }) else { continue }
        for id in graph.inForce(rule, value) { visit(value, by: id, at: pointer, depth: depth + 1) }
      }
    }
  }
}
