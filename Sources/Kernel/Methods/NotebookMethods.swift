import Glibc
import JSON
import Notebook
import PluginKit
import RunLog

/// What `notebook/open` and its kin answer.
struct NotebookView: Encodable {
  struct CellView: Encodable {
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
  var diagnostics: [DiagnosticView]
  var text: String?

  init(_ notebook: OpenNotebook, _ kernel: Kernel, _ caller: Caller, withText: Bool = false) throws {
    let (document, version) = notebook.text.withLock { ($0.document, $0.version) }
    self.notebook = notebook.id
    self.version = version
    text = withText ? document.source[document.bytes.indices] : nil
    diagnostics = CellCheck(kernel: kernel, document: document).diagnostics().map(DiagnosticView.init)
    let results = try CellResults(kernel, notebook, document, caller)
    results.update(changed: nil)
    let standings = results.standings()
    cells = document.cells.map { cell in
      CellView(
        id: cell.id, line: cell.line, endLine: cell.endLine, method: cell.method,
        dependsOn: document.graph.dependencies(of: cell.index).map { document.cells[$0].id },
        state: standings[cell.index].state.rawValue, run: standings[cell.index].run)
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
    return try NotebookView(notebook, call.kernel, call.caller)
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
    try NotebookView(
      call.kernel.notebooks.find(parameters.notebook), call.kernel, call.caller, withText: parameters.withText)
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
    return [
      "ran": JSON(outcomes.count { !$0.cached && $0.state == .fresh }),
      "cached": JSON(outcomes.count { $0.cached }),
      "failed": JSON(outcomes.count { $0.state != .fresh }),
      "cells": .array(outcomes.map(\.json)),
    ]
  }
}

extension Kernel {
  /// Runs cells of an open notebook on one of its texts, and tells the caller of every change of state.
  func run(
    _ notebook: OpenNotebook, _ text: NotebookDocument, cells: [String]?, set: JSON.Object, force: Bool,
    keepGoing: Bool, _ caller: Caller, _ cancellation: Cancellation,
    each: (_ cell: String, CellOutcome?) -> Void = { _, _ in }
  ) throws -> [CellOutcome] {
    var document = text
    do throws(NotebookError) {
      let overrides = set.members.flatMap { cell in
        (cell.value.object?.members ?? []).map {
          ParameterOverride(cell: cell.key, pointer: JSON.Pointer([$0.key]), value: $0.value)
        }
      }
      document = try document.overriding(overrides)
      if let cells { for cell in cells { _ = try document.cell(cell) } }
    } catch {
      throw Fault(error, at: nil)
    }
    let run = NotebookRun(results: try CellResults(self, notebook, document, caller))
    let wanted = cells?.compactMap { document.graph.number(of: $0) }
    let total = max(1, wanted.map { Set($0).union(document.graph.ancestors(of: $0)).count } ?? document.cells.count)
    var done = 0
    return try run.run(
      wanted: wanted, NotebookRun.Options(force: force, keepGoing: keepGoing), cancellation
    ) { cell, outcome in
      if outcome != nil { done += 1 }
      caller.progress?(Progress(fraction: Double(done) / Double(total), message: cell.id))
      tell(notebook, cell.id, outcome, caller)
      each(cell.id, outcome)
    }
  }

  private func tell(_ notebook: OpenNotebook, _ cell: String, _ outcome: CellOutcome?, _ caller: Caller) {
    guard let notify = caller.notify else { return }
    var params: JSON.Object = [
      "notebook": .string(notebook.id), "cell": .string(cell),
      "state": .string((outcome?.state ?? .running).rawValue),
    ]
    if let outcome {
      params["origin"] = outcome.state == .fresh ? .string(outcome.cached ? "cache" : "run") : nil
      params["run"] = outcome.run.map(JSON.string)
      params["reason"] = outcome.fault.map { .string($0.message) }
    }
    params["seq"] = JSON(notebook.nextEvent())
    notify("cell/state", .object(params), nil)
  }

  /// Tells the caller which cells a change of the text brought into another state.
  func tellWhatTheTextChanged(_ notebook: OpenNotebook, _ caller: Caller) throws {
    guard let notify = caller.notify else { return }
    let results = try CellResults(self, notebook, notebook.document, caller)
    for change in results.update(changed: []) {
      guard let status = change.after, status.state != change.before?.state else { continue }
      var params: JSON.Object = [
        "notebook": .string(notebook.id), "cell": .string(change.cell), "state": .string(status.state.rawValue),
      ]
      params["reason"] = status.reason.map { .string($0.words) }
      params["seq"] = JSON(notebook.nextEvent())
      notify("cell/state", .object(params), nil)
    }
  }
}
