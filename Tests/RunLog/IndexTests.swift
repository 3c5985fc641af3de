import Foundation
import GRDB
import JSON
import TestSupport
import Testing

@testable import RunLog

struct IndexTests {
  private let key = ContentHash(of: Array("key".utf8))

  @Test func runsAreListedNewestFirstWithFiltersAndPages() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    var runs: [String] = []
    for index in 0..<10 {
      let method = index.isMultiple(of: 2) ? "probe.logistic" : "topics.nmf"
      let notebook = index < 5 ? "a.quire.md" : "b.quire.md"
      runs.append(try store.logRun("\(index)", method: method, notebook: notebook, cell: "c\(index % 3)"))
    }
    #expect(try store.runs().map(\.run) == runs.reversed())
    #expect(try store.runs(method: "topics.nmf").map(\.run) == [9, 7, 5, 3, 1].map { runs[$0] })
    #expect(try store.runs(notebook: "a.quire.md").map(\.run) == [4, 3, 2, 1, 0].map { runs[$0] })
    #expect(try store.runs(since: "9999").isEmpty)
    var pages: [String] = []
    var cursor: Int?
    while true {
      let page = try store.runs(cursor: cursor, limit: 3)
      guard let last = page.last else { break }
      pages += page.map(\.run)
      cursor = last.seq
    }
    #expect(pages == runs.reversed())
    let newest = try #require(try store.runs(limit: 1).first)
    #expect(newest.state == .ok && newest.elapsedMilliseconds == 12.5 && newest.session == store.session)
    #expect(store.latestResult(notebook: "a.quire.md", cell: "c0")?.run == runs[3])
    #expect(
      store.latestResults(notebook: "b.quire.md").mapValues(\.run) == ["c0": runs[9], "c1": runs[7], "c2": runs[8]])
    #expect {
      try store.run("none")
    } throws: { ($0 as? RunLogError)?.kind == .runNotFound }
  }

  @Test func aKeyFindsItsNewestGoodRun() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    #expect(store.cachedResult(for: key).result == nil)
    let first = try store.logRun("one", key: key)
    #expect(store.cachedResult(for: key).result?.run == first)
    let second = try store.logRun("two", key: key)
    let failed = UUIDv7.next()
    try store.start(RunStart(run: failed, method: "a.b", plugin: Workspace.plugin, params: [:], key: key))
    try store.finish(RunFinish(run: failed, state: .failed, elapsedMilliseconds: 1))
    let found = try #require(store.cachedResult(for: key).result)
    #expect(found.run == second)
    #expect(found.outputs.map(\.hash) == [ContentHash(of: Array("two".utf8))])
    #expect(found.outputs.first?.determinism == "bitwise")
    #expect(store.lastRun(for: key)?.run == failed)
    #expect(store.results(for: [key, ContentHash(of: [])]) == [key: second])
  }

  @Test func aRunWithoutAKeyOrWithoutSuccessIsNeverACachedResult() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    for state in [RunState.failed, .cancelled, .cached] {
      let run = UUIDv7.next()
      try store.hit(
        RunStart(run: run, method: "a.b", plugin: Workspace.plugin, params: [:], key: key),
        RunFinish(run: run, state: state, elapsedMilliseconds: 1))
    }
    #expect(store.cachedResult(for: key).result == nil)
  }

  @Test func anArtifactThatIsMissingOrChangedMakesAMissAndAWarning() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one", key: key)
    let path = store.artifacts.path(of: ContentHash(of: Array("one".utf8)))
    #expect(store.cachedResult(for: key).warning == nil)
    #expect(chmod(path, 0o644) == 0)
    try Data("two".utf8).write(to: URL(fileURLWithPath: path))
    let changed = store.cachedResult(for: key)
    #expect(changed.result == nil && changed.warning?.kind == .artifactHash)
    try FileManager.default.removeItem(atPath: path)
    let missing = store.cachedResult(for: key)
    #expect(missing.result == nil && missing.warning?.kind == .artifactNotFound)
    try store.logRun("one", key: key)
    #expect(store.cachedResult(for: key).result != nil)
  }

  @Test func aResultOfAnotherProcessIsFound() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let other = try workspace.open()
    _ = try store.append([.note("a")])
    #expect(store.cachedResult(for: key).result == nil)
    let run = try other.logRun("one", key: key)
    #expect(store.cachedResult(for: key).result?.run == run)
    #expect(try workspace.open().cachedResult(for: key).result?.run == run)
  }

  @Test func artifactsSayWhatMadeThem() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let put = try store.artifacts.put([7])
    #expect(store.artifact(put.hash) == nil)
    let input = LoggedInput(name: "x.npy", hash: put.hash, bytes: 1, media: "application/x-npy")
    _ = try store.append([.imported(ImportBatch(artifacts: [input]))])
    #expect(
      store.artifact(put.hash)
        == ArtifactRecord(hash: put.hash, bytes: 1, media: "application/x-npy", name: "x.npy", run: nil))
    let run = try store.logRun("one")
    let made = ContentHash(of: Array("one".utf8))
    #expect(store.artifact(made)?.run == run)
    let all = try store.artifactRecords().map(\.hash)
    #expect(all == [put.hash, made].sorted())
    #expect(try store.artifactRecords(after: all[0], limit: 1).map(\.hash) == [all[1]])
    try store.removeArtifacts(reason: "test") { [made] }
    #expect(store.artifact(made) == nil)
  }

  @Test func aRunWhoseOutputWasCollectedMeanwhileDoesNotEndWell() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let collector = try workspace.open()
    let run = UUIDv7.next()
    try store.start(RunStart(run: run, method: "a.b", plugin: Workspace.plugin, params: [:]))
    let stored = try store.artifacts.put([5])
    let orphans = try collector.removeArtifacts(reason: "no entry names them") {
      try collector.artifacts.hashes().filter { collector.artifact($0) == nil }
    }
    #expect(orphans == [stored.hash])
    let output = LoggedOutput(name: "value", hash: stored.hash, bytes: 1, media: "text/plain")
    #expect {
      try store.finish(RunFinish(run: run, state: .ok, outputs: [output], elapsedMilliseconds: 1))
    } throws: { ($0 as? RunLogError)?.kind == .artifactNotFound }
    #expect(try collector.removeArtifacts(reason: "none") { [] }.isEmpty)
    #expect(try workspace.verify().ok)
  }

  @Test func aRemovedArtifactTakesItsResultsOutOfTheCache() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one", key: key)
    try store.removeArtifacts(reason: "test") { [ContentHash(of: Array("one".utf8))] }
    #expect(store.results(for: [key]).isEmpty)
    let lookup = store.cachedResult(for: key)
    #expect(lookup.result == nil && lookup.warning == nil)
  }

  @Test(arguments: ["deleted", "garbage", "truncated", "folder", "foreign"])
  func troubleWithTheFileFailsNothing(_ trouble: String) throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let run = try store.logRun("one", key: key)
    _ = try store.runs()
    store.close()
    let index = workspace.url("index.sqlite")
    switch trouble {
    case "garbage": try Data(repeating: 0x5A, count: 50_000).write(to: index)
    case "truncated": try Data(try Data(contentsOf: index).prefix(9000)).write(to: index)
    case "foreign":
      let other = try Workspace()
      let theirs = try other.open()
      try theirs.logRun("x", key: ContentHash(of: [1]))
      _ = try theirs.runs()
      theirs.close()
      try Data(try other.bytes("index.sqlite")).write(to: index)
    default: try FileManager.default.removeItem(at: index)
    }
    if trouble == "folder" { #expect(mkdir(index.path, 0o755) == 0) }

    let looking = try workspace.open()
    #expect(looking.cachedResult(for: key).result?.run == run)
    looking.close()
    let writing = try workspace.open()
    let second = try writing.logRun("two", key: key)
    #expect(writing.cachedResult(for: key).result?.run == second)
    #expect(try writing.runs().map(\.run) == [second, run])
    #expect(writing.results(for: [ContentHash(of: [1])]).isEmpty)
    writing.close()
    #expect(try workspace.verify().ok)
    if trouble != "folder" { #expect(LogIndex.witness(writing.folder, store: writing.identifier ?? "") != nil) }
  }

  @Test func anIndexThatBreaksUnderARunningProcessFailsNothing() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one", key: key)
    _ = try store.runs()
    let index = try OpenFile(workspace.url("index.sqlite").path, name: "index", O_RDWR)
    let log = try OpenFile(workspace.url("index.sqlite-wal").path, name: "wal", O_RDWR)
    try log.truncate(to: 0)
    try index.truncate(to: 0)
    try index.write([UInt8](repeating: 7, count: 40_000))
    for text in ["two", "three"] {
      let run = try store.logRun(text, key: key)
      #expect(store.cachedResult(for: key).result?.run == run)
    }
    #expect(try store.runs().count == 3)
    store.close()
    #expect(try workspace.verify().ok)
  }

  @Test(arguments: [
    "UPDATE log_head SET offset = -1", "UPDATE log_head SET last = -9223372036854775808",
    "UPDATE log_head SET segment = 9223372036854775807", "UPDATE log_head SET hash = 'x', count = 'x'",
    "UPDATE log_head SET count = count + 5", "UPDATE mark SET offset = -7, count = 1",
    "UPDATE mark SET segment = 9223372036854775807", "DELETE FROM log_head", "DELETE FROM cache",
    "UPDATE run SET offset = 9223372036854775807, length = 9223372036854775807",
    "UPDATE run SET segment = -1, finish_offset = -5", "UPDATE cache SET result = 77777", "DROP TABLE cache",
    "DROP TABLE run; CREATE TABLE run(seq, run, session, method, time, notebook, cell, key, state, elapsed, "
      + "cached_from, segment, offset, length, finish_segment, finish_offset, finish_length);"
      + "INSERT INTO run(finish_segment, run) VALUES ('x', x'FF')",
  ])
  func nothingThatAnIndexSaysCanStopAStore(_ sql: String) throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    for index in 0..<20 { try store.logRun("\(index)", key: key) }
    _ = try store.runs()
    store.close()
    let queue = try DatabaseQueue(path: workspace.url("index.sqlite").path)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()

    let looking = try workspace.open()
    _ = looking.cachedResult(for: key)
    _ = try? looking.runs()
    guard case .readWrite = looking.access else {
      Issue.record("opened read-only")
      return
    }
    looking.close()
    let writing = try workspace.open()
    let run = try writing.logRun("last", key: key)
    _ = writing.cachedResult(for: key)
    _ = try? writing.run(run)
    writing.close()
    try workspace.remove("index.sqlite")
    let found = try workspace.verify()
    #expect(found.ok && found.count == 1 + 42 + 4)
  }

  @Test func rebuildingGivesTheSameIndex() throws {
    let workspace = try Workspace()
    let store = try workspace.open { $0.segmentLimit = 20_000 }
    for index in 0..<300 {
      try store.logRun("\(index)", key: ContentHash(of: [UInt8(index % 200)]), notebook: "n", cell: "c\(index % 7)")
    }
    let runs = try store.runs(limit: 1000)
    let cells = store.latestRuns(notebook: "n")
    #expect(runs.count == 300)
    store.close()
    #expect(LogIndex(folder: store.folder).mark(before: 300)?.count == 288)
    try workspace.remove("index.sqlite")
    let rebuilt = try workspace.open()
    #expect(try rebuilt.runs(limit: 1000) == runs)
    #expect(rebuilt.latestRuns(notebook: "n") == cells)
    let written = try workspace.open()
    _ = try written.append([.note("x")])
    #expect(try written.runs(limit: 1000) == runs)
  }

  @Test func severalProcessesIndexSideBySide() throws {
    let workspace = try Workspace()
    let failures = Shared<[String]>([])
    onThreads(5) { thread in
      do {
        let store = try workspace.open()
        for index in 0..<12 {
          let key = ContentHash(of: [UInt8(thread), UInt8(index)])
          let run = try store.logRun("\(thread)", key: key)
          if store.cachedResult(for: key).result?.run != run {
            failures.change { $0.append("miss \(thread) \(index)") }
          }
        }
        if let trouble = store.indexTrouble { failures.change { $0.append(trouble) } }
        store.close()
      } catch {
        failures.change { $0.append("\(error)") }
      }
    }
    #expect(failures.value.isEmpty)
    #expect(try workspace.open().runs(limit: 100).count == 60)
  }

  // MARK: - File hashes and memos

  @Test func aFileHashIsRememberedOnlyWhenItsTimesAreOld() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    let file = workspace.folder.file("x.npy")
    try Data([1, 2, 3]).write(to: file)
    let fresh = try store.hash(file: file.path)
    #expect(fresh.hash == ContentHash(of: [1, 2, 3]) && fresh.bytes == 3)
    #expect(store.index.hash(of: fresh.identity) == nil)
    #expect(!fresh.identity.isSettled(at: .now()))
    let later = WallClock(nanoseconds: fresh.identity.changed + 2_000_000_001)
    #expect(fresh.identity.isSettled(at: later))
    // ctime cannot be set back, so an old file is one that was there before: this test's own binary.
    let binary = CommandLine.arguments[0]
    let old = try store.hash(file: binary)
    #expect(store.index.hash(of: old.identity) == old.hash)
    #expect(try store.hash(file: binary, rehash: true) == old)
    #expect(store.isUnchanged(old, at: binary))
    try Data([1, 2, 4]).write(to: file)
    #expect(!store.isUnchanged(fresh, at: file.path))
    #expect(try store.hash(file: file.path).hash == ContentHash(of: [1, 2, 4]))
  }

  @Test func onlyRegularFilesAreHashed() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let kinds: [(String, RunLogError.Kind)] = [
      (workspace.path, .fileFormat), (workspace.path + "/none", .fileNotFound), ("/dev/zero", .fileFormat),
    ]
    for (path, kind) in kinds {
      #expect {
        try store.hash(file: path)
      } throws: { ($0 as? RunLogError)?.kind == kind }
    }
    #expect(mkfifo(workspace.path + "/pipe", 0o644) == 0)
    #expect(throws: RunLogError.self) { try store.hash(file: workspace.path + "/pipe") }
  }

  @Test func memosAreKeptUntilTheIndexIsDeleted() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    store.remember([("a", [1, 2]), ("b", [])])
    store.remember([("a", [3])])
    #expect(store.memo("a") == [3])
    #expect(store.memos(["a", "b", "c"]) == ["a": [3], "b": []])
    store.close()
    #expect(try workspace.open().memo("a") == [3])
    try workspace.remove("index.sqlite")
    #expect(try workspace.open().memo("a") == nil)
  }
}
