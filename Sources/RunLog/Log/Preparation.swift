import Synchronization

/// Makes the store ready for the first write. `state` guards whether that was done and the session's lock.
final class Preparation: Sendable {
  private struct State {
    var lock: OpenFile?
    var isEnded = false
  }

  private let folder: StoreFolder
  private let log: Log
  private let index: LogIndex
  private let access: LogStore.Access
  private let session: String
  private let state = Mutex(State())

  init(folder: StoreFolder, log: Log, index: LogIndex, access: LogStore.Access, session: String) {
    self.folder = folder
    self.log = log
    self.index = index
    self.access = access
    self.session = session
  }

  /// Makes or repairs the store, removes what dead processes left, and locks the session's file.
  func run() throws {
    try state.withLock { state in
      if state.lock != nil { return }
      if case .readOnly(let error) = access { throw error }
      if state.isEnded { throw RunLogError(.readOnly, "the store was closed") }
      state.lock = try log.exclusively { _ in
        _ = try Session.living(folder, cleaning: true)
        try ArtifactStore.removeDeadStagings(folder)
        return try Session.begin(folder, id: session)
      }
      index.beginWriting()
    }
  }

  func end() {
    state.withLock { state in
      state.isEnded = true
      guard state.lock != nil else { return }
      Session.end(folder, id: session)
      try? folder.passed(.sessionEnded)
      state.lock = nil
    }
  }
}
