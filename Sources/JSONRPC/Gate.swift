import Dispatch
import JSON
import Synchronization

/// Holds back what follows a large message while that is being parsed, so that messages keep their order.
/// Guarded by `state`.
final class Gate: Sendable {
  struct Item: Sendable {
    enum Content: Sendable {
      case value(JSON)
      case body([UInt8], Range<Int>)
    }

    let content: Content
    /// About how much memory it takes.
    let bytes: Int
    let order: Int
  }

  private struct State {
    var isClosed = false
    var waiting: [Item?] = []
    var first = 0
    var bytes = 0
    var readers: [DispatchSemaphore] = []
  }

  private let state = Mutex(State())

  /// True while a large message is being parsed.
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Closes the gate for a large message; false when it was closed, and then the message is queued.
  func close(for item: Item) -> Bool {
    state.withLock { state in
      if state.isClosed {
        state.waiting.append(item)
        state.bytes += item.bytes
        return false
      }
      state.isClosed = true
      return true
    }
  }

  /// Queues what the closure gives when the gate is closed; false when it is open, or the closure gave nothing.
  func queue(_ make: () -> Item?) -> Bool {
    state.withLock { state in
      guard state.isClosed, let item = make() else { return false }
      state.waiting.append(item)
      state.bytes += item.bytes
      return true
    }
  }

  /// The next item; without one the gate opens.
  func next() -> Item? {
    let (item, woken) = state.withLock { state -> (Item?, [DispatchSemaphore]) in
      guard state.first < state.waiting.count else {
        state.isClosed = false
        state.waiting = []
        state.first = 0
        state.bytes = 0
        defer { state.readers = [] }
        return (nil, state.readers)
      }
      let item = state.waiting[state.first]
      state.waiting[state.first] = nil
      state.first += 1
      state.bytes -= item?.bytes ?? 0
      if state.first > 1024, state.first > state.waiting.count / 2 {
        state.waiting.removeSubrange(..<state.first)
        state.first = 0
      }
      return (item, [])
    }
    for reader in woken { reader.signal() }
    return item
  }

  /// Called by the reader before it reads on: when more than so many bytes wait it waits until all were handed on.
  func waitForRoom(_ limit: Int) { wait { $0.bytes > limit } }

  func waitUntilOpen() { wait { _ in true } }

  private func wait(_ mustWait: (State) -> Bool) {
    let reader = state.withLock { state -> DispatchSemaphore? in
      guard state.isClosed, mustWait(state) else { return nil }
      let reader = DispatchSemaphore(value: 0)
      state.readers.append(reader)
      return reader
    }
    reader?.wait()
  }
}
