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
    /// Bytes that wait, those that are being written included.
    var queuedBytes = 0
    var writing = false
    var hasThread = false
    var gone = false
    /// Bytes that the peer has taken.
    var written = 0
    /// Readers that wait for room, and callers that wait for the end of the queue.
    var waiters: [Waiter] = []

    var isIdle: Bool { first == items.count && !writing }

    mutating func append(_ item: Item) {
      if first > 1024, first > items.count / 2 {
        items.removeSubrange(..<first)
        first = 0
      }
      items.append(item)
      queuedBytes += item.bytes.count
    }
  }

  private struct Waiter {
    /// The most bytes that may still wait when it goes on.
    let limit: Int
    let semaphore = DispatchSemaphore(value: 0)
  }

  private let descriptor: Int32
  /// Above this the reader is to pause until half is drained.
  private let limit: Int
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)
  private let onGone: @Sendable () -> Void

  init(_ descriptor: Int32, limit: Int, onGone: @escaping @Sendable () -> Void) {
    self.descriptor = descriptor
    self.limit = limit
    self.onGone = onGone
  }

  /// Sends the pieces as one message.
  func send(_ bytes: [UInt8], then rest: [UInt8] = [], topic: String? = nil) {
    let outcome = state.withLock { state -> (wake: Bool, start: Bool, gone: Bool) in
      if state.gone { return (false, false, false) }
      var bytes = bytes
      if state.isIdle, rest.isEmpty, bytes.count <= Int(PIPE_BUF), hasRoom {
        // POLLOUT on a pipe promises PIPE_BUF bytes, on a file any number; a socket may take fewer.
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count == bytes.count {
          state.written += count
          return (false, false, false)
        }
        if count < 0, errno != EAGAIN, errno != EINTR {
          state.gone = true
          return (false, false, true)
        }
        if count > 0 {
          // The rest of a message that has begun belongs to no topic: nothing may take its place.
          state.append(Item(bytes: Array(bytes.dropFirst(count)), topic: nil))
          bytes = []
        }
      }
      if let topic, !bytes.isEmpty, let index = state.items[state.first...].lastIndex(where: { $0.topic == topic }) {
        state.queuedBytes += bytes.count - state.items[index].bytes.count
        state.items[index].bytes = bytes
        return (false, false, false)
      }
      if !bytes.isEmpty { state.append(Item(bytes: bytes, topic: topic)) }
      if !rest.isEmpty { state.append(Item(bytes: rest)) }
      let start = !state.hasThread
      state.hasThread = true
      return (true, start, false)
    }
    if outcome.gone { onGone() }
    if outcome.start { PlainThread.start("quire-writer") { self.drain() } }
    if outcome.wake { work.signal() }
  }

  /// Called by the reader before it reads on: waits while too much is unread by the peer, until half is drained.
  func waitForRoom() {
    let waiter = state.withLock { state -> Waiter? in
      guard state.queuedBytes > limit, !state.gone else { return nil }
      let waiter = Waiter(limit: limit / 2)
      state.waiters.append(waiter)
      return waiter
    }
    waiter?.semaphore.wait()
  }

  /// Waits until all that was sent has been written, as long as the peer takes at least a byte in so many
  /// milliseconds. False when it did not.
  func flush(stall milliseconds: Int) -> Bool {
    while true {
      let (waiter, before) = state.withLock { state -> (Waiter?, Int) in
        guard !state.isIdle, !state.gone else { return (nil, 0) }
        let waiter = Waiter(limit: 0)
        state.waiters.append(waiter)
        return (waiter, state.written)
      }
      guard let waiter else { return true }
      if waiter.semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success { return true }
      let isStuck = state.withLock { state in
        state.waiters.removeAll { $0.semaphore === waiter.semaphore }
        return state.written == before
      }
      if isStuck { return false }
    }
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
      if batch.isEmpty { continue }
      let isWritten = writeAll(batch)
      let woken = state.withLock { state -> [Waiter] in
        state.writing = false
        state.queuedBytes -= batch.count
        if !isWritten {
          state.gone = true
          state.items = []
          state.first = 0
        }
        let (isGone, isIdle, queuedBytes) = (state.gone, state.isIdle, state.queuedBytes)
        let goesOn = { (waiter: Waiter) in
          isGone || (waiter.limit > 0 ? queuedBytes <= waiter.limit : isIdle)
        }
        defer { state.waiters.removeAll(where: goesOn) }
        return state.waiters.filter(goesOn)
      }
      for waiter in woken { waiter.semaphore.signal() }
      if !isWritten {
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
        let next = state.items[state.first].bytes
        if !batch.isEmpty, batch.count + next.count > 256 << 10 { break }
        state.items[state.first].bytes = []
        state.first += 1
        if batch.isEmpty { batch = next } else { batch.append(contentsOf: next) }
      }
      if state.first == state.items.count {
        state.items.removeAll(keepingCapacity: state.items.capacity <= 1 << 16)
        state.first = 0
      } else {
        // What is left over is the work of another turn.
        work.signal()
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
        if count >= 0 {
          done += count
          state.withLock { $0.written += count }
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
