import Foundation
import JSON
import TestSupport
import Testing

@testable import RunLog

struct LogTests {
  @Test func lookingWritesNothing() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    #expect(try store.runs().isEmpty)
    #expect(store.cachedResult(for: ContentHash(of: [])).result == nil)
    #expect(store.identifier == nil && !store.exists)
    #expect(throws: RunLogError.self) { try store.checkpoint() }
    store.close()
    #expect(!workspace.exists(""))
  }

  @Test func openingAndClosingAStoreWritesNoByte() throws {
    let workspace = try Workspace()
    let writer = try workspace.open()
    try writer.logRun("one", key: ContentHash(of: [1]))
    writer.close()
    for isIndexed in [false, true] {
      if isIndexed {
        let store = try workspace.open()
        _ = try store.append([.note("index")])
        _ = try store.runs()
        store.close()
      }
      let before = try workspace.contents()
      let store = try workspace.open()
      #expect(try store.runs().count == 1)
      #expect(store.cachedResult(for: ContentHash(of: [1])).result != nil)
      store.close()
      #expect(try workspace.contents() == before)
    }
  }

  @Test func theFirstWriteMakesTheStore() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("hello")])
    let identifier = try #require(store.identifier)
    #expect(
      String(decoding: try workspace.bytes("format.json"), as: UTF8.self)
        == #"{"format":"quire-store","store":"\#(identifier)","version":1}"# + "\n")
    let entries = try workspace.entries()
    #expect(entries.map(\.type) == ["log.open", "session.start", "note"])
    #expect(entries[0].object["by"]?.string == "quire 0.1.0")
    #expect(entries[0].object["format"]?.string == "quire-log")
    #expect(entries[0].prev == String(repeating: "0", count: 64))
    #expect(entries[1].object["env"]?["os"]?.string == "linux")
    #expect(entries[2].object["session"]?.string == store.session)
    let last = entries[2].hash
    #expect(
      String(decoding: try workspace.bytes("log/HEAD"), as: UTF8.self)
        == #"{"count":3,"hash":"\#(last)","store":"\#(identifier)","v":1}"# + "\n")
    let ignored = String(decoding: try workspace.bytes(".gitignore"), as: UTF8.self)
    for name in ["*.sqlite", "artifacts/", "log/sessions/", "lock", "tmp/"] { #expect(ignored.contains(name + "\n")) }
  }

  @Test func aRunIsTwoEntriesAndTheStartAloneDoesNotMoveHEAD() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("begin")])
    let head = try workspace.bytes("log/HEAD")
    let run = UUIDv7.next()
    let input = LoggedInput(
      name: "features", hash: ContentHash(of: [1]), bytes: 1, media: "application/x-npy", file: "x.npz", array: "matrix"
    )
    let numeric = NumericLibrary(library: "openblas", version: "0.3.21", core: "Haswell", threads: 1)
    try store.start(
      RunStart(
        run: run, method: "probe.logistic", plugin: Workspace.plugin, params: ["C": 0.5], inputs: [input], seed: 7,
        key: ContentHash(of: [2]), numeric: numeric, cell: "fit",
        notebook: RunStart.NotebookText(name: "demo.quire.md", hash: ContentHash(of: [3]), bytes: 1)))
    #expect(try workspace.bytes("log/HEAD") == head)
    let finish = RunFinish(
      run: run, state: .failed, error: ["code": -32602], elapsedMilliseconds: 0.00149,
      stderrTail: "é" + String(repeating: "x", count: 4095))
    try store.finish(finish)
    #expect(try workspace.bytes("log/HEAD") != head)
    let record = try store.run(run)
    #expect(record.method == "probe.logistic" && record.params == ["C": 0.5] && record.seed == 7)
    #expect(record.inputs == [input] && record.numeric == numeric && record.plugin == Workspace.plugin)
    #expect(record.cell == "fit" && record.notebook == "demo.quire.md" && record.key == ContentHash(of: [2]))
    #expect(record.state == .failed && record.error == ["code": -32602] && record.elapsedMilliseconds == 0.001)
    #expect(record.finish?.object["stderr_tail"]?.string == String(repeating: "x", count: 4095))
    #expect(record.start.object["session"]?.string == store.session)
    #expect(try workspace.verify(quick: true).ok)
  }

  @Test func aCacheHitIsOneWriteWithOneSync() throws {
    let workspace = try Workspace()
    let steps = Shared<[Step]>([])
    let store = try workspace.open { options in options.onStep = { step in steps.change { $0.append(step) } } }
    _ = try store.append([.note("begin")])
    steps.change { $0 = [] }
    let run = UUIDv7.next()
    try store.hit(
      RunStart(run: run, method: "a.b", plugin: Workspace.plugin, params: [:]),
      RunFinish(run: run, state: .cached, elapsedMilliseconds: 0.1, cachedFrom: "x"))
    #expect(
      steps.value == [.lockTaken, .entryWritten, .entrySynced, .headWritten, .headSynced, .headRenamed])
    steps.change { $0 = [] }
    try store.start(RunStart(run: UUIDv7.next(), method: "a.b", plugin: Workspace.plugin, params: [:]))
    #expect(steps.value == [.lockTaken, .entryWritten])
  }

  @Test func segmentsFollowEachOtherWithoutGaps() throws {
    let workspace = try Workspace()
    let small: (inout LogStore.Options) -> Void = { $0.segmentLimit = 1500 }
    let store = try workspace.open(small)
    let other = try workspace.open(small)
    for index in 0..<20 {
      _ = try (index.isMultiple(of: 3) ? other : store).append([.note("entry \(index)")])
    }
    store.close()
    other.close()
    let segments = try FileManager.default.contentsOfDirectory(atPath: workspace.url("log").path)
      .filter { $0.hasSuffix(".jsonl") }.sorted()
    #expect(segments.count > 3)
    #expect(segments == (1...segments.count).map(SegmentName.text))
    #expect(try workspace.entries().compactMap { $0.object["text"]?.string } == (0..<20).map { "entry \($0)" })
    #expect(try workspace.verify().ok)
    let reopened = try workspace.open(small)
    _ = try reopened.append([.note("more")])
    #expect(try workspace.verify().ok)
  }

  @Test func sessionsThatOnlyLookLeaveNoTraceAndOthersEnd() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    #expect(try store.livingSessions() == [store.session])
    store.close()
    #expect(throws: RunLogError.self) { try store.append([.note("late")]) }
    #expect(throws: RunLogError.self) { try store.artifacts.put([1]) }
    #expect(try workspace.open().livingSessions().isEmpty)
    let types = try workspace.entries().map(\.type)
    #expect(types == ["log.open", "session.start", "note", "session.end"])
    try workspace.open().close()
    #expect(try workspace.entries().count == 4)
  }

  @Test func twoStoresAppendSideBySide() throws {
    let workspace = try Workspace()
    let failures = Shared<[String]>([])
    let acknowledged = Shared<Set<String>>([])
    onThreads(6) { thread in
      do {
        let store = try workspace.open { $0.segmentLimit = 4000 }
        for index in 0..<15 {
          let run = UUIDv7.next()
          try store.start(RunStart(run: run, method: "a.b", plugin: Workspace.plugin, params: [:]))
          let stored = try store.artifacts.put(Array("\(thread % 3) \(index)".utf8))
          let output = LoggedOutput(name: "value", hash: stored.hash, bytes: stored.bytes, media: "text/plain")
          try store.finish(RunFinish(run: run, state: .ok, outputs: [output], elapsedMilliseconds: 1))
          acknowledged.change { _ = $0.insert(run) }
        }
        store.close()
      } catch {
        failures.change { $0.append("\(error)") }
      }
    }
    #expect(failures.value.isEmpty)
    let found = try workspace.verify()
    #expect(found.ok && found.warnings.isEmpty)
    // log.open, then per store session.start, 15 × 2 entries and session.end.
    #expect(found.count == 1 + 6 * (2 + 30))
    let finished = try workspace.entries().filter { $0.kind == .runFinish }.compactMap { $0.object["run"]?.string }
    #expect(finished.count == 90 && Set(finished) == acknowledged.value)
    #expect(try workspace.open().runs(limit: 1000).count == 90)
  }

  @Test func aLockThatIsHeldNamesItsHolder() throws {
    let workspace = try Workspace()
    let store = try workspace.open { $0.lockTimeout = 0.05 }
    _ = try store.append([.note("a")])
    let holder = try LockFile.take(store.folder, seconds: 1)
    #expect {
      try store.append([.note("b")])
    } throws: { error in
      let error = error as? RunLogError
      return error?.kind == .locked && error?.number == "E504" && error?.processID == Int(getpid())
    }
    holder.unlock()
    _ = try store.append([.note("c")])
    #expect(try workspace.entries().compactMap { $0.object["text"]?.string } == ["a", "c"])
  }

  @Test func aLockFileThatSomebodyRemovedIsMadeAgain() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    try workspace.remove("lock")
    _ = try store.append([.note("b")])
    #expect(try workspace.verify().ok)
  }

  @Test func aStoreOfALaterFormatIsRefused() throws {
    let workspace = try Workspace()
    try workspace.write("format.json", Array(#"{"format":"quire-store","store":"x","version":2}"#.utf8))
    #expect {
      try workspace.open()
    } throws: { ($0 as? RunLogError)?.kind == .tooNew && ($0 as? RunLogError)?.number == "E506" }
  }

  @Test func anEntryOfALaterFormatIsRefused() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([.note("a")])
    store.close()
    let last = try #require(try workspace.entries().last)
    var object: JSON.Object = ["v": 2, "seq": JSON(last.seq + 1), "prev": .string(last.hash), "type": "new"]
    object["hash"] = .string(ContentHash(of: try JSON.object(object).canonicalBytes()).hex)
    let line = try JSON.object(object).canonicalBytes() + [10]
    try workspace.write("log/00000001.jsonl", try workspace.bytes("log/00000001.jsonl") + line)
    #expect {
      try workspace.open()
    } throws: { ($0 as? RunLogError)?.kind == .tooNew }
  }

  @Test func unknownTypesAndFieldsAreKeptAndSkipped() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    _ = try store.append([Entry(.note, ["text": "a", "future": ["x": 1]])])
    try store.logRun("one")
    store.close()
    let last = try #require(try workspace.entries().last)
    var object: JSON.Object = ["v": 1, "seq": JSON(last.seq + 1), "prev": .string(last.hash), "type": "future.kind"]
    object["hash"] = .string(ContentHash(of: try JSON.object(object).canonicalBytes()).hex)
    let line = try JSON.object(object).canonicalBytes() + [10]
    try workspace.write("log/00000001.jsonl", try workspace.bytes("log/00000001.jsonl") + line)
    let reopened = try workspace.open()
    #expect(try reopened.runs().count == 1)
    _ = try reopened.append([.note("after")])
    #expect(try workspace.verify().ok)
    #expect(try workspace.entries().contains { $0.object["future"]?["x"]?.int == 1 })
  }

  @Test func aReadOnlyStoreRefusesToWriteAndStaysAsItWas() throws {
    let workspace = try Workspace()
    let writer = try workspace.open()
    try writer.logRun("one")
    writer.close()
    let before = try workspace.contents()
    let store = try workspace.open { $0.isReadOnly = true }
    for write in [
      { _ = try store.append([.note("x")]) }, { _ = try store.artifacts.put([1]) }, { try store.recover() },
    ] {
      #expect {
        try write()
      } throws: { ($0 as? RunLogError)?.kind == .readOnly }
    }
    #expect(try store.runs().count == 1)
    store.close()
    #expect(try workspace.contents() == before)
  }

  @Test func aNumberWithoutCanonicalFormIsRefusedAndTheLogGoesOn() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    #expect {
      try store.start(
        RunStart(method: "a.b", plugin: Workspace.plugin, params: ["n": 9_007_199_254_740_993]))
    } throws: { ($0 as? RunLogError)?.kind == .value }
    _ = try store.append([.note("a")])
    #expect(try workspace.verify().ok)
  }

  @Test func timesAndIdentifiersHaveTheirForms() throws {
    #expect(WallClock(nanoseconds: 1_767_323_045_006_999_999).text == "2026-01-02T03:04:05.006Z")
    #expect(WallClock(nanoseconds: 0).text == "1970-01-01T00:00:00.000Z")
    // RFC 9562, appendix A.6.
    #expect(
      UUIDv7.text(milliseconds: 0x017F_22E2_79B0, random: (0xCC3, 0x18C4_DC0C_0C07_398F))
        == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    #expect(Set((0..<1000).map { _ in UUIDv7.next() }).count == 1000)
  }

  @Test func base64FollowsTheTestVectorsOfItsRFC() {
    // RFC 4648, section 10.
    for (plain, text) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ] {
      #expect(Base64.encode(Array(plain.utf8)) == text)
      #expect(Base64.decode(text.utf8) == Array(plain.utf8))
    }
    #expect(Base64.decode("Zg=".utf8) == nil)
    #expect(Base64.decode("Zm9v!".utf8) == nil)
  }
}
