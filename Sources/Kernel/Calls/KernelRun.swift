import Glibc
import JSON
import Linear
import PluginKit
import RunLog

/// The way of one call of a plugin's method through the house: inputs become hashes, the cache is asked, the method
/// runs, the log remembers, and only then is there an answer.
extension Kernel {
  func run(_ call: PluginCall, _ cancellation: Cancellation) throws -> CallResult {
    let plan = try plan(call, cancellation)
    guard call.descriptor.isLogged || call.origin != nil else { return try look(plan, cancellation) }
    return try run(plan, cancellation)
  }

  /// Runs what was planned, and enters it in the log.
  func run(_ plan: Plan, _ cancellation: Cancellation) throws -> CallResult {
    let (call, began) = (plan.call, plan.began)
    let log = try workspace.log()
    if call.cache == .on, call.isCacheable, let hit = try remembered(plan) { return hit }
    try log.start(plan.start)
    let context = runContext(plan, cancellation)
    do {
      let value = try invoke(plan, context)
      try cancellation.check()
      var finish = RunFinish(run: plan.start.run, state: .ok, elapsedMilliseconds: 0)
      let (ordered, digest, outputs) = try store(value, context.gathered, plan)
      finish.outputs = outputs
      finish.elapsedMilliseconds = monotonicMilliseconds() - began
      try log.finish(finish)
      return CallResult(
        value: ordered, run: plan.start.run, key: plan.key, digest: digest, outputs: outputs, cached: false,
        displays: context.gathered.displays, warnings: context.gathered.warnings,
        milliseconds: finish.elapsedMilliseconds)
    } catch {
      let fault = Fault(any: error)
      let finish = RunFinish(
        plan.start.run, fault, milliseconds: monotonicMilliseconds() - began, LogWording(root: workspace.root))
      // What failed is told even when it cannot be written down.
      _ = try? log.finish(finish)
      throw fault
    }
  }

  /// All that is known of a run before it starts.
  struct Plan {
    var call: PluginCall
    let inputs: [ResolvedInput]
    let key: ContentHash
    let start: RunStart
    /// On the monotonic clock, in milliseconds.
    let began: Double
  }

  /// Opens and hashes the inputs and computes the key; nothing is written.
  func plan(_ call: PluginCall, _ cancellation: Cancellation = Cancellation()) throws -> Plan {
    let began = monotonicMilliseconds()
    let (params, inputs) = try ResolvedInput.resolve(call, in: workspace, cancellation)
    var logged = inputs.map(\.logged)
    let store = call.descriptor.readsPapers ? try workspace.papersHash() : nil
    if let store {
      logged.append(LoggedInput(name: "store", hash: store, bytes: 0, media: "application/vnd.sqlite3", file: "store"))
    }
    let key = try key(of: call, params, inputs.map { ($0.name, $0.hash, $0.part) }, store: store)
    let start = RunStart(
      method: call.descriptor.name, plugin: call.identity, params: params, inputs: logged, seed: call.seed,
      key: call.cache != .off ? key : nil,
      threads: 1, numeric: Self.numericLibrary(for: call), cell: call.origin?.cell, notebook: call.origin?.notebook)
    return Plan(call: call, inputs: inputs, key: key, start: start, began: began)
  }

  /// The key of a call, for a look: files are hashed, but artifacts only looked for.
  func key(of call: PluginCall, _ cancellation: Cancellation = Cancellation()) throws -> ContentHash {
    let (params, inputs) = try ResolvedInput.identify(call, in: workspace, cancellation)
    let store = call.descriptor.readsPapers ? try workspace.papersHash() : nil
    return try key(of: call, params, inputs, store: store)
  }

  private func key(
    of call: PluginCall, _ params: JSON, _ inputs: [ResolvedInput.Identity], store: ContentHash?
  ) throws -> ContentHash {
    var identities = inputs.map { (name: $0.name, identity: CacheKey.identity($0.hash, part: $0.part)) }
    if let store { identities.append((name: "store", identity: store.hex)) }
    return try CacheKey(
      method: call.descriptor.name, plugin: call.identity, params: params, inputs: identities, seed: call.seed,
      numeric: Self.numericLibrary(for: call)
    ).hash()
  }

  private static func numericLibrary(for call: PluginCall) -> RunLog.NumericLibrary? {
    call.descriptor.determinism == .exact ? nil : numericLibrary
  }

  /// The result of an earlier run of the same key, entered in the log as such.
  private func remembered(_ plan: Plan) throws -> CallResult? {
    let log = try workspace.log()
    guard let hit = log.cachedResult(for: plan.key).result else { return nil }
    guard let stored = try storedResult(hit.outputs, plan.call.descriptor) else { return nil }
    let elapsed = monotonicMilliseconds() - plan.began
    try log.hit(
      plan.start,
      RunFinish(
        run: plan.start.run, state: .cached, outputs: hit.outputs, elapsedMilliseconds: elapsed, cachedFrom: hit.run))
    return CallResult(
      value: stored.value, run: plan.start.run, key: plan.key, digest: stored.digest, outputs: hit.outputs,
      cached: true, displays: stored.displays, warnings: stored.warnings, milliseconds: elapsed)
  }

