import Glibc
import JSON
import Kernel

/// A notebook that a command works on: its kernel, its workspace, and what it may read.
///
/// The workspace is the nearest `.quire/` above the notebook, unless one was named.
struct NotebookSession {
  struct Opened {
    let id: String
    /// The state of each cell, in document order.
    let cells: [String]
    /// Columns of the longest cell id.
    let longestID: Int
    fileprivate let diagnostics: [JSON]

    /// `file:line:column: error: …`, a line each.
    func diagnosticLines(_ file: String) -> [String] {
      diagnostics.map { diagnostic in
        let line = diagnostic["line"]?.int ?? 1
        let column = diagnostic["column"]?.int ?? 1
        let hint = diagnostic["hint"]?.string.map { " (\($0))" } ?? ""
        return
          "\(file):\(line):\(column): error: \(diagnostic["message"]?.string ?? "")\(hint) [\(diagnostic["code"]?.string ?? "")]"
      }
    }
  }

  let kernel: Kernel
  /// As the person named it.
  private let given: String
  private let path: String
  private let roots: [String]

  /// - Parameter named: files that a person named on the command line.
  init(_ options: WorkspaceOptions, _ notebook: String, alsoReading named: [String] = []) {
    given = notebook
    path = Path.absolute(notebook)
    let folder = Path.folder(of: path)
    kernel = options.kernel(near: folder)
    roots = [folder] + named
  }

  func caller(_ bar: ProgressBar? = nil) -> Caller {
    var caller = Caller(roots: roots)
    if let bar { caller.progress = { bar.show($0) } }
    return caller
  }

  func open() throws(Fault) -> Opened {
    let view: JSON
    do {
      view = try kernel.perform("notebook/open", ["path": .string(path)], caller())
    } catch {
      throw named(error)
    }
    let cells = view["cells"]?.array ?? []
    return Opened(
      id: view["notebook"]?.string ?? "", cells: cells.compactMap { $0["state"]?.string },
      longestID: cells.compactMap { $0["id"]?.string?.count }.max() ?? 0,
      diagnostics: view["diagnostics"]?.array ?? [])
  }

  /// The fault with the notebook's name as it was given.
  private func named(_ fault: Fault) -> Fault {
    var fault = fault
    fault.message = fault.message.replacing("'\(path)'", with: "'\(given)'")
    guard fault.kind == "file.notFound" else { return fault }
    let whole = given + ".quire.md"
    fault.hint =
      access(path + ".quire.md", F_OK) == 0
      ? "did you mean '\(whole)'?" : "a notebook is a file, whose name by custom ends in .quire.md"
    return fault
  }
}
