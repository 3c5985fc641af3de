import Glibc
import JSON
import JSONRPC
import Kernel
import Logging
import Synchronization
import Threads

/// `quire serve`: the kernel on standard input and output, until the session ends.
public enum Serve {
  public struct Options: Sendable {
    public var framing: Framing?
    /// The largest message that is read, in bytes.
    public var messageLimit = 256 << 20
    /// Requests that may wait for their answers.
    public var pendingLimit = 10_000
    /// Output that the client has not read, in bytes; above it the host does not read on.
    public var unreadLimit = 256 << 20
    /// Files may be read below these folders.
    public var roots: [String]

    public init(roots: [String]) { self.roots = roots }
  }

  /// Why the process ends, as its exit status (protocol.md, section 5).
  private enum Status {
    static let done: Int32 = 0
    static let streams: Int32 = 4
    static let watchedProcessEnded: Int32 = 6
  }

  /// Does not return.
  ///
  /// - Parameter streams: taken before anything else ran.
  public static func run(_ kernel: Kernel, _ streams: StandardStreams?, _ log: Log, _ options: Options) -> Never {
    guard let streams else { _exit(Status.streams) }
    let watch = Watch(output: streams.output)
    let ending = Ending(kernel, log)

    var endpointOptions = Endpoint.Options()
    endpointOptions.framing = options.framing
    endpointOptions.limits.message = options.messageLimit
    endpointOptions.unread = options.unreadLimit
    let session = Session(
      kernel, log.logger("session"), options,
      watchProcess: { watch.watch(process: pid_t(clamping: $0)) },
      exit: { ending.exit(afterShutdown: $0) })
    let endpoint = Endpoint(
      input: streams.input, output: streams.output, options: endpointOptions,
      onGone: { ending.abandon("the client no longer reads", Status.streams) })
    session.attach(endpoint)
    ending.attach(session, endpoint)

    let isTerminal = isatty(streams.input) == 1
    watch.start { event in
      switch event {
      case .terminate: ending.signal(SIGTERM)
      case .interrupt: ending.signal(SIGINT, cancelsFirst: isTerminal)
      case .hangUp: ending.abandon("the terminal hung up", Status.streams)
      case .clientGone: ending.abandon("the client is gone", Status.streams)
      case .watchedProcessEnded: ending.abandon("the watched process ended", Status.watchedProcessEnded)
      }
    }
    let couldRead = endpoint.run(session)
    ending.endOfInput(couldRead ? Status.done : Status.streams)
  }
}
