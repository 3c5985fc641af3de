import JSON
import Pattern

/// Rules about arrays and objects. What goes down into an instance stands apart from what writes reports: each level
/// of nesting costs the frames of the former, so they are kept small.
extension Evaluator {
  // MARK: Arrays

  mutating func check(
    _ rule: ArrayRule, _ node: Node, _ instance: JSON, _ elements: [JSON], _ seen: inout Seen?
  ) -> Bool {
    var isValid = checkClaims(rule, node, instance, elements)
    if !isValid, report == nil { return false }
    for position in elements.indices {
      guard let id = rule.node(at: position) else { break }
      // `items: false` is a limit of length, and reported as such.
      if position >= rule.prefix.count, graph.nodes[id].isNever { break }
      isValid = holds(id, at: position, "\(position)", elements[position]) && isValid
      if !isValid, report == nil { return false }
    }
    seen?.insertAll(0..<(rule.items == nil ? min(rule.prefix.count, elements.count) : elements.count))
    if let contains = rule.contains {
      let count = countContained(contains, rule, elements, &seen)
      isValid = checkContained(count, contains, rule, node, instance) && isValid
    }
    return isValid
  }

  @inline(never)
  private mutating func checkClaims(_ rule: ArrayRule, _ node: Node, _ instance: JSON, _ elements: [JSON]) -> Bool {
    var isValid = true
    if let minimum = rule.minimum, elements.count < minimum {
      isValid = fail(node, "minItems", instance, Wording.size("at least", minimum, "item", in: "an array"))
    }
    if let maximum = rule.maximum, elements.count > maximum {
      isValid = fail(node, "maxItems", instance, Wording.size("at most", maximum, "item", in: "an array"))
    }
    if let items = rule.items, elements.count > rule.prefix.count, graph.nodes[items].isNever {
      isValid = fail(node, "items", instance, Wording.size("at most", rule.prefix.count, "item", in: "an array"))
    }
    if rule.isUnique, let (first, second) = firstDuplicate(in: elements) {
      isValid = fail(node, "uniqueItems", instance, Wording.duplicate(first, second))
    }
    return isValid
  }

  /// The number of items that fit `contains`; when nobody needs the exact number, counting ends as soon as there are
  /// enough.
  private mutating func countContained(
    _ contains: Node.ID, _ rule: ArrayRule, _ elements: [JSON], _ seen: inout Seen?
  ) -> Int {
    var count = 0
    for position in elements.indices where holdsQuietly(contains, elements[position]) {
      count += 1
      seen?.insert(position)
      if seen == nil, rule.maximumContained == nil, count >= rule.minimumContained { break }
    }
    return count
  }

  @inline(never)
  private mutating func checkContained(
    _ count: Int, _ contains: Node.ID, _ rule: ArrayRule, _ node: Node, _ instance: JSON
  ) -> Bool {
    let graph = graph
    if count < rule.minimumContained {
      return fail(
        node, rule.minimumContained == 1 ? "contains" : "minContains", instance,
        Wording.contained("at least", rule.minimumContained, graph.words(contains)))
    }
    if let maximum = rule.maximumContained, count > maximum {
      return fail(node, "maxContains", instance, Wording.contained("at most", maximum, graph.words(contains)))
    }
    return true
  }

  // MARK: Objects

  mutating func check(
    _ rule: ObjectRule, _ node: Node, _ instance: JSON, _ object: JSON.Object, _ seen: inout Seen?
  ) -> Bool {
    var isValid = checkSize(rule, node, instance, object)
    if !isValid, report == nil { return false }
    var found = 0
    let members = object.members
    for position in members.indices {
      isValid = check(rule, node, members[position], at: position, &found, &seen) && isValid
      if !isValid, report == nil { return false }
    }
    return checkNames(rule, node, instance, object, found) && isValid
  }

