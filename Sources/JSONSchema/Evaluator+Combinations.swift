import JSON

/// The rules that apply other schemas to the very same value.
extension Evaluator {
  mutating func holdsAll(_ nodes: [Node.ID], _ instance: JSON, _ seen: inout Seen?) -> Bool {
    var isValid = true
    for id in nodes where !holds(id, instance, &seen) {
      isValid = false
      if report == nil { return false }
    }
    return isValid
  }

  mutating func holdsAny(_ nodes: [Node.ID], _ node: Node, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    var isValid = false
    for id in nodes {
      // What a branch that fails has looked at does not count.
      var own = seen.map { _ in Seen() }
      guard holdsQuietly(id, instance, &own) else { continue }
      isValid = true
      guard let own else { return true }
      seen?.formUnion(own)
    }
    return isValid || explain(nodes, node, "anyOf", instance)
  }

  mutating func holdsOne(_ nodes: [Node.ID], _ node: Node, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    var first: Node.ID?
    for id in nodes {
      var own = seen.map { _ in Seen() }
      guard holdsQuietly(id, instance, &own) else { continue }
      if let first { return failSeveral(node, instance, first, id) }
      first = id
      if let own { seen?.formUnion(own) }
    }
    return first != nil || explain(nodes, node, "oneOf", instance)
  }

  mutating func holdsNot(_ id: Node.ID, _ node: Node, _ instance: JSON) -> Bool {
    if !holdsQuietly(id, instance) { return true }
    let graph = graph
    return fail(node, "not", instance, Wording.not(graph.words(id), instance))
  }

  mutating func holdsConditionally(_ rule: Conditional, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    var own = seen.map { _ in Seen() }
    let branch: Node.ID?
    if holdsQuietly(rule.condition, instance, &own) {
      if let own { seen?.formUnion(own) }
      branch = rule.then
    } else {
      branch = rule.otherwise
    }
    guard let branch else { return true }
    return holds(branch, instance, &seen)
  }

  mutating func holdsDependent(
    _ schemas: [(name: String, node: Node.ID)], _ object: JSON.Object, _ instance: JSON, _ seen: inout Seen?
  ) -> Bool {
    var isValid = true
    for index in schemas.indices
    where object[schemas[index].name] != nil && !holds(schemas[index].node, instance, &seen) {
      isValid = false
      if report == nil { return false }
    }
    return isValid
  }

  @inline(never)
  private mutating func failSeveral(_ node: Node, _ instance: JSON, _ first: Node.ID, _ second: Node.ID) -> Bool {
    let graph = graph
    return fail(node, "oneOf", instance, Wording.several(graph.words(first), graph.words(second)))
  }

  /// Says why none of the alternatives holds: by the faults of the one that was plainly meant, or by naming all.
  @inline(never)
  private mutating func explain(_ nodes: [Node.ID], _ node: Node, _ keyword: String, _ instance: JSON) -> Bool {
    guard report != nil, giveUp == nil else { return false }
    let graph = graph
    let branches = nodes.compactMap { faults($0, instance) }
    if let meant = Report.meant(among: branches, for: instance) {
      report?.merge(meant)
      return false
    }
    return fail(
      node, keyword, instance, Wording.alternatives(graph.alternatives(nodes), instance),
      isOtherKind: !branches.contains(where: \.isOfTheKind))
  }
}
