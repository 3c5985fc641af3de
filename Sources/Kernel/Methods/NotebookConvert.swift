import JSON
import Notebook
import RunLog

/// `notebook/convert`
struct NotebookConvert: KernelMethod {
  static let name = "notebook/convert"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    enum Format: String, Decodable, Sendable { case ipynb, quire }
    var notebook: String?
    var path: String?
    var format: Format
    var output: String?
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let text = try converted(parameters, call)
    guard let output = parameters.output else { return ["text": .string(text)] }
    let path = try FileAccess(call.caller).writable(output, at: "/output")
    let bytes = Array(text.utf8)
    try writeWhole(bytes, to: path)
    return ["path": .string(path), "bytes": JSON(bytes.count), "hash": .string(ContentHash(of: bytes).reference)]
  }

  private static func converted(_ parameters: Parameters, _ call: KernelCall) throws -> String {
    let kernel = call.kernel
    if let id = parameters.notebook {
      let notebook = try kernel.notebooks.find(id)
      if parameters.format == .quire { return notebook.document.source.text }
      return try kernel.jupyterNotebook(notebook, call.caller).prettyText + "\n"
    }
    let path = parameters.path ?? ""
    let real = try FileAccess(call.caller).existing(path, at: "/path")
    let bytes = try readFile(real, shownAs: path, limit: Kernel.largestNotebook, pointer: "/path")
    if parameters.format == .ipynb {
      let root = Path.resolved(kernel.workspace.root) ?? kernel.workspace.root
      // Looked at, and opened for nobody.
      let notebook = OpenNotebook(
        number: 0, path: real, name: Path.relative(real, to: root),
        OpenNotebook.Text(document: NotebookDocument(bytes), onDisk: ContentHash(of: bytes)))
      return try kernel.jupyterNotebook(notebook, call.caller).prettyText + "\n"
    }
    let json: JSON
    do {
      json = try JSON.parse(bytes)
    } catch {
      throw Fault(1053, "file.format", "'\(path.cut(toBytes: 120))' is no JSON: \(error)", path: "/path")
    }
    do throws(NotebookError) {
      return try JupyterReader.text(json)
    } catch {
      throw Fault(1053, "file.format", error.message, path: "/path", hint: error.hint)
    }
  }
}
