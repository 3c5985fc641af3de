import JSON

/// Schemas in words.
extension Graph {
  private static let maximumDepth = 3

  /// What a node asks for: its title, or as much of its rules as a sentence can carry.
  func words(_ id: Node.ID) -> String { words(id, depth: 0) }

  private func words(_ id: Node.ID, depth: Int) -> String {
    let node = nodes[id]
    if let title = node.title, !title.isEmpty { return withArticle(title) }
    if depth < Graph.maximumDepth {
      for rule in node.rules {
        if let words = words(rule, of: node, depth: depth) { return words }
      }
    }
    return "a value that fits \(shortened(location(of: node), to: 80))"
  }

  /// `nil` when the rule alone says too little.
  private func words(_ rule: Rule, of node: Node, depth: Int) -> String? {
    switch rule {
    case .never: return "nothing"
    case .constant(let value): return sketched(value, to: 40)
    case .enumeration(let values): return listed(values.values.map { sketched($0, to: 40) }, limit: 100)
    case .type(let types): return types.words + details(of: node, depth: depth)
    case .number: return "a number" + details(of: node, depth: depth)
    case .string: return "a string" + details(of: node, depth: depth)
    case .array: return "an array" + details(of: node, depth: depth)
    case .object: return "an object" + details(of: node, depth: depth)
    case .reference(let reference): return words(reference.node, depth: depth + 1)
    case .any(let nodes), .one(let nodes): return listed(alternatives(nodes, depth: depth + 1), limit: 140)
    case .not(let id): return "anything but \(words(id, depth: depth + 1))"
    case .all, .dynamicReference, .conditional, .dependentSchemas, .unevaluatedItems, .unevaluatedProperties: return nil
    }
  }

  /// The alternatives one by one, those of nested choices included.
  func alternatives(_ ids: [Node.ID]) -> [String] { alternatives(ids, depth: 0) }

  private func alternatives(_ ids: [Node.ID], depth: Int) -> [String] {
    var words: [String] = []
    for id in ids {
      let inner = depth < Graph.maximumDepth ? choices(id) : []
      for word in inner.isEmpty ? [self.words(id, depth: depth)] : alternatives(inner, depth: depth + 1)
      where !words.contains(word) {
        words.append(word)
      }
    }
    return words
  }

  /// The branches of a node that is nothing but a choice without a name, or a reference to one.
  private func choices(_ id: Node.ID) -> [Node.ID] {
    let node = nodes[id]
    guard node.title == nil, node.rules.count == 1 else { return [] }
    switch node.rules[0] {
    case .any(let nodes), .one(let nodes): return nodes
    case .reference(let reference): return [reference.node]
    default: return []
    }
  }

  // MARK: Details

  private func details(of node: Node, depth: Int) -> String {
    for rule in node.rules {
      switch rule {
      case .number(let rule): return details(rule)
      case .string(let rule): return details(rule)
      case .array(let rule):
        if let items = rule.items, !nodes[items].rules.isEmpty, depth + 1 < Graph.maximumDepth {
          return " (each item \(words(items, depth: depth + 1)))"
        }
      case .object(let rule):
        let required = rule.members.entries.filter(\.value.isRequired).map { quoted($0.name) }
        if !required.isEmpty { return " with \(required.joined(separator: " and "))" }
      default: break
      }
    }
    return ""
  }

  private func details(_ rule: NumberRule) -> String {
    let limits = [
      ("at least", rule.minimum), ("above", rule.exclusiveMinimum), ("at most", rule.maximum),
      ("below", rule.exclusiveMaximum),
    ]
    let words = limits.compactMap { relation, limit in limit.map { "\(relation) \(sketched($0, to: 30))" } }
    return words.isEmpty ? "" : " " + words.joined(separator: " and ")
  }

  private func details(_ rule: StringRule) -> String {
    if let format = rule.format { return " that is \(format.words)" }
    if let pattern = rule.pattern { return " that matches \(shortened(pattern.source, to: 60))" }
    if let minimum = rule.minimum, minimum > 0 {
      return minimum == 1 ? " that is not empty" : " of \(minimum) or more characters"
    }
    return ""
  }

  /// A title as a thing: most are a noun ("matrix"), some a plural or a name ("labels", "Inputs").
  private func withArticle(_ title: String) -> String {
    let short = shortened(title, to: 60)
    guard let first = short.unicodeScalars.first, first.properties.isLowercase, !short.hasSuffix("s"),
      !["a ", "an ", "the "].contains(where: short.hasPrefix)
    else { return short }
    return ("aeiou".unicodeScalars.contains(first) ? "an " : "a ") + short
  }

  // MARK: Names

  /// The members that a node's own keywords name.
  func ownMemberNames(of node: Node) -> [String] {
    node.rules.flatMap { rule -> [String] in
      guard case .object(let rule) = rule else { return [] }
      return rule.members.entries.map(\.name)
    }
  }

  /// The members that a node and what it applies to the same value speak of.
  func memberNames(of node: Node) -> [String] {
    var names: [String] = []
    var visited: Set<Node.ID> = []
    var pending = [node]
    while let node = pending.popLast() {
      names += ownMemberNames(of: node)
      for id in node.rules.flatMap(inPlace) where visited.insert(id).inserted { pending.append(nodes[id]) }
    }
    return names
  }
}
