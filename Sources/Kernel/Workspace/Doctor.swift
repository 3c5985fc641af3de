import CLinux
import Glibc
import Linear
import RunLog

/// Looks at what this program stands on here, and says what is missing and how to get it.
public struct Doctor {
  public struct Finding: Sendable {
    public enum Grade: String, Sendable {
      case good = "ok"
      /// Something that only some methods need is not there.
      case optional = "absent"
      case bad = "fault"
    }

    public let grade: Grade
    public let subject: String
    public let detail: String
    /// What to do.
    public let remedy: String?
  }

  private let workspace: Workspace

  public init(_ workspace: Workspace) { self.workspace = workspace }

  public func examine() -> [Finding] {
    [numericLibrary, folder, fileSystem, room, log, index, pdftotext, python].compactMap { $0 }
  }

  // MARK: - What computes

  private var numericLibrary: Finding {
    let library = NumericLibrary.prepare()
    let name = "\(library.name) \(library.version), kernels for \(library.core)"
    guard library.threading == .sequential else { return Finding(.good, "numeric library", name) }
    return Finding(
      .bad, "numeric library", "\(name), built without threads: calls side by side give wrong results",
      "apt install libopenblas0-pthread, then update-alternatives --config libopenblas.so.0-x86_64-linux-gnu")
  }

  // MARK: - Where the data are

  private var exists: Bool { access(workspace.folder, F_OK) == 0 }
  /// The folder itself, or the one in which it would be made.
  private var place: String { exists ? workspace.folder : workspace.root }

  private var folder: Finding {
    guard access(place, W_OK) == 0 else {
      return Finding(
        .bad, "workspace", "\(place) cannot be written: \(String(cString: strerror(errno)))",
        "change its permissions, or name another folder with --workspace")
    }
    return Finding(
      .good, "workspace", workspace.folder + (exists ? "" : " (made by the first call that has something to keep)"))
  }

  /// Numbers of `statfs(2)` for file systems over a network, whose locks cannot be relied on.
  private static let networkFileSystems: [UInt32: String] = [
    0x6969: "NFS", 0xFE53_4D42: "SMB2", 0xFF53_4D42: "CIFS", 0x517B: "SMB", 0x0102_1997: "9P", 0x6573_5546: "FUSE",
  ]

  private var fileSystem: Finding? {
    var status = statfs()
    guard statfs(place, &status) == 0,
      let name = Self.networkFileSystems[UInt32(truncatingIfNeeded: status.f_type)]
    else { return nil }
    return Finding(
      .bad, "file system", "the workspace lies on \(name), where locks between programs may not hold",
      "keep the workspace on a local disk")
  }

  private static let littleRoom = 1 << 30

  private var room: Finding? {
    var status = statvfs()
    guard statvfs(place, &status) == 0 else { return nil }
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    let words = "\(free >> 20) MiB free"
    guard free < Self.littleRoom else { return Finding(.good, "disk", words) }
    return Finding(.bad, "disk", words, "free some space; 'quire artifact collect' removes what no run needs")
  }

  private var log: Finding? {
    guard exists else { return nil }
    do {
      let found = try LogStore.verify(workspace: workspace.root, checkpoint: nil, quick: true)
      if found.ok || found.count == 0 { return Finding(.good, "run log", "\(found.count) entries, the chain holds") }
      return Finding(
        .bad, "run log", found.errors.first?.detail ?? "the chain is broken",
        "'quire log verify' says where; restore .quire/log from a copy")
    } catch {
      return Finding(.bad, "run log", Fault(any: error).message, "'quire log verify' says more")
    }
  }

  private var index: Finding? {
    guard exists, let trouble = try? workspace.log().indexTrouble else { return nil }
    return Finding(.bad, "index", trouble, "delete .quire/index.sqlite; it is made again from the log")
  }

  // MARK: - What only some methods need

  private var pdftotext: Finding {
    program("pdftotext", for: "reading PDFs", "apt install poppler-utils")
  }

  private var python: Finding {
    program("python3", for: "plugins written in Python", "apt install python3")
  }

  private func program(_ name: String, for purpose: String, _ remedy: String) -> Finding {
    guard let path = Path.program(name) else {
      return Finding(.optional, name, "not found; needed for \(purpose)", remedy)
    }
    return Finding(.good, name, path)
  }
}

extension Doctor.Finding {
  public init(_ grade: Grade, _ subject: String, _ detail: String, _ remedy: String? = nil) {
    self.init(grade: grade, subject: subject, detail: detail, remedy: remedy)
  }
}
