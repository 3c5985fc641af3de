import Dispatch
import Glibc
import Synchronization
import Threads

/// What goes out on one descriptor, in order and never mixed.
///
/// A small message is written by the caller itself when nothing waits and the descriptor has room; all else is
/// queued for a writer thread, which starts when it is first needed. Producers never block. Guarded by `state`.
final class OutputQueue: Sendable {
  private struct Item {
    var bytes: [UInt8]
    /// A later item of the same topic replaces this one while it waits (progress).
    var topic: String?
  }

  private struct State {
    var items: [Item] = []
    var first = 0
    var queuedBytes = 0
    var writing = false
    var hasThread = false
    var gone = false
    var paused = 0
    var flushWaiters = 0

    var isIdle: Bool { first == items.count && !writing }
  }

  private let descriptor: Int32
  /// Above this the reader is to pause until half is drained.
  private let limit: Int
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)
  private let drained = DispatchSemaphore(value: 0)
  private let flushed = DispatchSemaphore(value: 0)
  private let onGone: @Sendable () -> Void

  init(_ descriptor: Int32, limit: Int, onGone: @escaping @Sendable () -> Void) {
    self.descriptor = descriptor
    self.limit = limit
    self.onGone = onGone
  }

  func send(_ bytes: [UInt8], topic: String? = nil) {
    let outcome = state.withLock { state -> (wake: Bool, start: Bool, gone: Bool) in
      if state.gone { return (false, false, false) }
      var rest = bytes
      if state.isIdle, bytes.count <= Int(PIPE_BUF), hasRoom {
        // POLLOUT on a pipe promises PIPE_BUF bytes, on a file any number; a socket may take fewer.
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count == bytes.count { return (false, false, false) }
        if count < 0, errno != EAGAIN, errno != EINTR {
          state.gone = true
          return (false, false, true)
        }
        rest = Array(bytes.dropFirst(max(0, count)))
      }
      if let topic, let index = state.items[state.first...].firstIndex(where: { $0.topic == topic }) {
        state.queuedBytes += rest.count - state.items[index].bytes.count
        state.items[index].bytes = rest
        return (false, false, false)
      }
      state.items.append(Item(bytes: rest, topic: topic))
      state.queuedBytes += rest.count
      let start = !state.hasThread
      state.hasThread = true
      return (true, start, false)
    }
    if outcome.gone { onGone() }
    if outcome.start { PlainThread.start("quire-writer") { self.drain() } }
    if outcome.wake { work.signal() }
  }

  /// Forgets a waiting item of the topic: what it told is overtaken.
  func drop(topic: String) {
    state.withLock { state in
      for index in state.items.indices[state.first...] where state.items[index].topic == topic {
        state.queuedBytes -= state.items[index].bytes.count
        state.items[index].bytes = []
      }
    }
  }

  /// Called by the reader before it reads on: waits while too much is unread by the peer.
  func waitForRoom() {
    let mustWait = state.withLock { state in
      guard state.queuedBytes > limit, !state.gone else { return false }
      state.paused += 1
      return true
    }
    if mustWait { drained.wait() }
  }

  /// Waits until all that was sent has been written, at most so long. False when it was not.
  func flush(milliseconds: Int) -> Bool {
    let mustWait = state.withLock { state in
      guard !state.isIdle, !state.gone else { return false }
      state.flushWaiters += 1
      return true
    }
    return !mustWait || flushed.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }

  private var hasRoom: Bool {
    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&poller, 1, 0) == 1 && poller.revents & Int16(POLLOUT) != 0
  }

  // MARK: - The writer thread

  private func drain() {
    while true {
      work.wait()
      let batch = takeBatch()
      let written = batch.isEmpty || writeAll(batch)
      let (pauses, flushes, gone) = state.withLock { state -> (Int, Int, Bool) in
        state.writing = false
        if !written { state.gone = true }
        var wakes = (0, 0)
        if state.gone || state.queuedBytes <= limit / 2 {
          wakes.0 = state.paused
          state.paused = 0
        }
        if state.gone || state.isIdle {
          wakes.1 = state.flushWaiters
          state.flushWaiters = 0
        }
        return (wakes.0, wakes.1, !written)
      }
      for _ in 0..<pauses { drained.signal() }
      for _ in 0..<flushes { flushed.signal() }
      if gone {
        onGone()
        return
      }
    }
  }

  /// The waiting items, several small ones in one piece.
  private func takeBatch() -> [UInt8] {
    state.withLock { state in
      var batch: [UInt8] = []
      while state.first < state.items.count, batch.isEmpty || batch.count < 64 << 10 {
        let item = state.items[state.first]
        state.items[state.first].bytes = []
        state.first += 1
        state.queuedBytes -= item.bytes.count
        if batch.isEmpty { batch = item.bytes } else { batch.append(contentsOf: item.bytes) }
      }
      if state.first == state.items.count {
        state.items.removeAll(keepingCapacity: true)
        state.first = 0
      }
      state.writing = !batch.isEmpty
      return batch
    }
  }

  private func writeAll(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
        if count > 0 {
          done += count
        } else if errno == EAGAIN {
          var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&poller, 1, 1000)
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }
}
