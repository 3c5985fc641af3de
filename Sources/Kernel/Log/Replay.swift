import JSON
import Linear
import PluginKit
import RunLog

/// Runs of the log, run again with the params and inputs that the log names, and held against what they gave.
///
/// The cache is not asked and nothing is kept but a note in the log. A cell's text plays no part.
struct Replay {
  /// What became of one run.
  struct Outcome: Sendable {
    let run: RunRecord
    /// By name, in the order of the log; empty when it could not be run.
    var outputs: [(name: String, verdict: Verdict)] = []
    /// Why it could not be run again.
    var obstacle: String?

    var isSame: Bool {
      obstacle == nil && outputs.allSatisfy { [.bitEqual, .withinTolerance, .notCompared].contains($0.verdict.kind) }
    }
    var isBitEqual: Bool { obstacle == nil && outputs.allSatisfy { $0.verdict.kind == .bitEqual } }
  }

  let kernel: Kernel
  let caller: Caller
  let cancellation: Cancellation

  /// - Throws: when cancelled; what a run meets itself is part of its outcome.
  func replay(_ record: RunRecord) throws -> Outcome {
    var outcome = Outcome(run: record)
    do {
      let plan = try plan(record)
      let log = try kernel.workspace.log()
      let scratch = try ScratchArtifacts()
      let context = kernel.runContext(plan, cancellation, scratch: scratch.artifacts)
      let value = try kernel.invoke(plan, context)
      try cancellation.check()
      let stored = try scratch.artifacts.put(try value.canonicalBytes())
      let comparison = OutputComparison(
        was: log.artifacts, now: scratch.artifacts, hasOneLibrary: record.numeric == plan.start.numeric)
      for logged in record.outputs where logged.determinism != nil {
        let hash = logged.name == "value" ? stored.hash : artifact(in: value, logged.name)
        var verdict = hash.map { comparison.verdict(logged, $0) } ?? missing(logged)
        // A value that differs by the names of its artifacts alone says nothing that they do not say.
        if logged.name == "value", verdict.kind == .withinTolerance, verdict.maxRelative == nil { verdict = .equal }
        verdict.reason = verdict.reason ?? reason(verdict, logged, record, plan.start)
        outcome.outputs.append((logged.name, verdict))
      }
    } catch let obstacle as Obstacle {
      outcome.obstacle = obstacle.reason
    } catch {
      let fault = Fault(any: error)
      if fault.code == Fault.cancelled.code { throw fault }
      outcome.obstacle = "it failed: \(fault.message)"
    }
    return outcome
  }

  private func artifact(in value: JSON, _ name: String) -> ContentHash? {
    JSON.Pointer("/" + name).flatMap { value[$0]?["$artifact"]?.string }.flatMap(ContentHash.init(reference:))
  }

  private func missing(_ logged: LoggedOutput) -> Verdict {
    Verdict(
      kind: .differs, place: Verdict.Place(path: "", was: .string(logged.hash.reference), now: .null),
      reason: "the run gave no such output")
  }

  /// Why the bytes are not the same.
  private func reason(
    _ verdict: Verdict, _ logged: LoggedOutput, _ record: RunRecord, _ now: RunStart
  ) -> String? {
    guard verdict.kind == .differs || verdict.kind == .withinTolerance else { return nil }
    if logged.determinism == "exact" { return "a defect: this method gives the same bytes everywhere" }
    let parts = libraryDifferences(record.numeric, now.numeric)
    if !parts.isEmpty { return "num differs: \(parts.joined(separator: ", "))" }
    return logged.determinism == "bitwise" ? "a defect: the numeric library is the same and the bytes are not" : nil
  }

  private func libraryDifferences(_ was: RunLog.NumericLibrary?, _ now: RunLog.NumericLibrary?) -> [String] {
    guard let was, let now else { return [] }
    return [
      ("library", was.library, now.library), ("version", was.version, now.version), ("core", was.core, now.core),
      ("threads", "\(was.threads)", "\(now.threads)"),
    ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1)≠\($0.2)" }
  }

  // MARK: - The call that the log names

  /// What keeps a run from being run again.
  private struct Obstacle: Error {
    let reason: String
  }

  private func plan(_ record: RunRecord) throws -> Kernel.Plan {
    guard record.state == .ok || record.state == .cached else {
      throw Obstacle(reason: "the run ended without a result")
    }
    guard let entry = kernel.registry.entry(record.method),
      case .plugin(let type, let plugin) = entry.implementation
    else {
      throw Obstacle(
        reason: record.plugin.map { "plugin \($0.id) \($0.version) is not installed" }
          ?? "there is no method \(record.method) here")
    }
    if let used = record.plugin, used.id != plugin.name || used.version != plugin.version {
      throw Obstacle(
        reason: "plugin \(used.id) \(used.version) is not installed, but \(plugin.name) \(plugin.version)")
    }
    let descriptor = try kernel.registry.descriptor(entry)
    guard !descriptor.writesStore else { throw Obstacle(reason: "it changes the paper store") }
    // A program of its own gets the numbers of the first run: 3, not 3.0.
    var given = record.params.wholeNumbersAsIntegers
    for input in record.inputs { try restore(input, in: &given) }
    if descriptor.usesSeed, let seed = record.seed { given["seed"] = JSON(seed) }
    let root = kernel.workspace.root
    var caller = Caller(roots: [root])
    caller.progress = self.caller.progress
    let call = try PluginCall(
      method: type, plugin: plugin, descriptor: descriptor, given: given, caller: caller, base: root)
    let plan = try kernel.plan(call)
    for input in plan.start.inputs {
      guard let logged = record.inputs.first(where: { $0.name == input.name }), logged.hash != input.hash else {
        continue
      }
      throw Obstacle(
        reason: input.name == "store" && input.file == "store"
          ? "the paper store has changed since" : "file \(logged.file ?? logged.name) changed or missing")
    }
    return plan
  }

  /// Puts an input back where it stood in the params.
  private func restore(_ input: LoggedInput, in params: inout JSON) throws {
    if input.name == "store", input.file == "store" { return }
    let part = input.array.map { "#" + $0 } ?? ""
    let value: JSON
    if let file = input.file {
      let path = Path.absolute(file, in: kernel.workspace.root)
      guard Path.resolved(path) != nil else { throw Obstacle(reason: "file \(file) changed or missing") }
      value = ["$file": .string(file + part)]
    } else {
      guard try kernel.workspace.log().artifacts.size(of: input.hash) != nil else {
        throw Obstacle(reason: "the artifact \(input.hash.hex.prefix(12))… is no longer there")
      }
      value = ["$artifact": .string(input.hash.reference)]
    }
    guard let pointer = JSON.Pointer("/" + input.name) else { return }
    params = params.inserting(value, at: pointer.tokens[...])
  }
}

extension JSON {
  /// The value with one inside it set; members that are missing on the way are made.
  fileprivate func inserting(_ value: JSON, at tokens: ArraySlice<String>) -> JSON {
    guard let token = tokens.first else { return value }
    switch self {
    case .array(var elements):
      guard let index = Int(token), elements.indices.contains(index) else { return self }
      elements[index] = elements[index].inserting(value, at: tokens.dropFirst())
      return .array(elements)
    case .object(var object):
      object[token] = (object[token] ?? [:]).inserting(value, at: tokens.dropFirst())
      return .object(object)
    default: return JSON.object([:]).inserting(value, at: tokens)
    }
  }
}