  /// The value, displays and warnings of a run by its outputs; `nil` when an artifact is missing or damaged.
  func storedResult(
    _ outputs: [LoggedOutput], _ descriptor: MethodDescriptor
  ) throws -> (value: JSON, digest: ContentHash, displays: [JSON], warnings: [JSON])? {
    var value: (json: JSON, digest: ContentHash)?
    var displays: [JSON] = []
    var warnings: [JSON] = []
    for output in outputs {
      let isDisplay = output.name.hasPrefix("display/")
      guard output.name == "value" || output.name == "warnings" || isDisplay else { continue }
      guard let bytes = try? workspace.log().artifacts.bytes(of: output.hash),
        let json = try? JSON.parse(bytes, .largeIntegers)
      else { return nil }
      switch output.name {
      case "value": value = (json, output.hash)
      case "warnings": warnings = json.array ?? []
      default: displays.append(json)
      }
    }
    guard let value else { return nil }
    return (descriptor.ordered(value.json.wholeNumbersAsIntegers), value.digest, displays, warnings)
  }

  /// - Parameter scratch: where the artifacts of a run go that is not to be kept.
  func runContext(_ plan: Plan, _ cancellation: Cancellation, scratch: ArtifactStore? = nil) -> RunContext {
    RunContext(
      plan.call, run: plan.start.run, inputs: plan.inputs, workspace: workspace, scratch: scratch,
      workers: Workers(jobs: settings.jobs, pool: workerPool, checkCancellation: { try cancellation.check() }),
      memoryBudget: settings.memoryBudget, cancellation: cancellation)
  }

  /// The method's value; the inputs are the same at its end as at its start.
  func invoke(_ plan: Plan, _ context: RunContext) throws -> JSON {
    let call = plan.call
    let value = try call.method.run(call, id: plan.start.run, context, in: workspace)
    let log = try workspace.log()
    for input in plan.inputs { try input.checkUnchanged(log) }
    // What comes from another program is never taken on trust.
    if settings.validatesResults || !call.plugin.isBuiltIn,
      let violation = call.descriptor.result.validate(value, limit: 1).first
    {
      throw Fault(
        1103, "plugin.result",
        "\(call.descriptor.name) broke its result schema at \(violation.pointer): expected \(violation.expected)")
    }
    return value
  }

  /// Makes the value, the displays and the warnings artifacts; the value comes back as a later run would read it.
  private func store(
    _ value: JSON, _ gathered: RunContext.Gathered, _ plan: Plan
  ) throws -> (value: JSON, digest: ContentHash, outputs: [LoggedOutput]) {
    let log = try workspace.log()
    let descriptor = plan.call.descriptor
    var outputs: [LoggedOutput] = []
    func put(_ name: String, _ json: JSON, classed: Bool) throws -> [UInt8] {
      let bytes: [UInt8]
      do {
        bytes = try json.canonicalBytes()
      } catch JSON.CanonicalError.notFinite(let pointer) {
        throw Fault(
          1204, "math.nonFinite", "the result holds a number that is not finite at \(pointer)",
          hint: "look for rows that are all zero or columns that are constant")
      }
      let stored = try log.artifacts.put(bytes)
      let output = LoggedOutput(name: name, hash: stored.hash, bytes: stored.bytes, media: "application/json")
      outputs.append(classed ? output.promising(descriptor.determinism) : output)
      return bytes
    }
    let bytes = try put("value", value, classed: true)
    for (pointer, object) in try SpecialObject.all(in: value) {
      guard case .artifact(let hex) = object, let hash = ContentHash(hex: hex) else { continue }
      let created = gathered.created[hex]
      let size = created?.bytes ?? log.artifacts.size(of: hash) ?? 0
      let media = created?.media.description ?? log.artifact(hash)?.media ?? "application/octet-stream"
      let output = LoggedOutput(name: pointer.name, hash: hash, bytes: size, media: media)
      outputs.append(output.promising(descriptor.determinism))
    }
    for (index, display) in gathered.displays.enumerated() { _ = try put("display/\(index)", display, classed: false) }
    if !gathered.warnings.isEmpty { _ = try put("warnings", .array(gathered.warnings), classed: false) }
    let again = try JSON.parse(bytes, .largeIntegers).wholeNumbersAsIntegers
    return (descriptor.ordered(again), ContentHash(of: bytes), outputs)
  }

  /// A look-up: nothing is logged and nothing is kept.
  private func look(_ plan: Plan, _ cancellation: Cancellation) throws -> CallResult {
    let call = plan.call
    let context = runContext(plan, cancellation)
    let value = try invoke(plan, context)
    let bytes = try value.canonicalBytes()
    let again = try JSON.parse(bytes, .largeIntegers).wholeNumbersAsIntegers
    return CallResult(
      value: call.descriptor.ordered(again), run: nil, key: nil, digest: ContentHash(of: bytes), outputs: [],
      cached: false, displays: context.gathered.displays, warnings: context.gathered.warnings,
      milliseconds: monotonicMilliseconds() - plan.began)
  }

  /// What computes, as it was read back from the library, with one thread.
  static var numericLibrary: RunLog.NumericLibrary {
    let library = Linear.NumericLibrary.prepare()
    return RunLog.NumericLibrary(
      library: library.name.lowercased(), version: library.version, core: library.core, threads: 1)
  }
}

/// The monotonic clock.
func monotonicMilliseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
}

extension LoggedOutput {
  /// The output with the class that its method declares, and the tolerances where it declares some.
  fileprivate func promising(_ determinism: MethodDescriptor.Determinism) -> LoggedOutput {
    var output = self
    output.determinism = determinism.name
    if case .tolerance(let relative, let absolute) = determinism {
      (output.relativeTolerance, output.absoluteTolerance) = (relative, absolute)
    }
    return output
  }
}

extension Fault {
  /// As JSON-RPC carries it, for the log and for cells.
  var json: JSON { ["code": JSON(code), "message": .string(message), "data": .object(data)] }
}
