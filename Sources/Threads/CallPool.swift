import Dispatch
import Synchronization

/// Plain threads that run closures in order of arrival; one is started whenever all are busy, up to a limit.
///
/// Calls block here (on files, on the store, on each other's results), so the limit is far above the cores.
/// Guarded by `state`.
public final class CallPool: Sendable {
  private struct State {
    var waiting: [@Sendable () -> Void] = []
    var first = 0
    var threads = 0
    var idle = 0
  }

  private let name: String
  private let nice: Int32
  private let limit: Int
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)

  public init(_ name: String, limit: Int, nice: Int32 = 0) {
    self.name = name
    self.limit = limit
    self.nice = nice
  }

  public func run(_ body: @escaping @Sendable () -> Void) {
    let mustStart = state.withLock { state in
      state.waiting.append(body)
      let queued = state.waiting.count - state.first
      guard queued > state.idle, state.threads < limit else { return false }
      state.threads += 1
      state.idle += 1
      return true
    }
    if mustStart, !PlainThread.start(name, nice: nice, { self.loop() }) {
      state.withLock { state in
        state.threads -= 1
        state.idle -= 1
      }
    }
    work.signal()
  }

  private func loop() {
    while true {
      work.wait()
      let body = state.withLock { state -> (@Sendable () -> Void)? in
        guard state.first < state.waiting.count else { return nil }
        let body = state.waiting[state.first]
        state.first += 1
        if state.first == state.waiting.count {
          state.waiting.removeAll(keepingCapacity: true)
          state.first = 0
        }
        state.idle -= 1
        return body
      }
      guard let body else { continue }
      body()
      state.withLock { $0.idle += 1 }
    }
  }
}
