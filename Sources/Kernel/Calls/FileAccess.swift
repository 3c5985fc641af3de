import Glibc
import JSON
import Linear

/// Which files a call may open, and where their names begin.
struct FileAccess: Sendable {
  /// Relative names begin here.
  var base: String
  /// As the caller gave them; links are resolved when a file is asked for.
  private let roots: [String]
  /// What messages call `base`.
  private let baseName: String
  /// On the command line a person names the files.
  var anywhere: Bool

  init(_ caller: Caller, base: String? = nil) {
    self.base = base ?? caller.roots.first ?? "/"
    baseName =
      base != nil ? "the notebook's folder" : caller.mayNameAnyFile ? "the current folder" : "the first root"
    roots = caller.roots
    anywhere = caller.mayNameAnyFile
  }

  /// The file's real name, when it exists and may be read.
  func existing(_ path: String, at pointer: String) throws(Fault) -> String {
    let wanted = Path.absolute(path, in: base)
    guard path.utf8.allSatisfy({ $0 != 0 }), let real = Path.resolved(wanted) else {
      throw Fault(
        1051, "file.notFound", "no file '\(path.cut(toBytes: 120))'", path: pointer,
        hint: path.hasPrefix("/") ? nil : "a relative name begins at \(baseName)")
    }
    guard isAllowed(real) else { throw denied(path, pointer) }
    return real
  }

  /// A name that may be written: its folder exists below a root.
  func writable(_ path: String, at pointer: String) throws(Fault) -> String {
    let wanted = Path.absolute(path, in: base)
    guard path.utf8.allSatisfy({ $0 != 0 }), let folder = Path.resolved(Path.folder(of: wanted)) else {
      throw Fault(
        1051, "file.notFound", "no folder '\(Path.folder(of: path).cut(toBytes: 120))'", path: pointer,
        hint: "make the folder first")
    }
    let real = folder == "/" ? "/" + Path.lastComponent(wanted) : folder + "/" + Path.lastComponent(wanted)
    guard isAllowed(real) else { throw denied(path, pointer) }
    return real
  }

  private func isAllowed(_ real: String) -> Bool {
    anywhere || roots.contains { Path.isBelow(real, Path.resolved($0) ?? $0) }
  }

  private func denied(_ path: String, _ pointer: String) -> Fault {
    Fault(
      1052, "file.denied", "'\(path.cut(toBytes: 120))' lies outside the allowed roots", path: pointer,
      hint: "name the folder in 'roots' of initialize, or copy the file below a root")
  }
}
