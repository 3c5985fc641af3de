import JSON
import JSONRPC

/// All that was seen of a plugin. It is gathered once; each check reads it.
struct Evidence: Sendable {
  /// A method's schema file and what became of it.
  struct SchemaFile: Sendable {
    let method: String
    /// As messages name it.
    let path: String
    let document: JSON
    let descriptor: Result<MethodDescriptor, Fault>
  }

  /// How the program's start went.
  struct Start: Sendable {
    let seconds: Double
    /// What the manifest allows.
    let allowed: Double
    let fault: Fault?
  }

  /// A run of an example in an empty workspace.
  struct ExampleRun: Sendable {
    let method: MethodDescriptor
    let number: Int
    let example: MethodExample
    /// It was given up.
    var isTooSlow = false
    var seconds = 0.0
    var outcome: Result<JSON, Fault>
    /// The shares in the order in which they were told.
    var progress: [Double] = []
    var events: [PluginConnection.Event] = []
    /// What is wrong with the files that the value names.
    var artifactFaults: [(name: String, fault: String)] = []
    /// The same run in another process, with another number of threads.
    var again: Replay.Outcome?
    /// How the program went that had made it.
    var departure: Departure?

    var place: String { "example \(number + 1)" }
  }

  /// A run that was cancelled half way.
  struct Cancelled: Sendable {
    let method: String
    /// From the cancel to the end of the call.
    let seconds: Double
    let answer: Result<JSON, RPCError>?
    let wasEnded: Bool
  }

  /// Messages that a host in order would not send, and the end of a host.
  struct Link: Sendable {
    enum Answer: Sendable {
      case value(JSON)
      case error(RPCError)
      case silence(seconds: Double)
      /// The program ended, and how.
      case gone(String)
    }

    var unknownMethod: Answer
    var unknownCall: Answer
    /// Of `bytes` bytes, and a call after it.
    var large: (bytes: Int, answer: Answer, afterwards: Answer)
    /// Runs without the params that a method needs.
    var bare: [(method: String, answer: Answer)]
    /// After its standard input was closed.
    var orphaned: Departure
  }

  /// How a program went when it was told to.
  struct Departure: Sendable {
    var seconds: Double
    /// `nil` when it did not go.
    var ending: ChildProcess.Ending?
    /// Whether it answered `plugin/shutdown`; `nil` when that was not sent.
    var isAcknowledged: Bool?
    /// Processes that it started and left behind.
    var left: [Int]
  }

  var name: String
  var version: String
  var folder: String?
  /// Why the manifest cannot be used; `nil` for a built-in plugin too.
  var manifestFault: Fault?
  var schemas: [SchemaFile] = []
  /// `nil` for a built-in plugin and one whose manifest cannot be used; the same of `link`.
  var start: Start?
  /// In order; `nil` when the plugin could not be started.
  var examples: [ExampleRun]?
  var cancelled: [Cancelled] = []
  var link: Link?

  /// The methods whose schemas are usable.
  var descriptors: [MethodDescriptor] { schemas.compactMap { try? $0.descriptor.get() } }

  func file(of method: String) -> String? { schemas.first { $0.method == method }?.path }
}
