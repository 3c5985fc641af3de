/// Takes away what nobody needs any more.
extension LogStore {
  /// Removes the artifacts that no entry names; with `maxBytes` also results that are not the newest of any cell, the
  /// ones longest unused first, until the artifacts take no more than that. What the newest results of cells consist
  /// of and read is never removed.
  ///
  /// Files that a run which has not ended yet may have made are left alone. Returns what was removed, or would be.
  public func collectArtifacts(maxBytes: Int?, dryRun: Bool) throws -> [StoredArtifact] {
    var chosen: [StoredArtifact] = []
    func choose() throws -> [ContentHash] {
      chosen = try unnamedArtifacts()
      if let maxBytes { chosen += try oldResults(beyond: maxBytes, without: Set(chosen.map(\.hash))) }
      return chosen.map(\.hash)
    }
    if dryRun {
      _ = try choose()
    } else {
      let reason = maxBytes.map { "no entry names them, or older results beyond \($0) bytes" } ?? "no entry names them"
      try removeArtifacts(reason: reason, choose: choose)
    }
    return chosen
  }

  private func unnamedArtifacts() throws -> [StoredArtifact] {
    var references = ArtifactReferences()
    try forEachEntry { entry in
      references.add(entry.object, type: entry.kind?.rawValue, seq: entry.seq)
      return true
    }
    let named = references.names
    let oldestRun = try index.unfinishedRuns().first?.time
    return try artifacts.hashes().compactMap { hash in
      guard !named.contains(hash.hex), let status = FileStatus(path: artifacts.path(of: hash)), status.isRegular
      else { return nil }
      let made = WallClock(nanoseconds: max(status.modified, status.changed)).text
      if let oldestRun, made >= oldestRun { return nil }
      return StoredArtifact(hash: hash, bytes: status.size)
    }
  }

  /// Results that no cell shows, the longest unused first, as many as lie beyond the limit.
  private func oldResults(beyond limit: Int, without chosen: Set<ContentHash>) throws -> [StoredArtifact] {
    let all = try artifacts.hashes().filter { !chosen.contains($0) }
    var total = all.reduce(0) { $0 + (artifacts.size(of: $1) ?? 0) }
    guard total > limit else { return [] }
    var kept: Set<ContentHash> = []
    for run in try index.newestCellResults() {
      let record = try self.run(run)
      kept.formUnion(record.outputs.map(\.hash))
      kept.formUnion(record.inputs.map(\.hash))
    }
    var removed: [StoredArtifact] = []
    for hash in try index.outputsByLastUse() where total > limit {
      guard !kept.contains(hash), !chosen.contains(hash), let size = artifacts.size(of: hash) else { continue }
      removed.append(StoredArtifact(hash: hash, bytes: size))
      total -= size
    }
    return removed
  }
}
