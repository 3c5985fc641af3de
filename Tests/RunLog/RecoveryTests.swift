import Foundation
import JSON
import TestSupport
import Testing

@testable import RunLog

struct RecoveryTests {
  /// A store with four entries, closed without an end of the session.
  private func filled() throws -> Workspace {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a"), .note("b")])
    store.close()
    return workspace
  }

  private func append(_ workspace: Workspace, _ bytes: [UInt8]) throws {
    try workspace.write("log/00000001.jsonl", try workspace.bytes("log/00000001.jsonl") + bytes)
  }

  private func expectDamaged(_ workspace: Workspace, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let before = try workspace.contents()
    let store = try workspace.open()
    guard case .readOnly(let error) = store.access else {
      Issue.record("the store was opened for writing", sourceLocation: sourceLocation)
      return
    }
    #expect(error.kind == .corrupt && error.number == "E501", sourceLocation: sourceLocation)
    #expect(throws: RunLogError.self, sourceLocation: sourceLocation) { try store.append([.note("x")]) }
    store.close()
    #expect(try workspace.contents() == before, sourceLocation: sourceLocation)
    #expect(try !workspace.verify().ok, sourceLocation: sourceLocation)
  }

  @Test func aTornTailIsMovedAsideAndToldOfInTheLog() throws {
    let workspace = try filled()
    let torn = Array(#"{"elapsed_ms":12.5,"ha"#.utf8)
    try append(workspace, torn)
    #expect(try workspace.verify().warnings.map(\.code) == [.tornTail])
    let before = try workspace.contents()
    let store = try workspace.open()
    #expect(try workspace.contents() == before)
    _ = try store.append([.note("c")])
    let recovered = try #require(try workspace.entries().first { $0.kind == .recovered })
    #expect(recovered.object["rule"]?.string == "a")
    #expect(recovered.object["bytes"]?.int == torn.count)
    let file = try #require(recovered.object["file"]?.string)
    #expect(try workspace.bytes("log/" + file) == torn)
    #expect(try workspace.verify().ok)
    #expect(try workspace.entries().compactMap { $0.object["text"]?.string } == ["a", "b", "c"])
  }

  @Test func aLastLineThatFailsItsHashBeyondHEADIsTornToo() throws {
    let workspace = try filled()
    let line = try #require(try workspace.bytes("log/00000001.jsonl").split(separator: 10).last)
    var changed = Array(line) + [10]
    changed[12] ^= 1
    try append(workspace, changed)
    let store = try workspace.open()
    _ = try store.append([.note("c")])
    #expect(try workspace.verify().ok)
    #expect(try workspace.entries().contains { $0.kind == .recovered })
  }

  @Test func anotherProcessMendsTheTailOfOneThatDiedWhileItLives() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    try append(workspace, Array("{\"half".utf8))
    _ = try store.append([.note("b")])
    #expect(try workspace.verify().ok)
    #expect(try workspace.entries().filter { $0.kind == .recovered }.count == 1)
  }

