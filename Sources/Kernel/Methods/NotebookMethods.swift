import Glibc
import JSON
import Notebook
import PluginKit
import RunLog

/// What `notebook/open` and its kin answer.
struct NotebookView: Encodable {
  struct CellView: Encodable, Sendable, Equatable {
    var id: String
    var line, endLine: Int
    var method: String?
    var dependsOn: [String]
    var state: String
    var run: String?
  }

  struct DiagnosticView: Encodable {
    var code, kind, message: String
    var hint: String?
    var line, column, endColumn, byte: Int
    var cell: String?

    init(_ diagnostic: Diagnostic) {
      code = diagnostic.code.rawValue
      kind = diagnostic.kind.rawValue
      message = diagnostic.message
      hint = diagnostic.hint
      line = diagnostic.line
      column = diagnostic.column
      endColumn = diagnostic.endColumn
      byte = diagnostic.byte
      cell = diagnostic.cell
    }
  }

  var notebook: String
  var version: Int
  var cells: [CellView]
  /// Cells that stand as the last answer said are left out.
  var partial: Bool?
  var diagnostics: [DiagnosticView]
  var text: String?

  /// Looks at the notebook as it is now.
  ///
  /// - Parameters:
  ///   - onlyChanged: the cells that stand as the last answer said are left out.
  ///   - tellsChanges: cells that came into another state are told to the caller as well.
  init(
    _ notebook: OpenNotebook, _ call: KernelCall, withText: Bool = false, onlyChanged: Bool = false,
    tellsChanges: Bool = false
  ) throws {
    let (document, version) = notebook.text.withLock { ($0.document, $0.version) }
    self.notebook = notebook.id
    self.version = version
    text = withText ? document.source[document.bytes.indices] : nil
    let results = try CellResults(call.kernel, notebook, document, call.caller, call.cancellation)
    diagnostics = CellCheck(kernel: call.kernel, document: document).diagnostics(results.findings).map(
      DiagnosticView.init)
    let changes = results.update(changed: nil)
    try call.cancellation.check()
    if tellsChanges { notebook.tell(changes, call.caller) }
    let standings = results.standings()
    cells = document.cells.indices.map { number in
      CellView(
        id: document.cells[number].id, line: document.cells[number].line, endLine: document.cells[number].endLine,
        method: document.cells[number].method,
        dependsOn: document.graph.dependencies(of: number).map { document.cells[$0].id },
        state: standings[number].state.rawValue, run: standings[number].run)
    }
    let before = notebook.shown.withLock { shown in
      defer { shown = cells }
      return shown
    }
    if onlyChanged, before.count == cells.count, zip(before, cells).allSatisfy({ $0.id == $1.id }) {
      cells = zip(before, cells).filter { $0 != $1 }.map(\.1)
      partial = true
    }
  }
}

/// `notebook/open`
struct NotebookOpen: KernelMethod {
  static let name = "notebook/open"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var path: String?
    var uri: String?
    var text: String?
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) {
    ([], [.notebooks])
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> NotebookView {
    let notebook = try call.kernel.open(parameters.path ?? parameters.uri?.filePath ?? "", parameters.text, call.caller)
    return try NotebookView(notebook, call)
  }
}

extension Kernel {
  static let largestNotebook = 64 << 20

  /// The notebook of a file, with its text or the one given.
  func open(_ path: String, _ text: String?, _ caller: Caller) throws -> OpenNotebook {
    let access = FileAccess(caller)
    let real: String
    let bytes: [UInt8]
    let onDisk: ContentHash?
    if let text {
      let named = try access.writable(path, at: "/path")
      // The same file by another name is the same notebook.
      real = Path.resolved(named) == nil ? named : try access.existing(path, at: "/path")
      bytes = Array(text.utf8)
      onDisk = try contentHash(ofFile: real)
    } else {
      real = try access.existing(path, at: "/path")
      bytes = try readFile(real, shownAs: path, limit: Self.largestNotebook, pointer: "/path")
      onDisk = ContentHash(of: bytes)
    }
    let root = Path.resolved(workspace.root) ?? workspace.root
    return notebooks.open(path: real, name: Path.relative(real, to: root), bytes, onDisk: onDisk)
  }
}

/// A whole file, when it is a regular one and not too large.
func readFile(_ path: String, shownAs name: String, limit: Int, pointer: String?) throws(Fault) -> [UInt8] {
  let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else {
    throw Fault(1051, "file.notFound", "cannot read '\(name)': \(String(cString: strerror(errno)))", path: pointer)
  }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw Fault(1053, "file.format", "'\(name)' is not a regular file", path: pointer)
  }
  guard status.st_size <= limit else {
    throw Fault(1053, "file.format", "'\(name)' is larger than \(limit >> 20) MiB", path: pointer)
  }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      throw Fault(1007, "store.io", "cannot read '\(name)': \(String(cString: strerror(errno)))", path: pointer)
    }
    bytes.append(contentsOf: chunk[..<count])
  }
}

extension String {
  /// The path of a `file:` address, its percent signs decoded.
  fileprivate var filePath: String {
    var rest = self[...]
    if rest.hasPrefix("file://") {
      rest = rest.dropFirst(7)
      rest = rest[(rest.firstIndex(of: "/") ?? rest.startIndex)...]
    } else if rest.hasPrefix("file:") {
      rest = rest.dropFirst(5)
    }
    var bytes: [UInt8] = []
    var source = Array(rest.utf8)[...]
    while let byte = source.popFirst() {
      if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: source.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(code)
        source = source.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

struct NotebookParameters: Decodable, Sendable {
  var notebook: String
}

/// `notebook/get`
struct NotebookGet: KernelMethod {
  static let name = "notebook/get"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var notebook: String
    var withText: Bool
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) {
    ([.notebooks], [])
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> NotebookView {
    try NotebookView(call.kernel.notebooks.find(parameters.notebook), call, withText: parameters.withText)
  }
}

/// `notebook/close`
struct NotebookClose: KernelMethod {
  static let name = "notebook/close"
  static let effect = Effect.write
  typealias Parameters = NotebookParameters

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) {
    ([], [.notebooks])
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    try call.kernel.notebooks.close(parameters.notebook)
    return .null
  }
}

/// `notebook/run`
struct NotebookRunMethod: NotebookRunning {
  static let name = "notebook/run"

  struct Parameters: NotebookNaming, Decodable, Sendable {
    var notebook: String
    var cells: [String]?
    var set: JSON?
    var force: Bool
    var keepGoing: Bool
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let notebook = try call.kernel.notebooks.find(parameters.notebook)
    let outcomes = try call.kernel.run(
      notebook, call.document ?? notebook.document, cells: parameters.cells, set: parameters.set?.object ?? [:],
      force: parameters.force, keepGoing: parameters.keepGoing, call.caller, call.cancellation)
    try call.cancellation.check()
    return [
      "ran": JSON(outcomes.count { !$0.cached && $0.state == .fresh }),
      "cached": JSON(outcomes.count { $0.cached }),
      "failed": JSON(outcomes.count { $0.state != .fresh }),
      "cells": .array(outcomes.map(\.json)),
    ]
  }
}