  private mutating func check(
    _ rule: ObjectRule, _ node: Node, _ member: JSON.Object.Member, at position: Int, _ found: inout Int,
    _ seen: inout Seen?
  ) -> Bool {
    var isValid = true
    var isKnown = false
    if let entry = rule.members[member.key] {
      if entry.isRequired { found += 1 }
      if let id = entry.node {
        isKnown = true
        isValid = holds(id, at: position, member.key, member.value)
      }
    }
    for index in rule.patterns.indices where rule.patterns[index].pattern.matches(in: member.key) {
      isKnown = true
      isValid = holds(rule.patterns[index].node, at: position, member.key, member.value) && isValid
    }
    if !isKnown, let additional = rule.additional {
      isKnown = true
      isValid =
        graph.nodes[additional].isNever
        ? failUnknown(node, "additionalProperties", nil, member, at: position)
        : holds(additional, at: position, member.key, member.value)
    }
    if isKnown { seen?.insert(position) }
    if let names = rule.names, !holdsQuietly(names, .string(member.key)) {
      isValid = failName(node, names, member, at: position)
    }
    return isValid
  }

  @inline(never)
  private mutating func checkSize(_ rule: ObjectRule, _ node: Node, _ instance: JSON, _ object: JSON.Object) -> Bool {
    var isValid = true
    if let minimum = rule.minimum, object.count < minimum {
      isValid = fail(node, "minProperties", instance, Wording.size("at least", minimum, "member", in: "an object"))
    }
    if let maximum = rule.maximum, object.count > maximum {
      isValid = fail(node, "maxProperties", instance, Wording.size("at most", maximum, "member", in: "an object"))
    }
    return isValid
  }

  /// `found` is the number of required members that are there; names are distinct, so counting them is enough.
  @inline(never)
  private mutating func checkNames(
    _ rule: ObjectRule, _ node: Node, _ instance: JSON, _ object: JSON.Object, _ found: Int
  ) -> Bool {
    var isValid = found == rule.requiredCount
    if !isValid, report == nil { return false }
    if !isValid {
      let unknown = object.keys.filter { rule.members[$0] == nil }
      for (name, entry) in rule.members.entries where entry.isRequired && object[name] == nil {
        _ = fail(node, "required", instance, Wording.required(name), Wording.hint(missing: name, among: unknown))
      }
    }
    for (name, required) in rule.dependencies where object[name] != nil {
      for other in required where object[other] == nil {
        isValid = fail(node, "dependentRequired", instance, Wording.required(other, besides: name))
      }
    }
    return isValid
  }

  @inline(never)
  private mutating func failName(
    _ node: Node, _ names: Node.ID, _ member: JSON.Object.Member, at position: Int
  ) -> Bool {
    let graph = graph
    report?.enter(position, member.key)
    defer { report?.leave() }
    return fail(node, "propertyNames", .string(member.key), Wording.name(graph.words(names)))
  }

  @inline(never)
  private mutating func failUnknown(
    _ node: Node, _ keyword: String, _ known: [String]?, _ member: JSON.Object.Member, at position: Int
  ) -> Bool {
    guard report != nil else { return false }
    let known = known ?? graph.ownMemberNames(of: node)
    report?.enter(position, member.key)
    defer { report?.leave() }
    return fail(
      node, keyword, member.value, Wording.unknown(known), Wording.hint(nearest(to: member.key, among: known)))
  }

  // MARK: What the others left over

  mutating func checkUnevaluated(_ id: Node.ID, _ node: Node, _ elements: [JSON], _ seen: inout Seen?) -> Bool {
    var isValid = true
    for position in elements.indices where !(seen?.contains(position) ?? false) {
      isValid =
        (graph.nodes[id].isNever
          ? failExtra(node, elements[position], at: position)
          : holds(id, at: position, "\(position)", elements[position])) && isValid
      if !isValid, report == nil { return false }
    }
    seen?.insertAll(0..<elements.count)
    return isValid
  }

  mutating func checkUnevaluated(_ id: Node.ID, _ node: Node, _ object: JSON.Object, _ seen: inout Seen?) -> Bool {
    var isValid = true
    let members = object.members
    for position in members.indices where !(seen?.contains(position) ?? false) {
      isValid =
        (graph.nodes[id].isNever
          ? failUnknown(node, "unevaluatedProperties", graph.memberNames(of: node), members[position], at: position)
          : holds(id, at: position, members[position].key, members[position].value)) && isValid
      if !isValid, report == nil { return false }
    }
    seen?.insertAll(0..<members.count)
    return isValid
  }

  @inline(never)
  private mutating func failExtra(_ node: Node, _ element: JSON, at position: Int) -> Bool {
    report?.enter(position, "\(position)")
    defer { report?.leave() }
    return fail(node, "unevaluatedItems", element, Wording.extraItem)
  }
}