  @Test func anOlderHEADIsAdvanced() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    let head = try workspace.bytes("log/HEAD")
    _ = try store.append([.note("b")])
    store.close()
    try workspace.write("log/HEAD", head)
    #expect(try workspace.verify().warnings.map(\.code) == [.headBehind])
    let reopened = try workspace.open()
    _ = try reopened.append([.note("c")])
    let found = try workspace.verify()
    #expect(found.ok && found.warnings.isEmpty)
    #expect(try workspace.entries().allSatisfy { $0.kind != .recovered })
  }

  @Test func anythingWrongBeforeHEADOpensReadOnly() throws {
    let workspace = try filled()
    let log = try workspace.bytes("log/00000001.jsonl")
    let lines = log.split(separator: 10).map { Array($0) + [10] }

    var flipped = log
    flipped[log.count / 2] ^= 1
    let broken: [[UInt8]] = [
      Array(log.dropLast(lines[4].count)), Array(log.dropLast(10)), flipped, Array(log.dropFirst(lines[0].count)),
      Array((lines[0] + lines[2] + lines[1] + lines[3] + lines[4])), log + lines[4], [],
    ]
    for bytes in broken {
      try workspace.write("log/00000001.jsonl", bytes)
      if workspace.exists("index.sqlite") { try workspace.remove("index.sqlite") }
      try expectDamaged(workspace)
    }
  }

  @Test func aForeignOrMissingHEADOpensReadOnly() throws {
    let workspace = try filled()
    let other = try filled()
    let head = try workspace.bytes("log/HEAD")
    try workspace.write("log/HEAD", try other.bytes("log/HEAD"))
    try expectDamaged(workspace)
    #expect(try workspace.verify().errors.map(\.code).contains(.headMismatch))
    try workspace.write("log/HEAD", Array(head.dropLast()))
    try expectDamaged(workspace)
    try workspace.remove("log/HEAD")
    try expectDamaged(workspace)
    try workspace.write("log/HEAD", head)
    try workspace.remove("format.json")
    try expectDamaged(workspace)
  }

  @Test func aForeignHEADUnderARunningProcessStopsItsWrites() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    let head = try workspace.bytes("log/HEAD")
    try workspace.write("log/HEAD", try filled().bytes("log/HEAD"))
    #expect {
      try store.append([.note("b")])
    } throws: { ($0 as? RunLogError)?.kind == .corrupt }
    try workspace.write("log/HEAD", head)
    _ = try store.append([.note("c")])
    #expect(try workspace.verify().ok)
  }

  @Test func aLogCutUnderARunningProcessStopsItsWrites() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a"), .note("b")])
    let log = try workspace.bytes("log/00000001.jsonl")
    let file = try OpenFile(workspace.url("log/00000001.jsonl").path, name: "segment", O_RDWR)
    try file.truncate(to: log.count - 40)
    #expect {
      try store.append([.note("c")])
    } throws: { ($0 as? RunLogError)?.kind == .corrupt }
  }

  @Test func aStoreExchangedUnderARunningProcessIsReadAgain() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    let other = try Workspace()
    let theirs = try other.open()
    for text in ["x", "y", "z"] { try theirs.logRun(text) }
    theirs.close()
    // What a version-control system does when it puts another state of format.json and log/ there.
    for name in ["format.json", "log/HEAD", "log/00000001.jsonl"] {
      let bytes = try other.bytes(name)
      try workspace.remove(name)
      try workspace.write(name, bytes)
    }
    _ = try store.append([.note("here")])
    let found = try workspace.verify(quick: true)
    #expect(found.ok)
    #expect(try workspace.entries().filter { $0.kind == .runFinish }.count == 3)
    #expect(try workspace.open().runs().count == 3)
  }

  @Test func aLogWithoutItsArtifactsFolderIsUsable() throws {
    let workspace = try filled()
    // What a clone of a repository holds.
    for name in ["index.sqlite", "lock"] where workspace.exists(name) { try workspace.remove(name) }
    for name in ["artifacts", "log/sessions"] where workspace.exists(name) { try workspace.remove(name) }
    let store = try workspace.open()
    try store.logRun("one")
    #expect(try workspace.verify().ok)
  }

  @Test func artifactsWithoutALogAreNoNewStore() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    store.close()
    try workspace.remove("log")
    try expectDamaged(workspace)
  }

  @Test func aRunWhoseProcessDiedIsEndedAndOneOfTheLivingIsNot() throws {
    let workspace = try Workspace()
    let living = try workspace.open()
    let theirs = UUIDv7.next()
    try living.start(RunStart(run: theirs, method: "a.b", plugin: Workspace.plugin, params: [:]))
    let dead = UUIDv7.next()
    let deadSession = UUIDv7.next()
    var start = Entry.runStart(RunStart(run: dead, method: "a.b", plugin: Workspace.plugin, params: [:]))
    start.fields["session"] = .string(deadSession)
    _ = try living.append([start])
    try workspace.write("log/sessions/" + deadSession, [])

    let store = try workspace.open()
    #expect(try store.run(dead).state == nil)
    _ = try store.append([.note("first write")])
    #expect(try store.run(dead).state == .failed)
    #expect(try store.run(dead).error?["code"]?.string == "E404")
    #expect(try store.run(theirs).state == nil)
    #expect(!workspace.exists("log/sessions/" + deadSession))
    try living.finish(RunFinish(run: theirs, state: .ok, elapsedMilliseconds: 1))
    #expect(try store.run(theirs).state == .ok)
    #expect(try workspace.verify().ok)
  }

  @Test func commitsWithoutAnEntryAreLoggedOnce() throws {
    let workspace = try Workspace()
    let run = UUIDv7.next()
    let commits = (0..<3).map { CommitRecord(run: run, batch: $0, counts: .init(added: $0 + 1)) }
    let first = try workspace.open()
    var start = Entry.runStart(RunStart(run: run, method: "papers.import", plugin: Workspace.plugin, params: [:]))
    start.fields["session"] = .string("a-dead-session")
    _ = try first.append([start, .imported(ImportBatch(run: run, batch: 0, source: "a.bib", counts: .init(added: 1)))])
    first.close()

    let store = try workspace.open { $0.commits = { commits } }
    _ = try store.append([.note("first write")])
    try store.recover(commits: commits)
    let imports = try workspace.entries().filter { $0.kind == .imported }
    #expect(imports.map { $0.object["batch"]?.int } == [0, 1, 2])
    #expect(imports.map { $0.object["counts"]?["added"]?.int } == [1, 2, 3])
    // The run's own end comes after its batches.
    let finish = try #require(try store.run(run).finish)
    #expect(finish.seq > imports[2].seq)
    #expect(try workspace.verify().ok)
  }

  @Test func aCommitOfALivingRunIsLeftToIt() throws {
    let workspace = try Workspace()
    let living = try workspace.open()
    let run = UUIDv7.next()
    try living.start(RunStart(run: run, method: "papers.import", plugin: Workspace.plugin, params: [:]))
    let store = try workspace.open { options in
      options.commits = { [CommitRecord(run: run, batch: 0, counts: .init())] }
    }
    _ = try store.append([.note("first write")])
    #expect(try workspace.entries().allSatisfy { $0.kind != .imported })
  }

  @Test func aLogCutBackLeavesAWordInTheLog() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    let shorter = (try workspace.bytes("log/00000001.jsonl"), try workspace.bytes("log/HEAD"))
    _ = try store.append([.note("b")])
    store.close()
    let last = try #require(try workspace.entries().last)
    try workspace.write("log/00000001.jsonl", shorter.0)
    try workspace.write("log/HEAD", shorter.1)
    let reopened = try workspace.open()
    _ = try reopened.append([.note("c")])
    let recovered = try #require(try workspace.entries().first { $0.kind == .recovered })
    #expect(recovered.object["rule"]?.string == "witness")
    #expect(recovered.object["detail"]?.string?.contains(last.hash.hex) == true)
  }
}
