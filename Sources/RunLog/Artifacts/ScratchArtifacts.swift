import Glibc

/// An artifact store that leaves nothing behind: for results that are looked at and not kept.
public final class ScratchArtifacts: Sendable {
  public let artifacts: ArtifactStore
  private let folder: StoreFolder

  /// Makes a folder of its own below `TMPDIR`, or `/tmp`.
  public init() throws {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((place + "/quire-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else { throw RunLogError.system("make a folder in", place) }
    let folder = try StoreFolder(workspace: String(cString: made))
    try folder.makeFolder("")
    self.folder = folder
    artifacts = ArtifactStore(folder: folder) {}
  }

  deinit { FolderRemoval.remove(folder.workspace) }
}

/// Takes away a folder with all that is in it.
public enum FolderRemoval {
  /// Links are removed, not followed. What cannot be removed stays.
  public static func remove(_ path: String) {
    guard unlink(path) != 0, let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          String(cString: $0)
        }
      }
      if name != "." && name != ".." { remove(path + "/" + name) }
    }
    closedir(directory)
    rmdir(path)
  }
}
