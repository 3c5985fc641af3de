import Glibc
import JSONRPC
import Kernel
import Logging
import Synchronization
import Threads

/// Ends the process once, whoever asks first. Guarded by `state`.
///
/// Everything that was answered is durable, so each way out has a time after which the process goes without closing.
package final class Ending: Sendable {
  private struct State {
    var session: (any LiveSession)?
    var endpoint: Endpoint?
    var isEnding = false
    var signals = 0
    var hasCancelled = false
  }

  private let kernel: Kernel
  private let log: Log
  private let logger: Logger
  private let state = Mutex(State())

  package init(_ kernel: Kernel, _ log: Log) {
    self.kernel = kernel
    self.log = log
    logger = log.logger("session")
  }

  package func attach(_ session: any LiveSession, _ endpoint: Endpoint) {
    state.withLock { state in
      state.session = session
      state.endpoint = endpoint
    }
  }

  /// No more input: what was accepted runs to its end and is answered, as long as the client goes on reading.
  func endOfInput(_ status: Int32) -> Never {
    // Whoever began to end before goes on with it.
    let session = state.withLock { $0.isEnding ? nil : $0.session }
    if let session {
      session.waitForCalls(seconds: nil)
      if begin() != nil { end(status, stall: 60_000) }
    }
    while true { pause() }
  }

  /// The client closed the input and waits for the process to go: what is done within a second is answered.
  package func inputClosed(_ status: Int32) -> Never {
    if let (session, _) = begin() {
      giveUp(after: 1.9, status)
      session?.waitForCalls(seconds: 1)
      session?.cancelAll(because: .serverStops)
      end(status, stall: 500)
    }
    while true { pause() }
  }

  /// The notification `exit`.
  func exit(afterShutdown: Bool) {
    guard let (session, endpoint) = begin() else { return }
    endpoint?.stop()
    if afterShutdown {
      // What shutdown has to answer is answered first.
      session?.waitForCalls(seconds: 3)
    } else {
      session?.cancelAll(because: .serverStops)
      kernel.waitUntilIdle(seconds: 2)
      session?.abandonAll()
    }
    end(afterShutdown ? 0 : 1, stall: 1000)
  }

  /// SIGTERM or SIGINT: cancel, write what can be written in a second, go. A second one does not wait.
  ///
  /// - Parameter cancelsFirst: at a terminal the first SIGINT only cancels what runs.
  package func signal(_ number: Int32, cancelsFirst: Bool = false) {
    let (count, session) = state.withLock { state -> (Int, (any LiveSession)?) in
      if cancelsFirst, !state.hasCancelled, !state.isEnding {
        state.hasCancelled = true
        return (0, state.session)
      }
      state.signals += 1
      return (state.signals, state.session)
    }
    if count == 0 {
      session?.cancelAll(because: .client)
      return
    }
    let name = number == SIGTERM ? "SIGTERM" : "SIGINT"
    guard count == 1 else { _exit(128 + number) }
    guard let (session, endpoint) = begin() else { return }
    logger.info("ending after \(name)")
    endpoint?.stop()
    PlainThread.start("quire-stop") {
      self.giveUp(after: 6, number == SIGTERM ? 0 : 130)
      session?.cancelAll(because: .serverStops)
      session?.waitForCalls(seconds: 1)
      self.kernel.waitUntilIdle(seconds: 2)
      session?.abandonAll()
      self.end(number == SIGTERM ? 0 : 130, stall: 1000)
    }
  }

  /// Nobody reads any more: cancel everything, roll back, go within two seconds.
  package func abandon(_ why: String, _ status: Int32) {
    guard let (session, endpoint) = begin() else { return }
    logger.warning("ending: \(why)")
    endpoint?.stop()
    PlainThread.start("quire-stop") {
      self.giveUp(after: 1.9, status)
      session?.cancelAll(because: .serverStops)
      self.kernel.waitUntilIdle(seconds: 1)
      self.end(status, stall: 0)
    }
  }

  /// The session and the endpoint for the first who asks, nothing for all others.
  private func begin() -> (session: (any LiveSession)?, endpoint: Endpoint?)? {
    state.withLock { state in
      if state.isEnding { return nil }
      state.isEnding = true
      return (state.session, state.endpoint)
    }
  }

  private func end(_ status: Int32, stall milliseconds: Int) -> Never {
    if milliseconds > 0, state.withLock({ $0.endpoint })?.flush(stall: milliseconds) == false {
      logger.warning("answers are lost: the client does not read them")
    }
    // A call that was answered without being finished may hold the store.
    giveUp(after: 2, status)
    kernel.close(within: milliseconds > 0 ? 1 : 0)
    log.flush(milliseconds: 100)
    _exit(status)
  }

  private func giveUp(after seconds: Double, _ status: Int32) {
    PlainThread.start("quire-stop") {
      usleep(useconds_t(seconds * 1e6))
      _exit(status)
    }
  }
}
