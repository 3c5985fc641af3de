import Glibc

/// The folder `.quire/` of a workspace: its paths and the file operations that the store is made of.
/// It holds nothing that changes.
final class StoreFolder: Sendable {
  /// Absolute paths of the workspace and of `.quire` in it.
  let workspace: String
  let path: String
  let onStep: StepHook?

  init(workspace: String, onStep: StepHook? = nil) throws {
    // An absolute path stays right when the process changes its folder.
    guard let resolved = realpath(workspace.isEmpty ? "." : workspace, nil) else {
      throw RunLogError.system("open the workspace", workspace)
    }
    defer { free(resolved) }
    self.workspace = String(cString: resolved)
    path = self.workspace == "/" ? "/.quire" : self.workspace + "/.quire"
    self.onStep = onStep
  }

  /// The absolute path of a file in the store, and the name that messages give it.
  func path(_ relative: String) -> String { relative.isEmpty ? path : "\(path)/\(relative)" }
  func name(_ relative: String) -> String { relative.isEmpty ? ".quire" : ".quire/\(relative)" }

  /// Tells the hook that a step is done; a hook that throws stands for a fault at this point.
  func passed(_ step: Step) throws { try onStep?(step) }

  // MARK: - Looking

  func exists(_ relative: String) -> Bool { FileStatus(path: path(relative)) != nil }

  /// Whether this process may write here: into `.quire`, or into the workspace when there is none yet.
  var isWritable: Bool { access(exists("") ? path : workspace, W_OK) == 0 }

  func open(_ relative: String, _ flags: Int32, mode: mode_t = 0o644, action: String = "open") throws -> OpenFile {
    try OpenFile(path(relative), name: name(relative), flags, mode: mode, action: action)
  }

  func openExisting(_ relative: String, _ flags: Int32 = O_RDONLY | O_NONBLOCK) throws -> OpenFile? {
    try OpenFile.existing(path(relative), name: name(relative), flags)
  }

  /// The bytes of a small file; `nil` when it is absent. More than `limit` bytes are not read.
  func read(_ relative: String, limit: Int = 1 << 16) throws -> [UInt8]? {
    try openExisting(relative)?.read(at: 0, count: limit)
  }

  /// The names in a folder, sorted; empty when it is absent.
  func names(in relative: String) throws -> [String] {
    guard let directory = opendir(path(relative)) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw RunLogError.system("list", name(relative))
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  // MARK: - Writing

  /// Makes a folder inside the store unless it is there; returns whether it was made.
  @discardableResult
  func makeFolder(_ relative: String) throws -> Bool {
    if mkdir(path(relative), 0o755) == 0 { return true }
    guard errno == EEXIST else { throw RunLogError.system("make the folder", name(relative)) }
    return false
  }

  func syncFolder(_ relative: String) throws {
    try open(relative, O_RDONLY | O_DIRECTORY).sync()
  }

  func remove(_ relative: String) { unlink(path(relative)) }

  func rename(_ from: String, to: String) throws {
    guard uninterrupted({ Glibc.rename(path(from), path(to)) }) == 0 else {
      throw RunLogError.system("put in place", name(to))
    }
  }

  /// Puts a file in place as a whole: new file, fsync, rename. Whoever calls holds the store's lock, so
  /// one temporary name serves. The folder is not synced.
  func replace(_ relative: String, with bytes: [UInt8], steps: (written: Step, synced: Step, renamed: Step)) throws {
    let temporary = relative + ".new"
    do {
      let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC, action: "write")
      try file.write(bytes)
      try passed(steps.written)
      try file.sync()
      try passed(steps.synced)
      try rename(temporary, to: relative)
      try passed(steps.renamed)
    } catch {
      remove(temporary)
      throw error
    }
  }
}
