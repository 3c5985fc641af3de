import Dispatch
import JSON
import JSONRPC
import PluginKit
import Synchronization

/// Starts a plugin's program and sends what a host in order would not.
struct LinkProbe {
  private let manifest: PluginManifest
  private let patience: Conformance.Patience
  private let largeMessage: Int
  private let log: @Sendable (String) -> Void

  init(_ manifest: PluginManifest, _ checks: Conformance) {
    (self.manifest, patience, largeMessage, log) = (manifest, checks.patience, checks.largeMessage, checks.log)
  }

  func gather(_ descriptors: [MethodDescriptor]) -> (Evidence.Start, Evidence.Link?) {
    let allowed = manifest.limits.startSeconds
    var patient = manifest
    // One that is only slow is told apart from one that never answers.
    patient.limits.startSeconds = allowed + max(2, allowed)
    let began = monotonicMilliseconds()
    func start(_ fault: Fault?) -> Evidence.Start {
      Evidence.Start(seconds: (monotonicMilliseconds() - began) / 1000, allowed: allowed, fault: fault)
    }
    do throws(Fault) {
      let connection = try connect(patient)
      let started = start(nil)
      guard started.seconds <= allowed else {
        connection.end(Self.over)
        return (started, nil)
      }
      return (started, try link(connection, descriptors))
    } catch {
      return (start(error), nil)
    }
  }

  private static let over = Fault(1102, "plugin.crashed", "the check is over")

  private func connect(_ manifest: PluginManifest) throws(Fault) -> PluginConnection {
    try PluginConnection(manifest, .init(jobs: 1, log: log))
  }

  private func link(
    _ first: PluginConnection, _ descriptors: [MethodDescriptor]
  ) throws(Fault) -> Evidence.Link {
    var connection = first
    defer { connection.end(Self.over) }
    // What ended the program is a finding of its own and shall not spoil the next question.
    func living() throws(Fault) -> PluginConnection {
      if !connection.isOpen { connection = try connect(manifest) }
      return connection
    }
    func ask(_ method: String, _ params: JSON) throws(Fault) -> Evidence.Link.Answer {
      let answer = try living().ask(method, params, within: patience.answer)
      if case .gone = answer { connection.end(Self.over) }
      return answer
    }
    let unknown = Self.run("\(manifest.name).no_such_method", [:])
    let unknownMethod = try ask("plugin/run", unknown)
    let unknownCall = try ask("plugin/no_such_call", [:])
    let bytes = min(largeMessage, max(1, manifest.limits.memoryMiB / 8) << 20)
    let padding: JSON = ["padding": .string(String(repeating: "x", count: bytes))]
    let large = try ask("plugin/run", Self.run("\(manifest.name).no_such_method", padding))
    let afterwards = try ask("plugin/run", unknown)
    var bare: [(method: String, answer: Evidence.Link.Answer)] = []
    for descriptor in descriptors where !descriptor.params.isValid([:]) {
      bare.append((descriptor.name, try ask("plugin/run", Self.run(descriptor.name, [:]))))
    }
    return Evidence.Link(
      unknownMethod: unknownMethod, unknownCall: unknownCall, large: (bytes, large, afterwards), bare: bare,
      orphaned: try living().orphan(within: patience.end))
  }

  private static func run(_ method: String, _ params: JSON) -> JSON {
    ["run": "run-of-the-check", "method": .string(method), "params": params, "seed": nil, "inputs": [:]]
  }
}

/// An answer that one thread waits for; guarded by its lock.
final class OneAnswer: Sendable {
  private let answer = Mutex<Result<JSON, RPCError>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  func give(_ result: Result<JSON, RPCError>) {
    answer.withLock { $0 = result }
    done.signal()
  }

  /// `nil` when none came in time.
  func wait(_ seconds: Double) -> Result<JSON, RPCError>? {
    _ = done.wait(timeout: .now() + seconds)
    return answer.withLock { $0 }
  }
}
