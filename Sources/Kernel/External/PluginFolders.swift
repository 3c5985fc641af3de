import Glibc

/// Finds the plugins that are programs of their own, in the order in which one wins over another of its name: those
/// that were named, those of the workspace, those that `QUIRE_PLUGIN_PATH` leads to.
struct PluginFolders: Sendable {
  /// A folder with a manifest: what it says, or what is wrong with it.
  struct Found: Sendable {
    let folder: String
    let manifest: Result<PluginManifest, Fault>
  }

  /// Folders that each hold one plugin.
  var named: [String]
  /// `.quire/` of the workspace.
  var workspaceFolder: String

  func find() -> [Found] {
    var folders = named.map { Path.absolute($0) }
    folders += subfolders(of: workspaceFolder + "/plugins")
    for entry in getenv("QUIRE_PLUGIN_PATH").map({ String(cString: $0) })?.split(separator: ":") ?? [] {
      let folder = Path.absolute(String(entry))
      folders += isPlugin(folder) ? [folder] : subfolders(of: folder)
    }
    var seen: Set<String> = []
    return folders.filter { seen.insert(Path.resolved($0) ?? $0).inserted }.map { folder in
      do throws(Fault) {
        return Found(folder: folder, manifest: .success(try PluginManifest(folder: folder)))
      } catch {
        return Found(folder: folder, manifest: .failure(error))
      }
    }
  }

  private func isPlugin(_ folder: String) -> Bool { access("\(folder)/\(PluginManifest.fileName)", F_OK) == 0 }

  /// Those that hold a manifest, in order of name.
  private func subfolders(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted().map { "\(folder)/\($0)" }.filter(isPlugin)
  }
}
