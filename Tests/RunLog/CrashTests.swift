import Foundation
import JSON
import TestSupport
import Testing

@testable import RunLog

/// What a kill at each point between two writes leaves behind. A snapshot of the folder is what the next process
/// finds, since a kill takes nothing back that a system call has done.
struct CrashTests {
  /// What the store had answered when a snapshot was taken.
  private struct Acknowledged: Sendable {
    var notes: [String] = []
    var runs: [String] = []
    var artifacts: [ContentHash] = []
  }

  private struct Snapshot: Sendable {
    let step: Step
    let folder: URL
    let acknowledged: Acknowledged
  }

  private static func small(_ options: inout LogStore.Options) { options.segmentLimit = 2500 }

  /// Everything that writes, each acknowledged when it has returned.
  private func work(_ store: LogStore, _ done: Shared<Acknowledged>) throws {
    _ = try store.append([.note("first")])
    done.change { $0.notes.append("first") }
    for text in ["one", "two", "one"] {
      let key = ContentHash(of: Array(text.utf8))
      let stored = try store.artifacts.put(Array(text.utf8))
      done.change { $0.artifacts.append(stored.hash) }
      let run = try store.logRun(text, key: key)
      done.change { $0.runs.append(run) }
      _ = store.cachedResult(for: key)
    }
    let hit = UUIDv7.next()
    let value = LoggedOutput(
      name: "value", hash: ContentHash(of: Array("two".utf8)), bytes: 3, media: "application/json")
    try store.hit(
      RunStart(run: hit, method: "probe.logistic", plugin: Workspace.plugin, params: [:]),
      RunFinish(run: hit, state: .cached, outputs: [value], elapsedMilliseconds: 0.1, cachedFrom: "x"))
    done.change { $0.runs.append(hit) }
    try store.removeArtifacts(reason: "test") { [ContentHash(of: Array("one".utf8))] }
    done.change { $0.artifacts.removeAll { $0 == ContentHash(of: Array("one".utf8)) } }
    _ = try store.append([.note("last")])
    done.change { $0.notes.append("last") }
  }

