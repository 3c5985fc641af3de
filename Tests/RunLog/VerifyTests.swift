import Foundation
import JSON
import TestSupport
import Testing

@testable import RunLog

struct HashChainCase: Sendable, CustomTestStringConvertible {
  let json: JSON
  let artifacts: [String: Data]
  var testDescription: String { json["name"]?.string ?? "" }

  static let all: [HashChainCase] = {
    guard let bytes = try? SharedData.bytes("vectors/hash_chain.json"), let file = try? JSON.parse(bytes) else {
      return []
    }
    let members = file["artifact_bytes"]?.object?.members ?? []
    let artifacts = members.compactMap { member in
      member.value.string.flatMap { Data(base64Encoded: $0) }.map { (member.key, $0) }
    }
    let table = Dictionary(uniqueKeysWithValues: artifacts)
    return file["cases"]?.array?.map { HashChainCase(json: $0, artifacts: table) } ?? []
  }()

  private static func bytes(_ json: JSON) -> [UInt8] {
    if let text = json.string { return Array(text.utf8) }
    let digits = Array((json["hex"]?.string ?? "").utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
  }

  func write(_ workspace: Workspace) throws {
    try workspace.write("format.json", StoreFormat(store: json["store"]?.string ?? "").bytes)
    for member in json["segments"]?.object?.members ?? [] {
      try workspace.write("log/" + member.key, HashChainCase.bytes(member.value))
    }
    if let head = json["head"], !head.isNull { try workspace.write("log/HEAD", HashChainCase.bytes(head)) }
    let present = json["artifacts"]?.array?.compactMap(\.string)
    for (hash, data) in artifacts where present?.contains(hash) ?? true {
      try workspace.write("artifacts/\(hash.prefix(2))/\(hash.dropFirst(2))", Array(data))
    }
  }

  var checkpoint: Checkpoint? { json["checkpoint"].flatMap { $0.isNull ? nil : Checkpoint(text: $0.text) } }
  var expectedErrors: [String] { codes("errors") }
  var expectedWarnings: [String] { codes("warnings") }

  private func codes(_ member: String) -> [String] {
    json["expect"]?[member]?.array?.compactMap { $0["code"]?.string } ?? []
  }
}

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct HashChainVectors {
  @Test func areAllThere() {
    #expect(HashChainCase.all.count == 21)
  }

  @Test(arguments: HashChainCase.all)
  func verifyDecidesAsTheVectorSays(_ vector: HashChainCase) throws {
    let workspace = try Workspace()
    try vector.write(workspace)
    let found = try workspace.verify(checkpoint: vector.checkpoint)
    #expect(found.ok == vector.json["expect"]?["ok"]?.bool)
    #expect(found.errors.map(\.code.rawValue).sorted() == vector.expectedErrors.sorted())
    let warnings = Set(found.warnings.map(\.code.rawValue)).subtracting(["orphan_artifact"])
    #expect(warnings == Set(vector.expectedWarnings))
  }

  @Test(arguments: HashChainCase.all)
  func errorsStandWhereTheVectorSays(_ vector: HashChainCase) throws {
    let workspace = try Workspace()
    try vector.write(workspace)
    let found = try workspace.verify(checkpoint: vector.checkpoint)
    for expected in vector.json["expect"]?["errors"]?.array ?? [] {
      guard let code = expected["code"]?.string, let at = expected["at"] else { continue }
      // The vector counts a line without its line feed as entry 0; ours is the entry that would stand there.
      if code == "parse", vector.testDescription.hasPrefix("newline missing") { continue }
      #expect(
        found.errors.contains { error in
          error.code.rawValue == code
            && (at.isNull || at.int == error.seq || (at.string != nil && at.string == error.name))
        }, "\(code) at \(at.text)")
    }
  }

  @Test(arguments: HashChainCase.all)
  func openingAgreesWithVerifyAndWritesNothing(_ vector: HashChainCase) throws {
    let workspace = try Workspace()
    try vector.write(workspace)
    let before = try workspace.contents()
    let store = try workspace.open()
    _ = try store.runs()
    // A later checkpoint is the only witness against a log that was rewritten as a whole.
    let isOK = vector.json["expect"]?["ok"]?.bool == true || vector.checkpoint != nil
    var isReadWrite = false
    if case .readWrite = store.access { isReadWrite = true }
    #expect(isReadWrite == isOK)
    store.close()
    #expect(try workspace.contents() == before)
  }
}

