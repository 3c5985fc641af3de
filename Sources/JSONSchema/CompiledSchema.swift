import JSON

/// A schema of JSON Schema 2020-12 made ready for validating.
///
///     let schema = try CompiledSchema(file, uri: "quire:probe/logistic.json#/params", registry: registry)
///     for violation in schema.validate(params) { … violation.message … }
public final class CompiledSchema: Sendable {
  public struct Options: Sendable {
    /// Whether `format` is checked (`uri`, `date-time`, `sha256`); otherwise it only describes.
    public var assertsFormats: Bool

    public init(assertsFormats: Bool = false) { self.assertsFormats = assertsFormats }
  }

  let graph: Graph
  /// Whether a default, or a reference to a shared definition, can be reached from a node.
  let reachesDefault: [Bool]
  let reachesShared: [Bool]

  /// Compiles a document that need not be in the registry. A fragment of the URI (`#/params`, `#anchor`) chooses a
  /// part of it.
  public convenience init(
    _ document: JSON, uri: String, registry: SchemaRegistry = SchemaRegistry(), options: Options = Options()
  ) throws(SchemaError) {
    var registry = registry
    try registry.add(document, uri: uri)
    try self.init(uri: uri, registry: registry, options: options)
  }

  /// Compiles a document of the registry, or the part of one that a fragment chooses.
  public init(uri: String, registry: SchemaRegistry, options: Options = Options()) throws(SchemaError) {
    var compiler = Compiler(registry, options)
    graph = try compiler.compile(uri)
    reachesDefault = graph.reaching { $0.defaultValue != nil }
    reachesShared = graph.reaching { node in
      node.rules.contains { rule in
        if case .reference(let reference) = rule { reference.sharedDefinition != nil } else { false }
      }
    }
  }

  /// Whether an instance fits.
  public func isValid(_ instance: JSON) -> Bool {
    var evaluator = Evaluator(graph)
    return evaluator.holds(instance)
  }

  /// What is wrong with an instance: the first violations in document order, none when it fits.
  public func validate(_ instance: JSON, limit: Int = 11) -> [Violation] {
    var quick = Evaluator(graph)
    if quick.holds(instance) { return [] }
    if let reason = quick.giveUp { return [Violation(reason, instance, graph)] }
    // What is said about alternatives depends on what is known of each, and must not depend on the limit.
    var thorough = Evaluator(graph, report: Report(limit: max(11, limit)))
    _ = thorough.holds(instance)
    if let reason = thorough.giveUp { return [Violation(reason, instance, graph)] }
    return thorough.report?.entries.prefix(max(1, limit)).map(\.violation) ?? []
  }
}

extension Violation {
  /// The check was given up.
  fileprivate init(_ reason: Evaluator.GiveUp, _ instance: JSON, _ graph: Graph) {
    let words =
      switch reason {
      case .tooDeep: "is nested too deeply for this schema"
      case .tooMuchWork: "takes this schema too long to check"
      }
    self.init(
      pointer: "", keyword: "$ref", expected: "a simpler value", found: JSONSchema.found(instance),
      hint: "the schema comes back to the same values too often; tell its alternatives apart earlier",
      schemaLocation: graph.location(of: graph.nodes[graph.root]), requirement: words)
  }
}
