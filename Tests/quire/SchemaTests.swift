import Foundation
import JSON
import JSONSchema
import RunLog
import TestSupport
import Testing

@testable import Kernel
@testable import PluginKit
@testable import quire

private func registry() -> Registry { Registry(plugins: builtInPlugins, kernelMethods: Kernel.kernelMethods) }

private func pluginMethods() -> [any PluginKit.Method.Type] { builtInPlugins.flatMap { $0.methods } }

@Test func everyMethodHasAFileAndEveryFileHasAMethod() throws {
  let registry = registry()
  let names = registry.entries.map(\.name)
  #expect(Set(names).count == names.count)
  for entry in registry.entries {
    let descriptor = try registry.descriptor(entry)
    #expect(descriptor.name == entry.name)
    #expect(descriptor.document["description"]?.string?.isEmpty == false, "\(entry.name) has no description")
    #expect(!descriptor.summary.isEmpty, "\(entry.name) has no summary")
  }
  let files = EmbeddedSchema.all.map(\.path).filter { !$0.hasPrefix("common/") }
  #expect(Set(files) == Set(names.map(Registry.schemaPath)))
}

@Test func schemasKeepToTheAgreedKeywords() throws {
  for file in EmbeddedSchema.all {
    let document = try file.parse()
    let schemas = file.path.hasPrefix("common/") ? [document] : [document["params"] ?? [:], document["result"] ?? [:]]
    for schema in schemas { #expect(CompiledSchema.unknownKeywords(in: schema) == [], "\(file.path)") }
  }
}

@Test func namesStayDistinctWhereDotsAndSlashesAreNotAllowed() {
  let names = registry().entries.map { $0.name.replacing("/", with: "_").replacing(".", with: "_") }
  #expect(Set(names).count == names.count)
  #expect(names.allSatisfy { $0.utf8.count <= 63 })
}

@Test func pluginsAreNamedAsTheirMethods() {
  for plugin in builtInPlugins {
    #expect(plugin.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
    for method in plugin.methods { #expect(method.name.hasPrefix(plugin.name + ".")) }
  }
}

/// Drift: what the type asks for is what the schema names, no more and no less.
@Test func aMethodAsksForTheMembersThatItsSchemaNames() throws {
  let registry = registry()
  for method in pluginMethods() {
    let descriptor = try registry.descriptor(of: method.name)
    let named = Set((descriptor.document["params"]?["properties"]?.object?.keys ?? []).map { "/" + $0 })
    let seed: Set<String> = descriptor.usesSeed ? ["/seed"] : []
    for example in try examples(descriptor) {
      var params = try descriptor.check(example.withPlaceholders)
      params["seed"] = nil
      let asked = try method.membersAskedFor(in: params).filter { !$0.dropFirst().contains("/") }
      #expect(Set(asked) == named.subtracting(seed), "\(method.name)")
    }
  }
}

@Test func everyExampleRunsAndItsResultFitsTheSchema() throws {
  for method in pluginMethods() {
    let descriptor = try registry().descriptor(of: method.name)
    for example in try examples(descriptor) {
      let folder = try TemporaryFolder()
      var settings = Kernel.Settings(jobs: 2)
      settings.validatesResults = true
      let kernel = Kernel(workspace: Workspace(root: folder.path), plugins: builtInPlugins, settings: settings)
      defer { kernel.workspace.close() }
      let value = try example.run(kernel, folder.path, method.name)
      #expect(descriptor.result.validate(value).map(\.message) == [], "\(method.name)")
      if let wanted = example.result { #expect(value == wanted, "\(method.name): \(value.text)") }
    }
  }
}

/// A method whose bytes change under an unchanged version would poison every cache.
@Test func resultsChangeOnlyWithTheVersionOfTheirPlugin() throws {
  let file = SharedData.packageRoot.appendingPathComponent("Tests/quire/example-digests.json")
  let known = (try? JSON.parse(Array(Data(contentsOf: file)))) ?? [:]
  let core = Kernel.numericLibrary.core
  var found: JSON.Object = [:]
  for plugin in builtInPlugins {
    for method in plugin.methods {
      let descriptor = try registry().descriptor(of: method.name)
      guard descriptor.determinism == .exact || descriptor.determinism == .bitwise else { continue }
      for (number, example) in try examples(descriptor).enumerated() {
        let folder = try TemporaryFolder()
        let kernel = Kernel(workspace: Workspace(root: folder.path), plugins: builtInPlugins, settings: .init(jobs: 1))
        let value = try example.run(kernel, folder.path, method.name)
        kernel.workspace.close()
        let digest = try ContentHash(of: value.canonicalBytes()).hex
        let entry: JSON = [
          "version": .string(plugin.version), "sha256": .string(digest),
          "core": descriptor.determinism == .exact ? nil : .string(core),
        ]
        let name = "\(method.name)/\(number)"
        found[name] = entry
        guard let before = known[name], before["version"]?.string == plugin.version else {
          #expect(
            ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil,
            "\(name) has no digest for version \(plugin.version): run UPDATE_GOLDEN=1 make test")
          continue
        }
        if before["core"] == entry["core"] {
          #expect(before["sha256"] == entry["sha256"], "\(name) changed: raise the version of \(plugin.name)")
        }
      }
    }
  }
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
    try (JSON.object(found).prettyText + "\n").write(to: file, atomically: true, encoding: .utf8)
  }
}
