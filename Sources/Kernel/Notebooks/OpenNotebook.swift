import JSON
import Notebook
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

  /// A result as it was read from the log.
  struct Result: Sendable {
    var run: String
    /// The hash of the value; what reads the cell stays fresh as long as it is the same.
    var digest: String
    var origin: ResultOrigin
  }

  struct Results: Sendable {
    /// By cell and key.
    var byKey: [String: Result] = [:]
    /// Values by digest.
    var values: [String: JSON] = [:]
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

  /// The number of the next event, so that a client can see a gap.
  func nextEvent() -> Int {
    events.withLock { number in
      number += 1
      return number
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
