/// Which methods change something that a person would miss: papers, the text of notebooks, files, running programs.
///
/// Every analysis leaves its entry in the run log and its artifacts; that alone is no such change.
extension Kernel {
  /// Kernel methods that hold what they change in memory.
  private static let passing: Set<String> = ["notebook/open", "notebook/close"]
  /// Kernel methods that run beside others and write a file that the caller names.
  private static let writingFiles: Set<String> = ["notebook/report", "notebook/convert", "log/export", "store/backup"]

  /// - Throws: `method.notFound`.
  package func hasLastingEffects(_ method: String) throws(Fault) -> Bool {
    guard let entry = registry.entry(method) else { throw registry.notFound(method) }
    switch entry.implementation {
    case .session: return true
    case .plugin: return try registry.descriptor(entry).writesStore
    case .kernel(let type):
      if Self.writingFiles.contains(method) { return true }
      if Self.passing.contains(method) { return false }
      return type.effect == .write || type.effect == .run
    }
  }
}
