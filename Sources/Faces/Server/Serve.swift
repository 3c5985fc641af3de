import Glibc
import JSON
import JSONRPC
import Kernel
import Synchronization
import Threads

/// `quire serve`: the kernel on standard input and output, until the session ends.
public enum Serve {
  /// Why the process ends, as its exit status (protocol.md, section 5).
  private enum Status {
    static let done: Int32 = 0
    static let streams: Int32 = 4
    static let watchedProcessEnded: Int32 = 6
    static let interrupted: Int32 = 130
    static let terminatedTwice: Int32 = 143
  }

  /// Does not return.
  public static func run(_ kernel: Kernel, framing: Framing?, messageLimit: Int?, roots: [String]) -> Never {
    guard let streams = StandardStreams.take() else { _exit(Status.streams) }
    let watch = Watch(output: streams.output)
    let ending = Ending(kernel)

    var options = Endpoint.Options()
    options.framing = framing
    if let messageLimit { options.limits.message = messageLimit }
    let session = Session(
      kernel, roots: roots, watchProcess: { watch.watch(process: pid_t($0)) }, exit: { ending.end($0, flush: 1000) })
    let endpoint = Endpoint(
      input: streams.input, output: streams.output, options: options,
      onGone: { ending.abandon(Status.streams) },
      runElsewhere: { kernel.pool.run($0) })
    session.attach(endpoint)
    ending.attach(session, endpoint)

    watch.start { event in
      switch event {
      case .terminate: ending.stop(Status.done, again: Status.terminatedTwice)
      case .interrupt: ending.stop(Status.interrupted, again: Status.terminatedTwice)
      case .hangUp, .clientGone: ending.abandon(Status.streams)
      case .watchedProcessEnded: ending.abandon(Status.watchedProcessEnded)
      }
    }
    let couldRead = endpoint.run(session)
    ending.endOfInput(couldRead ? Status.done : Status.streams, session)
  }

  /// Ends the process once, whoever asks first. Guarded by `state`.
  private final class Ending: Sendable {
    private let kernel: Kernel
    private let state = Mutex<(session: Session?, endpoint: Endpoint?, stopping: Bool)>((nil, nil, false))

    init(_ kernel: Kernel) { self.kernel = kernel }

    func attach(_ session: Session, _ endpoint: Endpoint) {
      state.withLock { $0 = (session, endpoint, false) }
    }

    /// Everything accepted has run: what waits is written, then the store is closed.
    func end(_ status: Int32, flush milliseconds: Int) -> Never {
      state.withLock { $0.endpoint }?.flush(milliseconds: milliseconds)
      kernel.close(within: 1)
      _exit(status)
    }

    /// A normal end: no more input, what was accepted runs to its end and is answered.
    func endOfInput(_ status: Int32, _ session: Session) -> Never {
      session.waitForCalls()
      end(status, flush: 60_000)
    }

    /// SIGTERM: cancel, write what can be written in a second, go. A second signal does not wait.
    func stop(_ status: Int32, again: Int32) {
      let (session, first) = state.withLock { state in
        defer { state.stopping = true }
        return (state.session, !state.stopping)
      }
      guard first else { _exit(again) }
      PlainThread.start("quire-stop") {
        session?.cancelAll()
        self.kernel.waitUntilIdle(seconds: 2)
        self.end(status, flush: 1000)
      }
    }

    /// Nobody reads any more: cancel everything, roll back, go within two seconds.
    func abandon(_ status: Int32) {
      let (session, first) = state.withLock { state in
        defer { state.stopping = true }
        return (state.session, !state.stopping)
      }
      guard first else { return }
      PlainThread.start("quire-stop") {
        session?.cancelAll()
        self.kernel.waitUntilIdle(seconds: 2)
        self.kernel.close(within: 0)
        _exit(status)
      }
    }
  }
}
