import JSON
import JSONSchema
import PluginKit

/// A method's schema file, read: its words, its contract and its compiled schemas.
struct MethodDescriptor: Sendable {
  /// How far a result may differ from one run to the next (notebook-and-log.md, section 9.3).
  enum Determinism: Sendable, Equatable {
    case exact, bitwise, none
    /// `nil` where the schema says nothing.
    case tolerance(relative: Double?, absolute: Double?)

    /// Name in the log.
    var name: String {
      switch self {
      case .exact: "exact"
      case .bitwise: "bitwise"
      case .none: "none"
      case .tolerance: "tolerance"
      }
    }
  }

  let name: String
  /// Where the file stands in the registry of schemas.
  private let uri: String
  let summary: String
  let writesStore: Bool
  let readsPapers: Bool
  let usesSeed: Bool
  let determinism: Determinism
  let primary: String?
  /// False for look-ups, which are logged only when a cell makes them.
  let isLogged: Bool
  /// A run whose result another run of the same key may take.
  var isCacheable: Bool { !writesStore && determinism != .none && isLogged }
  /// The whole file, the seed added to the params of methods that use one.
  let document: JSON
  let params: CompiledSchema
  let result: CompiledSchema

  /// - Parameter path: the file below `Schemas/`, for messages.
  init(_ file: JSON, path: String, _ registry: SchemaRegistry) throws(Fault) {
    guard let name = file["name"]?.string, file["params"] != nil, file["result"] != nil else {
      throw .internalFault("Schemas/\(path) lacks name, params or result")
    }
    self.name = name
    uri = "quire:\(path)"
    summary = file["summary"]?.string ?? ""
    writesStore = file["effects"]?.string == "writesStore"
    readsPapers = file["reads"]?.array?.contains("papers") ?? false
    usesSeed = file["usesSeed"]?.bool ?? false
    primary = file["primary"]?.string
    isLogged = file["logged"]?.bool ?? true
    determinism = Self.determinism(file["determinism"] ?? "exact")
    let document = Self.withSeed(file)
    self.document = document
    do {
      var registry = registry
      try registry.add(document, uri: uri)
      let options = CompiledSchema.Options(assertsFormats: true)
      self.params = try CompiledSchema(uri: "\(uri)#/params", registry: registry, options: options)
      self.result = try CompiledSchema(uri: "\(uri)#/result", registry: registry, options: options)
    } catch {
      throw .internalFault("Schemas/\(path) is no schema: \(error)")
    }
  }

  /// The file with the param `seed`, when its method uses one.
  static func withSeed(_ file: JSON) -> JSON {
    guard file["usesSeed"]?.bool ?? false else { return file }
    var file = file
    var params = file["params"] ?? [:]
    var properties = params["properties"] ?? [:]
    properties["seed"] = seedSchema
    params["properties"] = properties
    file["params"] = params
    return file
  }

  private static let seedSchema: JSON = [
    "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991, "default": 0,
    "description": "Seeds the random numbers; the same seed gives the same result.",
  ]

  private static func determinism(_ value: JSON) -> Determinism {
    switch value.string {
    case "exact"?: return .exact
    case "bitwise"?: return .bitwise
    case "none"?: return .none
    default:
      return .tolerance(relative: value["rtol"]?.double, absolute: value["atol"]?.double)
    }
  }

  /// Checks params and fills in the defaults; the first violation decides the path, more stand in `details.more`.
  func check(_ given: JSON) throws(Fault) -> JSON {
    let violations = params.validate(given, limit: 11)
    if let first = violations.first {
      var fault = Fault(
        -32602, "params.schema", first.message(under: "params"), path: first.pointer, hint: first.hint)
      fault.details["schema"] = .string(first.schemaLocation.replacing(uri, with: name))
      if violations.count > 1 {
        fault.details["details"] = [
          "more": .array(
            violations.dropFirst().map { ["path": .string($0.pointer), "expected": .string($0.expected)] })
        ]
      }
      throw fault
    }
    return params.applyingDefaults(to: given)
  }
}
