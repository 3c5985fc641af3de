import JSON

/// Checks one instance against a graph. Without a report it stops at the first fault and makes no texts; with one it
/// goes on and notes each.
struct Evaluator {
  let graph: Graph
  var report: Report?
  /// Set when the check was given up; what came out is then worth nothing.
  private(set) var giveUp: GiveUp?

  private var depth = 0
  private var steps = 0
  private var maximumSteps: Int
  /// The resources on the way, outermost first; kept only where a dynamic reference may ask for them.
  private var scope: [Int] = []

  enum GiveUp { case tooDeep, tooMuchWork }

  /// Nodes inside nodes, references included: five for each level of an instance, which is at most 512 deep. They need
  /// 3 MiB of stack, in a debug build 6.
  static let maximumDepth = 2560

  /// Steps for each value in the instance, and so many for a small one. A schema that looks at the same value again
  /// and again by several ways can need time exponential in the depth; this ends it.
  private static let stepsPerValue = 1_000
  private static let freeSteps = 1_000_000

  init(_ graph: Graph, report: Report? = nil) {
    self.graph = graph
    self.report = report
    maximumSteps = Evaluator.freeSteps
  }

  /// Whether an instance fits, by the root node unless another is given.
  mutating func holds(_ instance: JSON, by start: Node.ID? = nil) -> Bool {
    let isValid = holds(start ?? graph.root, instance)
    // Counting costs as much as a short check, so it waits until a check is long.
    guard giveUp == .tooMuchWork, maximumSteps == Evaluator.freeSteps else { return isValid && giveUp == nil }
    maximumSteps += Evaluator.stepsPerValue * instance.valueCount
    (giveUp, steps, depth, scope) = (nil, 0, 0, [])
    report?.forget()
    return holds(start ?? graph.root, instance) && giveUp == nil
  }

  mutating func holds(_ id: Node.ID, _ instance: JSON) -> Bool {
    var nobody: Seen?
    return holds(id, instance, &nobody)
  }

  /// `seen`, unless it is `nil`, takes the members or items that the node has looked at. Who asks for them drops them
  /// when the node does not hold.
  mutating func holds(_ id: Node.ID, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    let node = graph.nodes[id]
    if node.rules.isEmpty { return true }
    steps += 1
    if depth >= Evaluator.maximumDepth { giveUp = .tooDeep }
    if steps > maximumSteps { giveUp = .tooMuchWork }
    guard giveUp == nil else { return false }
    depth += 1
    defer { depth -= 1 }
    let entersResource = !graph.dynamicAnchors.isEmpty && scope.last != node.resource
    if entersResource { scope.append(node.resource) }
    defer { if entersResource { scope.removeLast() } }

    if !node.looksAtUnevaluated { return holds(node, instance, &seen) }
    var own: Seen? = Seen()
    let isValid = holds(node, instance, &own)
    if let own { seen?.formUnion(own) }
    return isValid
  }

  private mutating func holds(_ node: Node, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    var isValid = true
    for rule in node.rules where !holds(rule, node, instance, &seen) {
      isValid = false
      if report == nil { return false }
    }
    return isValid
  }

  private mutating func holds(_ rule: Rule, _ node: Node, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    switch rule {
    case .reference(let reference): holds(reference.node, instance, &seen)
    case .dynamicReference(let reference): holds(target(of: reference), instance, &seen)
    case .all(let nodes): holdsAll(nodes, instance, &seen)
    case .any(let nodes): holdsAny(nodes, node, instance, &seen)
    case .one(let nodes): holdsOne(nodes, node, instance, &seen)
    case .not(let id): holdsNot(id, node, instance)
    case .conditional(let rule): holdsConditionally(rule, instance, &seen)
    case .array, .unevaluatedItems:
      if case .array(let elements) = instance { check(rule, node, instance, elements, &seen) } else { true }
    case .object, .unevaluatedProperties, .dependentSchemas:
      if case .object(let object) = instance { check(rule, node, instance, object, &seen) } else { true }
    case .never, .type, .enumeration, .constant, .number, .string: claim(rule, node, instance)
    }
  }

