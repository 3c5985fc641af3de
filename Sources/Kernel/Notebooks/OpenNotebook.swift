import JSON
import Notebook
import PluginKit
import RunLog
import Synchronization

/// A notebook that a client looks at: its text as it was last given, the states of its cells, and the results that
/// were seen. Each lock guards one of them and none is held while another is taken, `states` excepted, which may take
/// `results`.
final class OpenNotebook: Sendable {
  struct Text: Sendable {
    var document: NotebookDocument
    var version = 1
    /// The file as it was when it was last read or saved; `nil` when there was none.
    var onDisk: ContentHash?
  }

  /// A result that the log has.
  struct Result: Sendable {
    var run: String
    /// The hash of the value; what reads the cell stays fresh as long as it is the same.
    var digest: String
    var origin: ResultOrigin
    /// `nil` as long as only the index was asked.
    var outputs: [LoggedOutput]?
  }

  struct ResultName: Sendable, Hashable {
    var cell: String
    var key: String
  }

  struct Results: Sendable {
    var byKey: [ResultName: Result] = [:]
    /// Values by digest.
    var values: [String: JSON] = [:]
    /// The artifacts that a value names, by the value's digest, as the index has them.
    var artifacts: [String: OutputDigests] = [:]
  }

  /// A cell whose method runs now.
  struct Running: Sendable {
    var plan: Kernel.Plan
    /// The key is that of params which were set for the run, not of the text.
    var isOverridden: Bool
    var cancellation: Cancellation
  }

  /// What a look at the notebook saw, so that the next one asks only for what may differ.
  struct Look: Sendable {
    var logEnd: LogEnd?
    var latest: [String: RunSummary] = [:]
    var lastRuns: [String: RunSummary] = [:]
  }

  /// Counts the notebooks that this process opened, from 1.
  let number: Int
  /// Absolute.
  let path: String
  /// The name under which its runs are logged: the path from the workspace's folder.
  let name: String
  let text: Mutex<Text>
  let states = Mutex(Staleness())
  let results = Mutex(Results())
  let look = Mutex<Look?>(nil)
  /// The cells as the last answer showed them.
  let shown = Mutex<[NotebookView.CellView]>([])
  /// Bodies in which nothing is wrong.
  let checked = Mutex(CheckedBodies())
  private let running = Mutex<[String: Running]>([:])
  private let events = Mutex(0)

  init(number: Int, path: String, name: String, _ text: Text) {
    (self.number, self.path, self.name) = (number, path, name)
    self.text = Mutex(text)
  }

  /// As clients name it.
  var id: String { "n\(number)" }
  var document: NotebookDocument { text.withLock { $0.document } }
  var version: Int { text.withLock { $0.version } }
  var folder: String { Path.folder(of: path) }

  /// Tells of an event under the next number, before any later one, so that a client can see a gap.
  func tell(_ event: (_ number: Int) -> Void) {
    events.withLock { number in
      number += 1
      event(number)
    }
  }
}

extension OpenNotebook {
  /// From now on the cell is shown as running.
  func begin(_ cell: Cell, _ plan: Kernel.Plan, _ cancellation: Cancellation) {
    let entry = Running(plan: plan, isOverridden: cell.isOverridden, cancellation: cancellation)
    running.withLock { $0[cell.id] = entry }
    _ = states.withLock { $0.setActivity(.running, of: cell.id) }
  }

  func end(_ cell: Cell) {
    running.withLock { $0[cell.id] = nil }
    _ = states.withLock { $0.setActivity(nil, of: cell.id) }
  }

  /// Runs of cells that have another key now. One whose key is not known is none of them, since its inputs may yet
  /// come back as they were; nor is one whose cell is gone: it was asked for on the text that had it.
  func outdated(_ keys: [String: String?]) -> [Running] {
    running.withLock { running in
      if running.isEmpty { return [] }
      return running.filter { cell, run in
        guard !run.isOverridden else { return false }
        guard let now = keys[cell] else { return false }
        return now.map { $0 != run.plan.key.hex } ?? false
      }.map(\.value)
    }
  }
}

/// The notebooks that are open in this process. Guarded by `state`.
final class OpenNotebooks: Sendable {
  private let state = Mutex<(next: Int, all: [OpenNotebook])>((1, []))

  /// The notebook of that file, opened now or before; its text is the one given.
  ///
  /// - Parameter onDisk: what the file holds; `nil` when there is none.
  func open(path: String, name: String, _ bytes: [UInt8], onDisk: ContentHash?) -> OpenNotebook {
    state.withLock { state in
      if let known = state.all.first(where: { $0.path == path }) {
        known.text.withLock { text in
          text.onDisk = onDisk
          guard text.document.bytes != bytes else { return }
          text.document = NotebookDocument(bytes, reusing: text.document)
          text.version += 1
        }
        return known
      }
      let text = OpenNotebook.Text(document: NotebookDocument(bytes), onDisk: onDisk)
      let notebook = OpenNotebook(number: state.next, path: path, name: name, text)
      state.next += 1
      state.all.append(notebook)
      return notebook
    }
  }

  func find(_ id: String) throws(Fault) -> OpenNotebook {
    guard let found = state.withLock({ $0.all.first { $0.id == id } }) else {
      throw Fault(
        1001, "store.notFound", "no open notebook '\(id.cut(toBytes: 60))'", path: "/notebook",
        hint: "open it with notebook/open")
    }
    return found
  }

  /// In the order in which they were opened.
  var all: [OpenNotebook] { state.withLock { $0.all } }

  func close(_ id: String) throws(Fault) {
    _ = try find(id)
    state.withLock { $0.all.removeAll { $0.id == id } }
  }
}