struct VerifyTests {
  private func filled(_ workspace: Workspace) throws {
    let store = try workspace.open()
    try store.logRun("one")
    _ = try store.append([.note("é \"quoted\"")])
    store.close()
  }

  /// Flips each bit of a file in turn and hands the verify's result over.
  private func flipping(
    _ workspace: Workspace, _ relative: String, part: Int = 0, of parts: Int = 1,
    _ body: (Verification, Int, Int) -> Void
  ) throws {
    try workspace.remove("index.sqlite")
    let path = workspace.url(relative).path
    #expect(chmod(path, 0o644) == 0)
    let original = try workspace.bytes(relative)
    let file = try OpenFile(path, name: relative, O_RDWR)
    for position in original.indices where position % parts == part {
      for bit in 0..<8 {
        var byte = original[position] ^ (1 << UInt8(bit))
        #expect(pwrite(file.descriptor, &byte, 1, off_t(position)) == 1)
        body(try workspace.verify(), position, bit)
      }
      var byte = original[position]
      #expect(pwrite(file.descriptor, &byte, 1, off_t(position)) == 1)
    }
    #expect(try workspace.verify().ok)
  }

  @Test(arguments: 0..<4)
  func everySingleBitFlipOfTheLogIsRejected(_ part: Int) throws {
    let workspace = try Workspace()
    try filled(workspace)
    var accepted: [(Int, Int)] = []
    try flipping(workspace, "log/00000001.jsonl", part: part, of: 4) { found, position, bit in
      if found.ok { accepted.append((position, bit)) }
    }
    #expect(accepted.isEmpty)
  }

  @Test(arguments: ["log/HEAD", "format.json"])
  func everySingleBitFlipIsRejected(_ relative: String) throws {
    let workspace = try Workspace()
    try filled(workspace)
    var accepted: [(Int, Int)] = []
    try flipping(workspace, relative) { found, position, bit in if found.ok { accepted.append((position, bit)) } }
    #expect(accepted.isEmpty)
  }

