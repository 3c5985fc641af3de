import JSON

/// `rpc.discover`
struct Discover: KernelMethod {
  static let name = "rpc.discover"
  static let effect = Effect.inline
  typealias Parameters = NoParameters

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    try call.kernel.registry.openRPC.get()
  }

  /// An OpenRPC document of all methods, in order of name, that stands on its own.
  static func document(_ methods: [(name: String, file: JSON)]) throws(Fault) -> JSON {
    var bundle = try SchemaBundle(place: "#/components/schemas/")
    let described = methods.map { describe($0.name, $0.file, &bundle) }
    return [
      "openrpc": "1.3.2",
      "info": [
        "title": "Quire", "version": .string(Kernel.version),
        "description": "A research-notebook kernel: one method a cell, every run in a log that can be verified.",
      ],
      "methods": .array(described),
      "components": ["schemas": .object(bundle.definitions)],
    ]
  }

  private static func describe(_ name: String, _ file: JSON, _ bundle: inout SchemaBundle) -> JSON {
    let params = file["params"] ?? [:]
    let required = params["required"]?.array?.compactMap(\.string) ?? []
    var descriptors: [JSON] = []
    for property in params["properties"]?.object?.members ?? [] {
      descriptors.append([
        "name": .string(property.key), "required": .bool(required.contains(property.key)),
        "schema": bundle.add(property.value, of: file, named: name),
      ])
    }
    return [
      "name": .string(name), "summary": file["summary"] ?? "", "description": file["description"] ?? "",
      "paramStructure": "by-name", "params": .array(descriptors),
      "result": ["name": "result", "schema": bundle.add(file["result"] ?? [:], of: file, named: name)],
    ]
  }
}
