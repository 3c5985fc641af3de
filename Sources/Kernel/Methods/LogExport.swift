import JSON
import Notebook
import RunLog

/// `log/export`
struct LogExport: KernelMethod {
  static let name = "log/export"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    enum Format: String, Decodable, Sendable {
      case crate = "ro-crate"
      case provenance = "prov"
      case jupyter = "ipynb"
      case cslJSON = "csl-json"
      case bibTeX = "bibtex"
    }
    var format: Format
    var output: String
    var notebook: String?
    var agent: String?
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let kernel = call.kernel
    let path = try FileAccess(call.caller).writable(parameters.output, at: "/output")
    if parameters.format == .jupyter {
      try jupyter(parameters, call, path)
      return ["path": .string(path)]
    }
    let exported = try ExportedRuns(kernel, notebook: parameters.notebook)
    let text: String
    switch parameters.format {
    case .crate:
      let crate = try ResearchCrate(exported, agent: parameters.agent)
      try crate.write(to: path, shownAs: parameters.output, call.cancellation)
      return ["path": .string(path)]
    case .provenance: text = ProvenanceDocument.json(exported).prettyText + "\n"
    case .cslJSON: text = MethodReferences.cslJSON(exported).prettyText + "\n"
    case .bibTeX: text = MethodReferences.bibTeX(exported)
    case .jupyter: return .null
    }
    try writeWhole(Array(text.utf8), to: path)
    return ["path": .string(path)]
  }

  /// The text of the notebook's newest run, with what its cells gave.
  private static func jupyter(_ parameters: Parameters, _ call: KernelCall, _ path: String) throws {
    let kernel = call.kernel
    let log = try kernel.workspace.log()
    guard let newest = try log.runs(notebook: parameters.notebook, limit: 1000).first(where: { $0.notebook != nil }),
      let record = try? log.run(newest.run), let name = record.notebook,
      let hash = record.start.object["notebook"]?["sha256"]?.string.flatMap({ ContentHash(hex: $0) })
    else {
      throw Fault(
        1502, "log.notFound", "the log has no run of a notebook", hint: "'quire log list' shows the runs and notebooks")
    }
    let document = NotebookDocument(try log.artifacts.bytes(of: hash))
    let notebook = OpenNotebook(
      number: 0, path: Path.absolute(name, in: kernel.workspace.root), name: name,
      OpenNotebook.Text(document: document, onDisk: nil))
    let text = try kernel.jupyterNotebook(notebook, call.caller).prettyText + "\n"
    try writeWhole(Array(text.utf8), to: path)
  }
}
