import Foundation
import JSON
import Synchronization
import TestSupport

@testable import RunLog

/// A workspace of its own for one test.
struct Workspace {
  let folder: TemporaryFolder
  var path: String { folder.path }
  var quire: URL { folder.file(".quire") }

  init() throws { folder = try TemporaryFolder() }

  static let plugin = PluginIdentity(id: "probe", version: "1.0.0", build: "abc")

  static func options(_ change: (inout LogStore.Options) -> Void = { _ in }) -> LogStore.Options {
    var options = LogStore.Options()
    options.by = "quire 0.1.0"
    options.environment = ["quire": "0.1.0", "os": "linux"]
    change(&options)
    return options
  }

  func open(_ change: (inout LogStore.Options) -> Void = { _ in }) throws -> LogStore {
    try LogStore.open(workspace: path, Workspace.options(change))
  }

  func url(_ relative: String) -> URL { quire.appendingPathComponent(relative) }

  func bytes(_ relative: String) throws -> [UInt8] { Array(try Data(contentsOf: url(relative))) }

  func write(_ relative: String, _ bytes: [UInt8]) throws {
    let file = url(relative)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  func remove(_ relative: String) throws { try FileManager.default.removeItem(at: url(relative)) }

  func exists(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: url(relative).path) }

  /// Every file below `.quire` with its content, but for those of SQLite's own bookkeeping.
  func contents() throws -> [String: Data] {
    var contents: [String: Data] = [:]
    guard let files = FileManager.default.enumerator(atPath: quire.path) else { return [:] }
    while let file = files.nextObject() as? String {
      if let data = FileManager.default.contents(atPath: url(file).path) { contents[file] = data }
    }
    return contents
  }

  func verify(quick: Bool = false, checkpoint: Checkpoint? = nil) throws -> Verification {
    try LogStore.verify(workspace: path, checkpoint: checkpoint, quick: quick)
  }

  /// All entries of the log, chain checked.
  func entries() throws -> [LoggedEntry] {
    var entries: [LoggedEntry] = []
    try open().forEachEntry {
      entries.append($0)
      return true
    }
    return entries
  }
}

extension LogStore {
  /// Logs one successful run whose output is `text`, and returns its identifier.
  @discardableResult
  func logRun(
    _ text: String, method: String = "probe.logistic", key: ContentHash? = nil, notebook: String? = nil,
    cell: String? = nil
  ) throws -> String {
    let run = UUIDv7.next()
    let stored = try artifacts.put(Array(text.utf8))
    let notebookText = notebook.map {
      RunStart.NotebookText(name: $0, hash: ContentHash(of: Array($0.utf8)), bytes: $0.utf8.count)
    }
    try start(
      RunStart(
        run: run, method: method, plugin: Workspace.plugin, params: ["C": 0.5], seed: 7, key: key, cell: cell,
        notebook: notebookText))
    let output = LoggedOutput(
      name: "value", hash: stored.hash, bytes: stored.bytes, media: "application/json", determinism: "bitwise")
    try finish(RunFinish(run: run, state: .ok, outputs: [output], elapsedMilliseconds: 12.5))
    return run
  }
}

/// Something to throw where a system call should fail.
struct Fault: Error {}

/// A value that several threads change.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>
  init(_ value: Value) { mutex = Mutex(value) }
  var value: Value { mutex.withLock { $0 } }
  func change<T: Sendable>(_ body: (inout Value) throws -> T) rethrows -> T {
    try mutex.withLock { value in try body(&value) }
  }
}

/// Runs a body on several threads of its own at once and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    let thread = Thread {
      body(index)
      group.leave()
    }
    thread.stackSize = 1 << 21
    thread.start()
  }
  group.wait()
}
