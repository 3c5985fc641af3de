import Glibc
import JSON
import RunLog

extension ResearchCrate {
  /// Writes the crate into a folder that does not exist yet; it is there as a whole or not at all.
  func write(to path: String, shownAs name: String, _ cancellation: Cancellation) throws {
    guard Path.resolved(path) == nil else {
      throw Fault(
        1002, "store.exists", "'\(name.cut(toBytes: 120))' exists", path: "/output", hint: "name a new folder")
    }
    let temporary = "\(path).\(getpid()).new"
    do {
      try makeFolders(temporary)
      var sizes: [String: (bytes: Int, hash: ContentHash)] = [:]
      for file in files {
        try cancellation.check()
        try makeFolders(Path.folder(of: "\(temporary)/\(file.path)"))
        sizes[file.path] = try copy(file, to: "\(temporary)/\(file.path)")
      }
      let metadata = try metadata(sizes).prettyText + "\n"
      try writeWhole(Array(metadata.utf8), to: "\(temporary)/ro-crate-metadata.json")
      guard rename(temporary, path) == 0 else {
        throw Fault(1007, "store.io", "cannot make '\(name.cut(toBytes: 120))': \(String(cString: strerror(errno)))")
      }
    } catch {
      FolderRemoval.remove(temporary)
      throw error
    }
  }

  private func makeFolders(_ path: String) throws(Fault) {
    if mkdir(path, 0o777) == 0 || Path.isFolder(path) { return }
    if errno == ENOENT, path != "/" {
      try makeFolders(Path.folder(of: path))
      if mkdir(path, 0o777) == 0 { return }
    }
    throw Fault(1007, "store.io", "cannot make a folder of the crate: \(String(cString: strerror(errno)))")
  }

  /// Copies a file and says what was copied: the log may have grown since it was listed.
  private func copy(_ file: File, to path: String) throws -> (bytes: Int, hash: ContentHash) {
    let bytes = try readFile(file.source, shownAs: file.name, limit: .max, pointer: nil)
    let hash = ContentHash(of: bytes)
    if let expected = file.hash, expected != hash {
      throw Fault(
        1402, "artifact.hash", "'\(file.name.cut(toBytes: 80))' is not what the log says it was",
        hint: "'quire log verify' says more")
    }
    try writeWhole(bytes, to: path)
    return (bytes.count, hash)
  }
}