  private func snapshots(_ workspace: Workspace, _ target: TemporaryFolder) throws -> [Snapshot] {
    let taken = Shared<[Snapshot]>([])
    let done = Shared(Acknowledged())
    let quire = workspace.quire
    let store = try workspace.open { options in
      CrashTests.small(&options)
      options.onStep = { step in
        let folder = target.file("\(taken.value.count)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: quire, to: folder.appendingPathComponent(".quire"))
        taken.change { $0.append(Snapshot(step: step, folder: folder, acknowledged: done.value)) }
      }
    }
    try work(store, done)
    store.close()
    return taken.value
  }

  private func expectRecovered(_ folder: URL, _ acknowledged: Acknowledged, _ name: String) throws {
    let store = try LogStore.open(workspace: folder.path, Workspace.options(CrashTests.small))
    _ = try store.append([.note("after the kill")])
    #expect(try store.folder.names(in: "artifacts/tmp").isEmpty, "\(name)")
    for hash in acknowledged.artifacts { #expect(throws: Never.self, "\(name)") { try store.artifacts.verify(hash) } }
    for run in acknowledged.runs { #expect(try store.run(run).finish != nil, "\(name)") }
    var notes: [String] = []
    try store.forEachEntry {
      if $0.kind == .note { notes.append($0.object["text"]?.string ?? "") }
      return true
    }
    #expect(notes.filter { $0 != "after the kill" }.starts(with: acknowledged.notes), "\(name)")
    #expect(notes.last == "after the kill", "\(name)")
    store.close()
    let found = try LogStore.verify(workspace: folder.path)
    #expect(found.errors.isEmpty, "\(name): \(found.json.text)")
    #expect(found.warnings.allSatisfy { $0.code == .orphanArtifact }, "\(name): \(found.json.text)")
  }

  @Test func aKillBetweenAnyTwoWritesLosesNothingThatWasAnswered() throws {
    let workspace = try Workspace()
    let target = try TemporaryFolder()
    let snapshots = try snapshots(workspace, target)
    #expect(snapshots.count > 80)
    // Every step of the ordinary order is among them; tails are torn in the tests of recovery.
    let passed = Set(snapshots.map(\.step))
    #expect(Set(Step.allCases).subtracting(passed) == [.tornCopied, .tornCut])
    for (index, snapshot) in snapshots.enumerated() {
      try expectRecovered(snapshot.folder, snapshot.acknowledged, "\(index) \(snapshot.step)")
    }
  }

  @Test func aWriteThatWasTornAnywhereLosesNothingThatWasAnswered() throws {
    let workspace = try Workspace()
    let target = try TemporaryFolder()
    let snapshots = try snapshots(workspace, target)
    var checked = 0
    for (index, snapshot) in snapshots.enumerated() where snapshot.step == .entryWritten {
      let log = snapshot.folder.appendingPathComponent(".quire/log")
      let segments = try FileManager.default.contentsOfDirectory(atPath: log.path).filter { $0.hasSuffix(".jsonl") }
      let last = try #require(segments.max())
      let whole = try Data(contentsOf: log.appendingPathComponent(last))
      let before =
        index > 0
        ? try? Data(contentsOf: snapshots[index - 1].folder.appendingPathComponent(".quire/log/\(last)")) : nil
      let start = before?.count ?? 0
      #expect(whole.count > start)
      for size in stride(from: start, to: whole.count, by: 97) {
        let copy = target.file("torn")
        try? FileManager.default.removeItem(at: copy)
        try FileManager.default.copyItem(at: snapshot.folder, to: copy)
        try whole.prefix(size).write(to: copy.appendingPathComponent(".quire/log/\(last)"))
        try expectRecovered(copy, snapshot.acknowledged, "\(index) cut at \(size - start)")
        checked += 1
      }
    }
    #expect(checked > 50)
  }

  @Test func aKillDuringRecoveryIsRecoveredFrom() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try store.logRun("one")
    store.close()
    try workspace.write("log/00000001.jsonl", try workspace.bytes("log/00000001.jsonl") + Array("{\"torn".utf8))
    let target = try TemporaryFolder()
    let steps = Shared<[Step]>([])
    let quire = workspace.quire
    let recovering = try workspace.open { options in
      options.onStep = { step in
        let folder = target.file("\(steps.value.count)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: quire, to: folder.appendingPathComponent(".quire"))
        steps.change { $0.append(step) }
      }
    }
    _ = try recovering.append([.note("x")])
    #expect(Set(steps.value).isSuperset(of: [.tornCopied, .tornCut]))
    for index in steps.value.indices {
      try expectRecovered(target.file("\(index)"), Acknowledged(), "\(index) \(steps.value[index])")
    }
  }

  @Test func aFaultAtAnyStepFailsOnlyWhatMetIt() throws {
    var step = 0
    var faults = 0
    while true {
      let workspace = try Workspace()
      let count = Shared(0)
      let failing = step
      let store = try workspace.open { options in
        CrashTests.small(&options)
        options.onStep = { _ in
          let number = count.change { value in
            value += 1
            return value - 1
          }
          if number == failing { throw RunLogError.system("write", "it", ENOSPC) }
        }
      }
      var acknowledged = Acknowledged()
      for number in 0..<6 {
        let text = "run \(number % 2)"
        if let run = try? store.logRun(text) {
          acknowledged.runs.append(run)
          acknowledged.artifacts.append(ContentHash(of: Array(text.utf8)))
        } else {
          faults += 1
        }
      }
      #expect(acknowledged.runs.count >= 5)
      store.close()
      if count.value <= failing { break }
      try expectRecovered(workspace.folder.url, acknowledged, "fault at step \(step)")
      step += 1
    }
    #expect(step > 60)
    #expect(faults > step / 3)
  }
}
