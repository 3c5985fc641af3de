import JSON
import Notebook
import RunLog

/// `notebook/update`
struct NotebookUpdate: KernelMethod {
  static let name = "notebook/update"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var notebook: String
    var version: Int
    var edits: [NotebookEdit]?
    var text: String?
    var withText: Bool
    var onlyChanged: Bool
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([], [.notebooks]) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> NotebookView {
    let kernel = call.kernel
    let notebook = try kernel.notebooks.find(parameters.notebook)
    // Texts change one after the other: nothing comes between this look and the change.
    let (before, version) = notebook.text.withLock { ($0.document, $0.version) }
    guard version == parameters.version else {
      throw Fault(
        -32801, "request.contentModified",
        "the notebook is at version \(version), the edits are of \(parameters.version)",
        path: "/version", hint: "ask for notebook/get and make the edits on that text",
        details: ["version": JSON(version)])
    }
    var document = before
    if let text = parameters.text {
      document = NotebookDocument(Array(text.utf8), reusing: before)
    } else {
      for (index, edit) in (parameters.edits ?? []).enumerated() {
        document = try edit.apply(to: document, at: "/edits/\(index)")
      }
    }
    guard document.bytes.count <= Kernel.largestNotebook else {
      throw Fault.parameter("", "a notebook of more than \(Kernel.largestNotebook >> 20) MiB")
    }
    let isEdited = document.bytes != before.bytes
    if isEdited {
      notebook.text.withLock { text in
        text.document = document
        text.version += 1
      }
    }
    return try NotebookView(
      notebook, call, withText: parameters.withText, onlyChanged: parameters.onlyChanged, tellsChanges: isEdited)
  }
}

/// `notebook/save`
struct NotebookSave: KernelMethod {
  static let name = "notebook/save"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var notebook: String
    var path: String?
    var force: Bool
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([], [.notebooks]) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let notebook = try call.kernel.notebooks.find(parameters.notebook)
    let (bytes, onDisk) = notebook.text.withLock { ($0.document.bytes, $0.onDisk) }
    let path = try parameters.path.map { try FileAccess(call.caller).writable($0, at: "/path") } ?? notebook.path
    let hash = ContentHash(of: bytes)
    let isOwn = path == notebook.path
    let found = try contentHash(ofFile: path)
    if !parameters.force, let found, found != hash, !isOwn || found != onDisk {
      throw isOwn
        ? Fault(
          1307, "notebook.changed", "another program changed '\(Path.lastComponent(path))' since it was opened",
          hint: "open it again to see the change, or save with force to overwrite it")
        : Fault(
          1002, "store.exists", "'\(Path.lastComponent(path))' exists", path: "/path",
          hint: "save with force to overwrite it")
    }
    if found != hash { try writeWhole(bytes, to: path) }
    if isOwn { notebook.text.withLock { $0.onDisk = hash } }
    return ["path": .string(path), "bytes": JSON(bytes.count), "hash": .string(hash.reference)]
  }
}

/// `notebook/list`
struct NotebookList: KernelMethod {
  static let name = "notebook/list"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var cursor: String?
    var limit: Int
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    // The ids count upwards, so a cursor stays good whatever is opened or closed meanwhile.
    let after = try parameters.cursor.map { text in
      guard let number = Int(text) else { throw Fault.parameter("/cursor", "expected a cursor of notebook/list") }
      return number
    }
    let all = call.kernel.notebooks.all.filter { $0.number > after ?? 0 }
    let page = all.prefix(parameters.limit)
    let items = page.map { notebook -> JSON in
      let (document, version, onDisk) = notebook.text.withLock { ($0.document, $0.version, $0.onDisk) }
      return [
        "notebook": .string(notebook.id), "path": .string(notebook.path), "version": JSON(version),
        "cells": JSON(document.cells.count), "unsaved": .bool(onDisk != ContentHash(of: document.bytes)),
      ]
    }
    let next = all.count > page.count ? page.last.map { JSON.string("\($0.number)") } ?? .null : .null
    return ["items": .array(items), "next": next]
  }
}

/// The hash of what a file holds; `nil` when there is none.
func contentHash(ofFile path: String) throws(Fault) -> ContentHash? {
  guard Path.resolved(path) != nil else { return nil }
  let name = Path.lastComponent(path)
  return ContentHash(of: try readFile(path, shownAs: name, limit: Kernel.largestNotebook, pointer: nil))
}
