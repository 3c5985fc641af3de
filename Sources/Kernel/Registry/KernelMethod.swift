import JSON
import Notebook
import PluginKit

/// When a call may run beside others (protocol.md, section 6).
enum Effect: Sendable {
  /// Looks at memory only; answered on the reading thread.
  case inline
  case read
  case write
  case run
}

/// A method of the kernel itself: one slash in its name, a schema in `Schemas/kernel/`.
protocol KernelMethod: Sendable {
  static var name: String { get }
  static var effect: Effect { get }
  associatedtype Parameters: Decodable & Sendable
  associatedtype Output: Encodable
  /// What it reads and writes, for the scheduler.
  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource])
  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> Output
}

extension KernelMethod {
  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([], []) }
}

/// What a method of the kernel gets.
struct KernelCall: Sendable {
  let kernel: Kernel
  let caller: Caller
  let cancellation: Cancellation
  /// The text that a run is of, as it was when the call was accepted.
  var document: NotebookDocument?
}

/// Params that name an open notebook.
protocol NotebookNaming {
  var notebook: String { get }
}

/// A method that runs cells: in order of arrival on each notebook, on the text as it was when the call was accepted,
/// whatever is edited while it waits and runs.
protocol NotebookRunning: KernelMethod where Parameters: NotebookNaming {}

extension NotebookRunning {
  static var effect: Effect { .run }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) {
    ([.notebooks], [.runs(parameters.notebook)])
  }
}

/// Params of methods that take none.
struct NoParameters: Decodable, Sendable {}