  @Test func everySingleBitFlipOfAnArtifactIsRejected() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let hash = ContentHash(of: Array("one".utf8))
    var codes: Set<String> = []
    try flipping(workspace, ArtifactStore.relative(hash)) { found, _, _ in
      codes.formUnion(found.errors.map(\.code.rawValue))
      #expect(!found.ok)
    }
    #expect(codes == ["artifact_mismatch"])
  }

  @Test func aWholeLogIsAcceptedAndCounted() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let found = try workspace.verify()
    #expect(found.errors.isEmpty && found.warnings.isEmpty)
    #expect(found.count == 6)
    #expect(found.hash == (try workspace.entries().last?.hash))
    #expect(found.artifactsChecked == 1)
    #expect(found.bytesChecked == 3)
    #expect(found.json["ok"]?.bool == true)
  }

  @Test func aMissingArtifactIsAnErrorUnlessItWasCollected() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let hash = ContentHash(of: Array("one".utf8))
    try workspace.remove(ArtifactStore.relative(hash))
    #expect(try workspace.verify().errors.map(\.code) == [.artifactMissing])
    #expect(try workspace.verify(quick: true).ok)

    let store = try workspace.open()
    try store.artifacts.put(Array("one".utf8))
    try store.removeArtifacts(reason: "test") { [hash] }
    store.close()
    #expect(store.artifacts.size(of: hash) == nil)
    #expect(try workspace.verify().ok)
  }

  @Test func anArtifactMadeAgainAfterItsCollectionIsDemanded() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    let hash = ContentHash(of: Array("one".utf8))
    try store.removeArtifacts(reason: "test") { [hash] }
    try store.logRun("one")
    store.close()
    #expect(try workspace.verify().ok)
    try workspace.remove(ArtifactStore.relative(hash))
    #expect(try workspace.verify().errors.map(\.code) == [.artifactMissing])
  }

  @Test func aSymbolicLinkIsNoArtifact() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let relative = ArtifactStore.relative(ContentHash(of: Array("one".utf8)))
    try workspace.remove(relative)
    try Data("one".utf8).write(to: workspace.folder.file("elsewhere"))
    try FileManager.default.createSymbolicLink(
      at: workspace.url(relative), withDestinationURL: workspace.folder.file("elsewhere"))
    #expect(try workspace.verify().errors.map(\.code) == [.artifactMissing])
  }

  @Test func anArtifactOfAnotherSizeIsAnError() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let relative = ArtifactStore.relative(ContentHash(of: Array("one".utf8)))
    try workspace.remove(relative)
    try workspace.write(relative, Array("one!".utf8))
    #expect(Set(try workspace.verify().errors.map(\.code)) == [.artifactSize, .artifactMismatch])
  }

  @Test func anArtifactThatNoEntryNamesIsAWarning() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let store = try workspace.open()
    let orphan = try store.artifacts.put([1, 2, 3])
    let found = try workspace.verify()
    #expect(found.ok)
    #expect(found.warnings.map(\.code) == [.orphanArtifact])
    #expect(found.warnings.first?.name == orphan.hash.hex)
  }

  @Test func aFileInputIsNotDemanded() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let hash = ContentHash(of: Array("elsewhere".utf8))
    let run = UUIDv7.next()
    let input = LoggedInput(name: "features", hash: hash, bytes: 9, media: "application/x-npy", file: "x.npy")
    try store.start(
      RunStart(run: run, method: "m.n", plugin: Workspace.plugin, params: [:], inputs: [input]))
    try store.finish(RunFinish(run: run, state: .failed, error: ["message": "no"], elapsedMilliseconds: 1))
    store.close()
    #expect(try workspace.verify().ok)
  }

  @Test func aLogCutBackTogetherWithHEADIsSeenByTheIndexAndByACheckpoint() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    _ = try store.append([.note("a")])
    let shorter = (try workspace.bytes("log/00000001.jsonl"), try workspace.bytes("log/HEAD"))
    _ = try store.append([.note("b")])
    _ = try store.runs()
    let checkpoint = try store.checkpoint()
    store.close()
    try workspace.write("log/00000001.jsonl", shorter.0)
    try workspace.write("log/HEAD", shorter.1)
    #expect(try workspace.verify().errors.map(\.code) == [.headAhead])
    try workspace.remove("index.sqlite")
    #expect(try workspace.verify().ok)
    #expect(try workspace.verify(checkpoint: checkpoint).errors.map(\.code) == [.checkpointAhead])
  }

  @Test func aCheckpointReadsBackFromBothForms() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    let checkpoint = try store.checkpoint()
    #expect(Checkpoint(text: checkpoint.json.text) == checkpoint)
    #expect(Checkpoint(text: checkpoint.note) == checkpoint)
    #expect(checkpoint.note.hasPrefix("quire.log/\(store.identifier ?? "?")\n\(checkpoint.count)\n"))
    #expect(checkpoint.note.split(separator: "\n").count == 3)
    try store.logRun("two")
    #expect(try workspace.verify(checkpoint: checkpoint).ok)
    var other = checkpoint
    other.hash = ContentHash(of: [])
    #expect(try workspace.verify(checkpoint: other).errors.map(\.code) == [.checkpointMismatch])
  }

  @Test func aFolderWithoutALogHasTheErrorsForThat() throws {
    let workspace = try Workspace()
    #expect(throws: RunLogError.self) { try workspace.verify() }
    try FileManager.default.createDirectory(at: workspace.quire, withIntermediateDirectories: true)
    #expect(Set(try workspace.verify().errors.map(\.code)) == [.formatMissing, .empty, .headMissing])
  }

  @Test func aHugeLineIsAParseErrorAndTheRestIsRead() throws {
    let workspace = try Workspace()
    try filled(workspace)
    let good = try workspace.bytes("log/00000001.jsonl")
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: LineReader.longestLine + (5 << 20))
    try workspace.write("log/00000001.jsonl", line + [10] + good)
    let found = try workspace.verify(quick: true)
    #expect(found.count == 7)
    #expect(found.errors.first?.code == .parse)
    #expect(found.hash == EntryLine.decode(Array(good.split(separator: 10).last ?? []))?.hash)
  }
}

extension EntryLine {
  static func decode(_ line: [UInt8]) -> DecodedLine? { line.withUnsafeBytes { decode($0) } }
}
