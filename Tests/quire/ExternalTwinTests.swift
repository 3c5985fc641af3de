import Foundation
import JSON
import PluginKit
import TestSupport
import Testing

@testable import Kernel
@testable import quire

private let families = builtInPlugins.map { $0.name }

/// A folder that makes a built-in plugin a program of its own.
func manifest(of plugin: any Plugin.Type) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  var files: [String] = []
  for method in plugin.methods {
    let path = Registry.schemaPath(method.name)
    let file = String(path.split(separator: "/").last ?? "")
    try FileManager.default.copyItem(
      at: SharedData.packageRoot.appendingPathComponent("Schemas/\(path)"), to: folder.file(file))
    files.append(file)
  }
  let manifest: JSON = [
    "name": .string(plugin.name), "version": .string(plugin.version), "protocol": 1,
    "summary": .string(plugin.summary),
    "command": [.string(Program.quire), "plugin", "serve", .string(plugin.name)], "methods": JSON(files),
  ]
  try manifest.text.write(to: folder.file("quire-plugin.json"), atomically: true, encoding: .utf8)
  return folder
}

/// The surest test that a context has all that a method needs: as a program of its own a plugin gives the same bytes.
@Test(.withoutSanitizer, arguments: families)
func aBuiltInPluginGivesTheSameBytesAsAProgramOfItsOwn(_ family: String) throws {
  let plugin = try #require(builtInPlugins.first { $0.name == family })
  let folder = try manifest(of: plugin)
  var outside = Kernel.Settings(jobs: 2)
  outside.pluginFolders = [folder.path]
  let others = builtInPlugins.filter { $0.name != family }
  for method in plugin.methods {
    let workspaces = try [TemporaryFolder(), TemporaryFolder()]
    let kernels = [
      Kernel(workspace: Workspace(root: workspaces[0].path), plugins: builtInPlugins, settings: .init(jobs: 2)),
      Kernel(workspace: Workspace(root: workspaces[1].path), plugins: others, settings: outside),
    ]
    defer { for kernel in kernels { kernel.close() } }
    #expect(kernels[1].registry.plugins.allSatisfy { $0.problem == nil }, "\(kernels[1].registry.plugins)")
    for (number, example) in try examples(kernels[0].registry.descriptor(of: method.name)).enumerated() {
      let answers = try zip(kernels, workspaces).map { kernel, workspace in
        var answer = try example.run(kernel, workspace.path, method.name, withDetails: true)
        answer["_meta"]?["run"] = nil
        return answer
      }
      #expect(
        try timeless(answers[0]) == timeless(answers[1]),
        "\(method.name)/\(number): \(answers[0].text) and \(answers[1].text)")
    }
  }
}

/// An answer with the same instant and the same run wherever it names one.
private func timeless(_ answer: JSON) throws -> String {
  String(decoding: try answer.canonicalBytes(), as: UTF8.self)
    .replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#, with: "INSTANT")
    .replacing(#/run [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#, with: "RUN")
}

@Test(.withoutSanitizer) func faultsOfAPluginOutsideAreThoseOfTheOneInside() throws {
  let plugin = try #require(builtInPlugins.first { $0.name == "data" })
  let folder = try manifest(of: plugin)
  let workspace = try TemporaryFolder()
  try "x,y\n1,2\n3\n".write(to: workspace.file("short.csv"), atomically: true, encoding: .utf8)
  var outside = Kernel.Settings(jobs: 1)
  outside.pluginFolders = [folder.path]
  let kernels = [
    Kernel(workspace: Workspace(root: workspace.path), plugins: [plugin], settings: .init(jobs: 1)),
    Kernel(workspace: Workspace(root: workspace.path), plugins: [], settings: outside),
  ]
  defer { for kernel in kernels { kernel.close() } }
  let wrong: [JSON] = [
    ["source": ["$file": "short.csv"]], ["source": ["$file": "missing.csv"]], ["source": [[1, 2], [3]]],
    ["source": [[1]], "dtype": "float128"],
  ]
  for params in wrong {
    let faults = kernels.map { kernel -> JSON in
      do throws(Fault) {
        return try kernel.perform("data.load", params, Caller(roots: [workspace.path]))
      } catch {
        return error.json
      }
    }
    #expect(faults[0]["code"] != nil && faults[0] == faults[1], "\(faults.map(\.text))")
  }
}
