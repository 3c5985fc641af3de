import Glibc
import JSON
import JSONRPC
import Kernel
import Logging
import Server

/// `quire mcp`: the kernel as a server of the Model Context Protocol on standard input and output.
public enum ServeModelContext {
  public struct Options: Sendable {
    public var tools = ToolChoice.core
    /// Nothing may change papers, notebooks or files.
    public var isReadOnly = false
    public var pictures = PictureForm.link
    /// Files may be read below these folders.
    public var roots: [String]

    public init(roots: [String]) { self.roots = roots }
  }

  /// Does not return.
  ///
  /// - Parameter streams: taken before anything else ran.
  public static func run(_ kernel: Kernel, _ streams: StandardStreams?, _ log: Log, _ options: Options) -> Never {
    // The statuses are those of protocol.md, section 5.
    guard let streams else { _exit(4) }
    let watch = Watch(output: streams.output)
    let ending = Ending(kernel, log)
    var endpointOptions = Endpoint.Options()
    endpointOptions.framing = .lines
    endpointOptions.acceptsBatches = false
    let session = ModelContextSession(kernel, log.logger("session"), options)
    let endpoint = Endpoint(
      input: streams.input, output: streams.output, options: endpointOptions,
      onGone: { ending.abandon("the client no longer reads", 4) })
    session.attach(endpoint)
    ending.attach(session, endpoint)
    watch.start { event in
      switch event {
      case .terminate: ending.signal(SIGTERM)
      case .interrupt: ending.signal(SIGINT)
      case .hangUp: ending.abandon("the terminal hung up", 4)
      case .clientGone: ending.abandon("the client is gone", 4)
      case .watchedProcessEnded: break
      }
    }
    let couldRead = endpoint.run(session)
    ending.inputClosed(couldRead ? 0 : 4)
  }
}
