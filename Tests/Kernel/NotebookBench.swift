import Data
import Features
import Foundation
import JSON
import Papers
import PluginKit
import Probe
import Synchronization
import TestSupport

@testable import Kernel

/// A notebook in a folder of its own, and the kernels that run it one after the other.
final class NotebookBench: Sendable {
  static let plugins: [any Plugin.Type] = [
    PapersPlugin.self, DataPlugin.self, FeaturesPlugin.self, ProbePlugin.self,
  ]

  let folder: TemporaryFolder
  private let text: Mutex<String>
  private let name = Mutex("a.quire.md")

  init(_ text: String, files: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    self.text = Mutex(text)
    for (name, content) in files { try write(name, content) }
    try edit { _ in }
  }

  func write(_ name: String, _ content: String) throws {
    try content.write(to: folder.file(name), atomically: true, encoding: .utf8)
  }

  func edit(_ change: (inout String) -> Void) throws {
    let text = text.withLock { text in
      change(&text)
      return text
    }
    try write(name.withLock { $0 }, text)
  }

  func rename(to other: String) throws {
    let before = name.withLock { $0 }
    try FileManager.default.moveItem(at: folder.file(before), to: folder.file(other))
    name.withLock { $0 = other }
  }

  func kernel(_ plugins: [any Plugin.Type] = NotebookBench.plugins, jobs: Int = 2) -> Kernel {
    Kernel(workspace: Workspace(root: folder.path), plugins: plugins, settings: Kernel.Settings(jobs: jobs))
  }

  var caller: Caller { Caller(roots: [folder.path]) }

  /// The notebook's id.
  func open(_ kernel: Kernel) throws -> String {
    let path = folder.path + "/" + name.withLock { $0 }
    return try kernel.perform("notebook/open", ["path": .string(path)], caller)["notebook"]?.string ?? ""
  }

  /// Runs it all, in a kernel of its own unless one is given; the value of `notebook/run`.
  @discardableResult
  func run(_ kernel: Kernel? = nil, _ more: JSON.Object = [:]) throws -> JSON {
    let used = kernel ?? self.kernel()
    defer { if kernel == nil { used.workspace.close() } }
    var params = more
    params["notebook"] = .string(try open(used))
    return try used.perform("notebook/run", .object(params), caller)
  }
}

extension JSON {
  /// Of a value of `notebook/run`: the cells that had to be computed.
  var computed: [String] {
    (self["cells"]?.array ?? []).filter { $0["cached"] == false }.compactMap { $0["cell"]?.string }
  }

  /// Of a value of `notebook/run`: cell → state.
  var states: [String: String] {
    (self["cells"]?.array ?? []).reduce(into: [:]) { $0[$1["cell"]?.string ?? ""] = $1["state"]?.string }
  }
}

func cell(_ id: String, _ attributes: String = "", _ body: String) -> String {
  "```quire id=\(id)\(attributes.isEmpty ? "" : " " + attributes)\n\(body)\n```\n\n"
}
