import JSON
import PluginKit

/// A plugin as lists show it, built in or a program of its own.
struct PluginInfo: Sendable {
  let name: String
  let version: String
  let summary: String
  /// In a run's entry: the program's commit, or the hash of the manifest.
  let build: String
  let isBuiltIn: Bool
  /// The names of its methods, in order.
  var methods: [String] { names().sorted() }
  private let names: @Sendable () -> [String]
  /// Where a program of its own lies.
  let folder: String?
  /// Why its methods are not among those that can be called.
  let problem: String?
  /// Of a program of its own, when it could be read.
  let manifest: PluginManifest?

  init(_ plugin: any Plugin.Type) {
    (name, version, summary, build) = (plugin.name, plugin.version, plugin.summary, Kernel.commit)
    (isBuiltIn, folder, problem, manifest) = (true, nil, nil, nil)
    names = { plugin.methods.map { $0.name } }
  }

  /// - Parameter taken: the plugins that win over this one.
  init(_ found: PluginFolders.Found, taken: [PluginInfo]) {
    isBuiltIn = false
    folder = found.folder
    switch found.manifest {
    case .success(let manifest):
      self.manifest = manifest
      (name, version, summary) = (manifest.name, manifest.version, manifest.summary)
      build = manifest.hash.hex
      names = { manifest.methods.map(\.name) }
      problem = taken.first { $0.name == manifest.name && $0.problem == nil }.map { other in
        "another plugin has this name: \(other.folder ?? "a built-in one")"
      }
    case .failure(let fault):
      manifest = nil
      (name, version, summary, build, names) = (Path.lastComponent(found.folder), "", "", "", { [] })
      problem = fault.message
    }
  }
}

/// What runs a plugin's method.
protocol MethodRunner: Sendable {
  /// The method's value; artifacts stand in it by their hashes.
  func run(_ call: PluginCall, id: String, _ context: RunContext, in workspace: Workspace) throws -> JSON
}

/// A method that the program was built with.
struct BuiltInMethod: MethodRunner {
  let type: any PluginKit.Method.Type

  func run(_ call: PluginCall, id: String, _ context: RunContext, in workspace: Workspace) throws -> JSON {
    try type.invoke(call.params, Context(context))
  }
}

/// A method of a plugin that is a program of its own.
struct ExternalMethod: MethodRunner {
  let plugin: ExternalPlugin

  func run(_ call: PluginCall, id: String, _ context: RunContext, in workspace: Workspace) throws -> JSON {
    try plugin.run(ExternalRun(call, run: id, context, in: workspace), context.cancellation)
  }
}