  private mutating func check(
    _ rule: Rule, _ node: Node, _ instance: JSON, _ elements: [JSON], _ seen: inout Seen?
  ) -> Bool {
    switch rule {
    case .array(let rule): check(rule, node, instance, elements, &seen)
    case .unevaluatedItems(let id): checkUnevaluated(id, node, elements, &seen)
    default: true
    }
  }

  private mutating func check(
    _ rule: Rule, _ node: Node, _ instance: JSON, _ object: JSON.Object, _ seen: inout Seen?
  ) -> Bool {
    switch rule {
    case .object(let rule): check(rule, node, instance, object, &seen)
    case .unevaluatedProperties(let id): checkUnevaluated(id, node, object, &seen)
    case .dependentSchemas(let schemas): holdsDependent(schemas, object, instance, &seen)
    default: true
    }
  }

  private func target(of reference: DynamicReference) -> Node.ID {
    guard let anchors = graph.dynamicAnchors[reference.name] else { return reference.node }
    return scope.lazy.compactMap { anchors[$0] }.first ?? reference.node
  }

  // MARK: Reporting

  /// Notes a fault of the value at hand, and returns false.
  mutating func fail(
    _ node: Node, _ keyword: String, _ instance: JSON, _ wording: @autoclosure () -> Wording,
    _ hint: @autoclosure () -> String? = nil, isOtherKind: Bool = false
  ) -> Bool {
    if report?.hasRoom ?? false {
      report?.add(
        keyword, wording(), instance, hint: hint(), schema: "\(graph.location(of: node))/\(keyword)",
        isOtherKind: isOtherKind)
    }
    return false
  }

  /// Checks a part of the value at hand.
  mutating func holds(_ id: Node.ID, at position: Int, _ token: @autoclosure () -> String, _ part: JSON) -> Bool {
    guard report != nil else { return holds(id, part) }
    report?.enter(position, token())
    defer { report?.leave() }
    return holds(id, part)
  }

  /// Checks without a word.
  mutating func holdsQuietly(_ id: Node.ID, _ instance: JSON, _ seen: inout Seen?) -> Bool {
    let report = report.take()
    defer { self.report = report }
    return holds(id, instance, &seen)
  }

  mutating func holdsQuietly(_ id: Node.ID, _ instance: JSON) -> Bool {
    var nobody: Seen?
    return holdsQuietly(id, instance, &nobody)
  }

  /// The faults that a node finds in the value at hand.
  mutating func faults(_ id: Node.ID, _ instance: JSON) -> Report? {
    guard let outer = report else { return nil }
    defer { report = outer }
    report?.forget()
    _ = holds(id, instance)
    return report
  }
}

/// The members or items of one value that some rule has looked at.
struct Seen {
  private var words: [UInt64] = []

  mutating func insert(_ position: Int) {
    while words.count <= position / 64 { words.append(0) }
    words[position / 64] |= 1 << UInt64(position % 64)
  }

  mutating func insertAll(_ range: Range<Int>) {
    for position in range { insert(position) }
  }

  func contains(_ position: Int) -> Bool {
    position / 64 < words.count && words[position / 64] >> UInt64(position % 64) & 1 == 1
  }

  mutating func formUnion(_ other: Seen) {
    while words.count < other.words.count { words.append(0) }
    for index in other.words.indices { words[index] |= other.words[index] }
  }
}

extension JSON {
  /// The number of values in this one, itself included.
  fileprivate var valueCount: Int {
    switch self {
    case .array(let elements): elements.reduce(1) { $0 + $1.valueCount }
    case .object(let object): object.members.reduce(1) { $0 + $1.value.valueCount }
    default: 1
    }
  }
}
