import Foundation
import JSON
import JSONSchema
import TestSupport
import Testing

/// The files in `Schemas/`: they compile, keep to our keywords, and their examples fit them.
struct SchemaFiles {
  private static let folder = SharedData.packageRoot.appendingPathComponent("Schemas")

  private static func files() throws -> [(name: String, value: JSON)] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    return try names.sorted().map { name in
      (name, try JSON.parse([UInt8](Data(contentsOf: folder.appendingPathComponent(name)))))
    }
  }

  private static func registry() throws -> SchemaRegistry {
    var registry = SchemaRegistry()
    for (name, value) in try files() { try registry.add(value, uri: "quire:\(name)") }
    return registry
  }

  @Test func theyKeepToOurKeywords() throws {
    for (name, value) in try SchemaFiles.files() {
      let schemas =
        name.hasPrefix("common/")
        ? ["": value] : ["/params": value["params"] ?? true, "/result": value["result"] ?? true]
      for (part, schema) in schemas { #expect(CompiledSchema.unknownKeywords(in: schema) == [], "\(name)\(part)") }
    }
  }

  @Test func theyCompileAndTheirExamplesFit() throws {
    let registry = try SchemaFiles.registry()
    let options = CompiledSchema.Options(assertsFormats: true)
    for (name, value) in try SchemaFiles.files() {
      guard !name.hasPrefix("common/") else {
        _ = try CompiledSchema(uri: "quire:\(name)", registry: registry, options: options)
        continue
      }
      let params = try CompiledSchema(uri: "quire:\(name)#/params", registry: registry, options: options)
      for example in value["examples"]?.array ?? [] {
        // What another call makes stands as a reference, which has no value here.
        guard example["before"] == nil, var given = example["params"] else { continue }
        // The host adds the seed to the params of a method that uses one.
        if value["usesSeed"] == true { given["seed"] = nil }
        #expect(params.validate(given).map(\.message) == [], "\(name)")
      }
      if value["result"] != nil {
        _ = try CompiledSchema(uri: "quire:\(name)#/result", registry: registry, options: options)
      }
    }
  }
}
