import JSON

/// What the entries of a log say of artifacts and runs.
struct ArtifactReferences {
  /// An artifact that must be in the store.
  struct Demand {
    let sha256: String
    /// The first entry that names it.
    let seq: Int
    /// Sizes that entries state, each with the first that does.
    let sizes: [Int: Int]
  }

  /// Runs that began and have no end, with the entry in which they began.
  private(set) var unfinished: [String: Int] = [:]
  /// Artifacts that an `artifact.gc` removed, with the last such entry.
  private(set) var removed: [String: Int] = [:]
  /// All hashes that are named anywhere.
  private(set) var names: Set<String> = []
  private var named: [String: (first: Int, last: Int, sizes: [Int: Int])] = [:]

  mutating func add(_ entry: JSON.Object, type: String?, seq: Int) {
    switch type.flatMap(Entry.Kind.init) {
    case .runStart:
      if let run = entry["run"]?.string { unfinished[run] = seq }
      if let text = entry["notebook"]?["sha256"]?.string { names.insert(text) }
      demand(entry["inputs"], seq)
    case .runFinish:
      if let run = entry["run"]?.string { unfinished[run] = nil }
      demand(entry["outputs"], seq)
    case .imported: demand(entry["artifacts"], seq)
    case .artifactGC:
      for hash in entry["removed"]?.array?.compactMap(\.string) ?? [] {
        names.insert(hash)
        removed[hash] = seq
      }
    default: break
    }
  }

  private mutating func demand(_ artifacts: JSON?, _ seq: Int) {
    for artifact in artifacts?.array ?? [] {
      guard let hash = artifact["sha256"]?.string ?? artifact.string else { continue }
      names.insert(hash)
      // A file that was an input stays where it is.
      if artifact["file"] != nil { continue }
      var known = named[hash] ?? (first: seq, last: seq, sizes: [:])
      known.last = seq
      if let bytes = artifact["bytes"]?.int, known.sizes[bytes] == nil { known.sizes[bytes] = seq }
      named[hash] = known
    }
  }

  /// What must be there: named by an entry, and not removed since.
  var demands: [Demand] {
    named.filter { (removed[$0.key] ?? -1) < $0.value.last }
      .map { Demand(sha256: $0.key, seq: $0.value.first, sizes: $0.value.sizes) }
      .sorted { ($0.seq, $0.sha256) < ($1.seq, $1.sha256) }
  }
}
