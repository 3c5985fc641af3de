import Glibc
import JSON

extension LogStore {
  /// Checks log, HEAD and artifacts of a workspace. Reads only, needs no lock, and may run beside writers.
  ///
  /// - Parameters:
  ///   - checkpoint: a point of this log that was kept elsewhere.
  ///   - quick: chain and HEAD only, for a log that came without its artifacts.
  /// - Throws: `store.io` when there is no store or a file cannot be read.
  public static func verify(
    workspace: String, checkpoint: Checkpoint? = nil, quick: Bool = false
  ) throws -> Verification {
    let folder = try StoreFolder(workspace: workspace)
    guard folder.exists("") else {
      throw RunLogError(.io, "there is no .quire in \(workspace)", hint: "give the folder that holds it")
    }
    var verifier = Verifier(folder: folder, checkpoint: checkpoint)
    return try verifier.run(quick: quick)
  }

  /// Returns when nobody writes to the log of a workspace, at once where there is none.
  ///
  /// - Throws: `store.locked` after `seconds`.
  public static func waitForWriter(workspace: String, seconds: Double) throws {
    guard let file = try StoreFolder(workspace: workspace).openExisting("lock") else { return }
    try LockFile.wait(for: file, LOCK_SH, seconds: seconds)
  }
}

/// Reads a whole log and says everything that is wrong with it; unlike a scan it goes on behind an error.
struct Verifier {
  let folder: StoreFolder
  let checkpoint: Checkpoint?
  private var result = Verification()
  private var store: String?
  private var head: Head?
  private var witness: IndexHead.Witness?

  /// The chain so far: the hash that the last line states, `nil` after one that could not be read.
  private var previous: String? = EntryLine.firstPrevious
  /// The hashes at the counts that something else vouches for.
  private var hashes: [Int: String] = [:]
  private var wanted: Set<Int> = []
  private var references = ArtifactReferences()

  init(folder: StoreFolder, checkpoint: Checkpoint?) {
    self.folder = folder
    self.checkpoint = checkpoint
  }

  mutating func run(quick: Bool) throws -> Verification {
    readFormat(try folder.read("format.json"))
    // HEAD before the log: a writer that goes on meanwhile only makes the log longer.
    let headBytes = try folder.read("log/HEAD")
    head = headBytes.flatMap(Head.init)
    witness = store.flatMap { LogIndex.witness(folder, store: $0) }
    wanted = Set([head?.count, checkpoint?.count, witness?.count].compactMap { $0 })
    hashes[0] = EntryLine.firstPrevious

    try readSegments()
    if result.count == 0 { result.add(.empty, "the log has no entry") }
    judgeHead(headBytes)
    judgeWitness()
    judgeCheckpoint()
    for (run, seq) in references.unfinished.sorted(by: { $0.value < $1.value }) {
      result.warn(.runUnfinished, seq: seq, name: run, "the run has no end in the log")
    }
    if !quick { try readArtifacts() }
    return result
  }

  private mutating func readFormat(_ bytes: [UInt8]?) {
    guard let bytes else { return result.add(.formatMissing, name: "format.json", "format.json is missing") }
    do {
      store = try StoreFormat(bytes).store
    } catch {
      let fault = error as? RunLogError
      result.add(
        fault?.kind == .tooNew ? .unknownVersion : .formatMissing, name: "format.json", fault?.message ?? "\(error)")
    }
  }

  // MARK: - Entries

  private mutating func readSegments() throws {
    let numbers = try folder.names(in: "log").compactMap(SegmentName.number).sorted()
    for (index, number) in numbers.enumerated() {
      if number != (index == 0 ? 0 : numbers[index - 1]) + 1 {
        let name = SegmentName.text(number)
        result.add(.segmentGap, name: name, "the segment before \(name) is missing")
      }
      try readSegment(number, isLast: index == numbers.count - 1)
    }
  }

  private mutating func readSegment(_ number: Int, isLast: Bool) throws {
    let name = SegmentName.text(number)
    guard let file = try folder.openExisting(SegmentName.relative(number)) else { return }
    var reader = LineReader(file: file, offset: 0)
    var isAtEnd = false
    while !isAtEnd {
      let went: Void? = try reader.next { line, offset, _ in
        if case .text(let text) = line, let decoded = EntryLine.decode(text) {
          check(decoded)
        } else {
          result.add(.parse, seq: result.count, "the line at byte \(offset) of \(name) is no JSON object")
          step(hash: nil)
        }
      }
      isAtEnd = went == nil
    }
    guard reader.rest > 0 else { return }
    if isLast {
      result.warn(.tornTail, seq: result.count, name: name, "\(reader.rest) bytes behind the last entry")
    } else {
      result.add(.parse, seq: result.count, name: name, "\(name) does not end with a line feed")
    }
  }

