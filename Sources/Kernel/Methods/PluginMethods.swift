import JSON
import PluginKit

/// `plugin/list`
struct PluginList: KernelMethod {
  static let name = "plugin/list"
  static let effect = Effect.inline
  typealias Parameters = NoParameters

  struct Output: Encodable {
    var items: [Item]
  }
  struct Item: Encodable {
    var family, version: String
    var builtIn: Bool
    var methods: [String]
    var summary: String
    var folder, problem: String?
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) -> Output {
    let registry = call.kernel.registry
    return Output(
      items: registry.plugins.map { plugin in
        Item(
          family: plugin.name, version: plugin.version, builtIn: plugin.isBuiltIn, methods: plugin.methods,
          summary: plugin.summary, folder: plugin.folder, problem: registry.trouble(plugin))
      })
  }
}

/// `plugin/describe`
struct PluginDescribe: KernelMethod {
  static let name = "plugin/describe"
  static let effect = Effect.inline

  struct Parameters: Decodable, Sendable {
    var name: String
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let registry = call.kernel.registry
    if let plugin = registry.plugins.first(where: { $0.name == parameters.name }) {
      return [
        "name": .string(plugin.name), "summary": .string(plugin.summary), "version": .string(plugin.version),
        "methods": .array(
          try plugin.methods.map { name in
            ["name": .string(name), "summary": .string(try registry.descriptor(of: name).summary)]
          }),
      ]
    }
    let descriptor = try registry.descriptor(of: parameters.name)
    return try describe(descriptor)
  }

  static let members = [
    "name", "title", "summary", "description", "effects", "reads", "usesSeed", "determinism", "primary", "params",
    "result", "errors", "examples", "references",
  ]

  /// The members of the method's file, its schemas bundled with what they refer to.
  static func describe(_ descriptor: MethodDescriptor) throws -> JSON {
    var answer: JSON.Object = [:]
    for member in members { answer[member] = descriptor.document[member] }
    for schema in ["params", "result"] {
      answer[schema] = try answer[schema].map { try SchemaBundle.bundle($0, in: descriptor.document) }
    }
    return .object(answer)
  }
}

/// `plugin/restart`
struct PluginRestart: KernelMethod {
  static let name = "plugin/restart"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var family: String
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let registry = call.kernel.registry
    guard let plugin = registry.external(parameters.family) else {
      let known = registry.plugins.first { $0.name == parameters.family }
      throw Fault.parameter(
        "/family",
        known == nil
          ? "no plugin '\(parameters.family.cut(toBytes: 60))'" : known?.problem ?? "\(parameters.family) is built in",
        hint: "plugin/list shows which are programs of their own")
    }
    return ["family": .string(parameters.family), "pid": JSON(try plugin.restart())]
  }
}
