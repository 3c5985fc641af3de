import Glibc
import Synchronization

/// An artifact that is being written in pieces; its hash is computed on the way.
///
///     let staging = try store.artifacts.stage()
///     try staging.write(piece)
///     let stored = try staging.commit()
///
/// One that is never committed leaves nothing behind. `state` guards the buffer, the hash and the count.
public final class ArtifactStaging: Sendable {
  private let store: ArtifactStore
  private let file: OpenFile
  private let relative: String
  private let state: Mutex<State>

  private struct State {
    var hasher = ContentHasher()
    var bytes = 0
    var buffer: [UInt8] = []
    var isOpen = true
  }

  /// Pieces below this size are collected before they are written.
  private static let bufferSize = 1 << 18

  init(store: ArtifactStore, file: OpenFile, relative: String) {
    self.store = store
    self.file = file
    self.relative = relative
    state = Mutex(State())
  }

  deinit { discard() }

  /// Appends bytes. Throws `store.io`, after which the staging is gone.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try whileOpen { state in
      state.hasher.update(bytes)
      state.bytes += bytes.count
      if state.buffer.count + bytes.count < ArtifactStaging.bufferSize {
        state.buffer.append(contentsOf: bytes)
      } else {
        try flush(&state)
        try file.write(bytes)
      }
    }
  }

  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Makes the artifact durable under its name: fsync, rename, fsync of the folder. When the store holds
  /// the content already, what was written is dropped.
  public func commit() throws -> StoredArtifact {
    try whileOpen { state in
      try flush(&state)
      try store.folder.passed(.artifactWritten)
      let stored = StoredArtifact(hash: state.hasher.finish(), bytes: state.bytes)
      state.isOpen = false
      if try store.keepExisting(stored) {
        store.folder.remove(relative)
        return stored
      }
      guard fchmod(file.descriptor, 0o444) == 0 else {
        throw RunLogError.system("set the mode of", store.folder.name(relative))
      }
      try file.sync()
      try store.folder.passed(.artifactSynced)
      try store.adopt(relative, as: stored)
      return stored
    }
  }

  /// Drops what was written.
  public func discard() {
    state.withLock { state in
      if state.isOpen { store.folder.remove(relative) }
      state.isOpen = false
    }
  }

  private func flush(_ state: inout State) throws {
    try file.write(state.buffer)
    state.buffer.removeAll(keepingCapacity: true)
  }

  private func whileOpen<T: Sendable>(_ body: (inout State) throws -> T) throws -> T {
    try state.withLock { state in
      guard state.isOpen else {
        throw RunLogError(.io, "the artifact in \(store.folder.name(relative)) was already committed or dropped")
      }
      do {
        return try body(&state)
      } catch {
        // After a rename this name is gone and the unlink does nothing.
        state.isOpen = false
        store.folder.remove(relative)
        throw error
      }
    }
  }
}