  private mutating func check(_ line: DecodedLine) {
    let index = result.count
    if line.faults.contains(.notCanonical) {
      result.add(.notCanonical, seq: index, "the line is not the canonical text of its value")
    }
    if line.faults.contains(.version) { result.add(.unknownVersion, seq: index, "the entry's version is not 1") }
    if line.faults.contains(.hash) { result.add(.hashMismatch, seq: index, "the entry is not what its hash says") }
    if line.seq != index {
      result.add(.seqGap, seq: index, "the entry has seq \(line.seq.map { "\($0)" } ?? "none") in place \(index)")
    }
    if let previous, line.prev != previous {
      result.add(.prevMismatch, seq: index, "the entry does not follow the one before it")
    }
    if index == 0, let store, line.type != Entry.Kind.logOpen.rawValue || line.object["store"]?.string != store {
      result.add(.foreignStore, seq: 0, "the first entry is not log.open of the store \(store)")
    }
    references.add(line.object, type: line.type, seq: index)
    step(hash: line.hash)
  }

  private mutating func step(hash: String?) {
    previous = hash
    result.count += 1
    result.hash = hash
    if wanted.contains(result.count) { hashes[result.count] = hash }
  }

  // MARK: - What vouches for the end

  private mutating func judgeHead(_ bytes: [UInt8]?) {
    guard bytes != nil else { return result.add(.headMissing, name: "HEAD", "log/HEAD is missing") }
    guard let head else {
      return result.add(.headMismatch, name: "HEAD", "log/HEAD is not the text that Quire writes")
    }
    if let store, head.store != store {
      result.add(.headMismatch, name: "HEAD", "log/HEAD belongs to the store \(head.store)")
      result.add(.foreignStore, name: "HEAD", "log/HEAD belongs to the store \(head.store)")
    }
    if head.count > result.count {
      let missing = "HEAD counts \(head.count) entries, the log has \(result.count): it was truncated"
      result.add(.headAhead, seq: head.count, missing)
    } else if hashes[head.count] != head.hash {
      result.add(.headMismatch, seq: head.count, "HEAD's hash is not that of the entry before \(head.count)")
    }
    if head.count < result.count {
      result.warn(.headBehind, seq: head.count, "HEAD counts \(head.count) of \(result.count) entries")
    }
  }

  private mutating func judgeWitness() {
    guard let witness, witness.count > 0, witness.count != head?.count || witness.hash != head?.hash else { return }
    if witness.count > result.count {
      let missing = "index.sqlite has seen \(witness.count) entries, the log has \(result.count): it was truncated"
      result.add(.headAhead, seq: witness.count, name: "index.sqlite", missing)
    } else if hashes[witness.count] != witness.hash {
      result.add(
        .headMismatch, seq: witness.count, name: "index.sqlite",
        "the entry before \(witness.count) is not the one that index.sqlite has seen: the log was rewritten")
    }
  }

  private mutating func judgeCheckpoint() {
    guard let checkpoint else { return }
    if let named = checkpoint.store, let store, named != store {
      result.add(.checkpointMismatch, seq: checkpoint.count, "the checkpoint belongs to the store \(named)")
    }
    if checkpoint.count > result.count {
      let missing = "the checkpoint counts \(checkpoint.count) entries, the log has \(result.count)"
      result.add(.checkpointAhead, seq: checkpoint.count, missing)
    } else if hashes[checkpoint.count] != checkpoint.hash.hex {
      let other = "the entry before \(checkpoint.count) is not the one that the checkpoint names"
      result.add(.checkpointMismatch, seq: checkpoint.count, other)
    }
  }

  // MARK: - Artifacts

  private mutating func readArtifacts() throws {
    let artifacts = ArtifactStore(folder: folder) {}
    var missing: [(ArtifactReferences.Demand, String)] = []
    for demand in references.demands {
      guard let hash = ContentHash(hex: demand.sha256), let file = try? artifacts.open(hash) else {
        missing.append((demand, "the artifact \(demand.sha256) is not in the store as a regular file"))
        continue
      }
      let size = file.bytes
      for (bytes, seq) in demand.sizes.sorted(by: { $0.value < $1.value }) where bytes != size {
        let detail = "the artifact has \(size) bytes, the entry says \(bytes)"
        result.add(.artifactSize, seq: seq, name: demand.sha256, detail)
      }
      var hasher = ContentHasher()
      try file.file.forEachPiece { hasher.update($0) }
      if hasher.finish() != hash {
        let detail = "the artifact's content is not what its name says"
        result.add(.artifactMismatch, seq: demand.seq, name: demand.sha256, detail)
      }
      result.artifactsChecked += 1
      result.bytesChecked += size
    }
    // A collector that runs meanwhile logs what it removes first.
    let removed = missing.isEmpty ? [:] : try removalsNow()
    for (demand, detail) in missing where (removed[demand.sha256] ?? -1) < demand.seq {
      result.add(.artifactMissing, seq: demand.seq, name: demand.sha256, detail)
    }
    for hash in try artifacts.hashes() where !references.names.contains(hash.hex) {
      result.warn(.orphanArtifact, name: hash.hex, "no entry names the artifact")
    }
  }

  /// Artifacts that entries written since the log was read have removed.
  private func removalsNow() throws -> [String: Int] {
    var later = ArtifactReferences()
    _ = try LogScan.run(folder, from: .start) { entry in
      if entry.seq >= result.count { later.add(entry.object, type: entry.type, seq: entry.seq) }
      return true
    }
    return later.removed
  }
}
