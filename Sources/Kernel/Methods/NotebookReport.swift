import Glibc
import JSON
import Notebook
import Report
import RunLog

/// `notebook/report`
struct NotebookReport: KernelMethod {
  static let name = "notebook/report"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var notebook: String
    var output: String
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let notebook = try call.kernel.notebooks.find(parameters.notebook)
    let path = try FileAccess(call.caller).writable(parameters.output, at: "/output")
    let bytes = Array(Report.html(try call.kernel.reportDocument(notebook, call.caller)).utf8)
    try writeWhole(bytes, to: path)
    return [
      "path": .string(path), "bytes": JSON(bytes.count), "hash": .string(ContentHash(of: bytes).reference),
    ]
  }
}

extension Kernel {
  /// The notebook's prose and its cells with their last results.
  func reportDocument(_ notebook: OpenNotebook, _ caller: Caller) throws -> ReportDocument {
    let document = notebook.document
    let results = try CellResults(self, notebook, document, caller)
    results.update(changed: nil)
    let standings = results.standings()
    var blocks: [ReportDocument.Block] = []
    var title = document.frontMatter.title
    for block in document.blocks {
      switch block.kind {
      case .frontMatter: break
      case .prose:
        var text = document.source[block.range]
        // The first heading is the page's own.
        if title == nil || text.firstHeading?.text == title, let heading = text.firstHeading {
          title = heading.text
          text.removeSubrange(..<heading.end)
        }
        if !text.allSatisfy(\.isWhitespace) { blocks.append(.prose(markdown: text)) }
      case .cell(let index):
        let cell = document.cells[index]
        guard cell.attributes.hide != .all else { continue }
        blocks.append(.cell(try reportCell(cell, standings[index], document)))
      }
    }
    return ReportDocument(
      title: title ?? Path.lastComponent(notebook.path), notebook: Path.lastComponent(notebook.path),
      blocks: blocks, footer: try reportFooter())
  }

  private func reportCell(
    _ cell: Cell, _ standing: CellStanding, _ document: NotebookDocument
  ) throws -> ReportCell {
    var shown = ReportCell(
      id: cell.id, method: cell.method ?? "", state: ReportCell.State(rawValue: standing.state.rawValue) ?? .new,
      reason: standing.reason, code: cell.attributes.hide == .code ? nil : document.source[cell.bodyRange])
    guard let run = standing.run, cell.attributes.hide != .output, let record = try? workspace.log().run(run),
      let descriptor = try? registry.descriptor(of: record.method)
    else { return shown }
    shown.elapsed = record.elapsedMilliseconds.map {
      $0 < 1000 ? "\(Int($0.rounded())) ms" : "\(($0 / 100).rounded() / 10) s"
    }
    shown.isCached = record.state == .cached
    shown.error = record.error?["message"]?.string
    shown.provenance = ReportCell.Provenance(
      run: run, plugin: record.plugin.map { ReportCell.Plugin($0.id, version: $0.version) },
      seed: record.seed.map { UInt64($0) },
      inputs: record.inputs.map { ReportCell.Artifact($0.file ?? $0.name, hash: String($0.hash.hex.prefix(12))) },
      outputs: record.outputs.map { ReportCell.Artifact($0.name, hash: String($0.hash.hex.prefix(12))) })
    guard let stored = try storedResult(record.outputs, descriptor) else { return shown }
    shown.displays = stored.displays
    shown.summary = Headline.entries(of: stored.value, atMost: 8).map { ReportDocument.Fact($0.name, $0.text) }
    shown.warnings = (stored.value["warnings"]?.array ?? stored.warnings).compactMap { warning in
      warning["message"]?.string.map { ReportCell.Warning(warning["code"]?.string ?? "", $0) }
    }
    return shown
  }

  private func reportFooter() throws -> ReportFooter {
    let log = try workspace.log()
    guard log.exists, let checkpoint = try? log.checkpoint() else {
      return ReportFooter(quireVersion: Self.version, verification: "nothing was logged yet")
    }
    let verified = try LogStore.verify(workspace: workspace.root)
    let words =
      verified.ok
      ? "every entry and \(verified.artifactsChecked) artifacts are as they were written"
      : "the log is NOT as it was written: \(verified.errors.first?.detail ?? "")"
    return ReportFooter(
      quireVersion: Self.version, logCount: checkpoint.count, logHead: checkpoint.hash.hex, verification: words)
  }
}

extension String {
  /// The text of a `# Heading` that is the first line with something on it, and where it ends.
  fileprivate var firstHeading: (text: String, end: Index)? {
    var index = startIndex
    while index < endIndex, self[index].isWhitespace { index = self.index(after: index) }
    guard self[index...].hasPrefix("# ") else { return nil }
    let end = self[index...].firstIndex(where: \.isNewline) ?? endIndex
    let text = self[self.index(index, offsetBy: 2)..<end]
    return (text.split(separator: " ").joined(separator: " "), end)
  }
}

/// Writes a file so that another one sees either the old or the whole new content.
///
/// A file that is there keeps its permissions.
func writeWhole(_ bytes: [UInt8], to path: String) throws(Fault) {
  let temporary = "\(path).\(getpid()).new"
  func fail(_ what: String) -> Fault {
    let number = errno
    unlink(temporary)
    let reason = number == ENOSPC ? "the disk is full" : String(cString: strerror(number))
    return Fault(
      1007, "store.io", "cannot \(what) '\(path.cut(toBytes: 120))': \(reason)",
      hint: number == ENOSPC ? "free some space and try again" : nil)
  }
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw fail("write") }
  var before = stat()
  if stat(path, &before) == 0 { fchmod(descriptor, before.st_mode & 0o777) }
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
    if count < 0 {
      if errno == EINTR { continue }
      let error = fail("write")
      close(descriptor)
      throw error
    }
    done += count
  }
  let isSynced = fsync(descriptor) == 0
  close(descriptor)
  guard isSynced else { throw fail("write") }
  guard rename(temporary, path) == 0 else { throw fail("replace") }
}
