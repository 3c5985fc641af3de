import JSON
import Notebook
import RunLog
import Synchronization

/// What the staleness of a notebook is computed from: the keys of its cells, the results that the log has for them,
/// and how their last runs ended. It reads; it runs and writes nothing.
struct CellResults: ResultSource {
  let kernel: Kernel
  let notebook: OpenNotebook
  let document: NotebookDocument
  let caller: Caller
  let findings: CellCheck.Findings
  /// The first fault of each cell against its method's schema.
  let faults: [String: Diagnostic]
  private let log: LogStore
  private let logEnd: LogEnd?
  private let latest: [String: RunSummary]
  private let lastRuns: [String: RunSummary]
  /// The notebook as runs of its cells are logged.
  private let text: RunStart.NotebookText
  private let seen = StatusTable()

  private let cancellation: Cancellation

  /// - Parameter cancellation: ends the hashing of files; the keys that it keeps from being known are `nil`.
  init(
    _ kernel: Kernel, _ notebook: OpenNotebook, _ document: NotebookDocument, _ caller: Caller,
    _ cancellation: Cancellation = Cancellation()
  ) throws {
    self.kernel = kernel
    self.notebook = notebook
    self.document = document
    self.caller = caller
    self.cancellation = cancellation
    findings = CellCheck(kernel: kernel, document: document).findings(known: notebook.checked)
    faults = findings.first
    log = try kernel.workspace.log()
    text = RunStart.NotebookText(
      name: notebook.name, hash: ContentHash(of: document.bytes), bytes: document.bytes.count)
    logEnd = log.end
    let look = notebook.look.withLock { $0 }
    if let look, look.logEnd == logEnd {
      (latest, lastRuns) = (look.latest, look.lastRuns)
    } else {
      latest = log.latestResults(notebook: notebook.name)
      lastRuns = log.latestRuns(notebook: notebook.name)
    }
  }

  // MARK: - What the states are computed from

  func key(of cell: Cell, inputs: [CellInput]) -> String? {
    guard faults[cell.id] == nil else { return nil }
    return try? kernel.key(of: call(of: cell, inputs, byIndex: true), cancellation).hex
  }

  func result(of cell: Cell, key: String) -> CellResult? {
    found(cell, key).map { CellResult(digest: $0.digest, origin: $0.origin) }
  }

  func history(of cell: Cell) -> CellHistory {
    var history = CellHistory(resultKey: latest[cell.id]?.key ?? latest[cell.id]?.run)
    if let last = lastRuns[cell.id], last.state == .failed || last.state == .cancelled {
      history.unfinishedKey = last.key
      history.outcome = last.state == .failed ? .failed : .cancelled
    }
    return history
  }

  /// Whether the cell's last run was for this key and gave no result.
  func endedBadly(_ cell: Cell, key: String) -> Bool {
    let history = history(of: cell)
    return history.outcome != nil && history.unfinishedKey == key
  }

  /// The newest result for a key, by the index alone; its artifacts are there, but were not read.
  private func found(_ cell: Cell, _ key: String) -> OpenNotebook.Result? {
    let name = OpenNotebook.ResultName(cell: cell.id, key: key)
    if let known = notebook.results.withLock({ $0.byKey[name] }) { return known }
    guard let hash = ContentHash(hex: key),
      let descriptor = cell.method.flatMap({ try? kernel.registry.descriptor(of: $0) })
    else { return nil }
    let run: RunSummary?
    if descriptor.isCacheable {
      guard cell.attributes.cache != .off else { return nil }
      run = latest[cell.id].flatMap { $0.key == key ? $0 : nil } ?? log.resultSummary(for: hash)
    } else {
      // Not for another run to take, but what the last run of this very cell gave.
      run = log.lastRun(for: hash).flatMap { $0.state == .ok ? $0 : nil }
    }
    guard let run, let outputs = run.outputs, log.hasArtifacts(of: run) else { return nil }
    let digest = outputs.value
    let isOwn = run.cell == cell.id && run.notebook == notebook.name && run.state == .ok
    let result = OpenNotebook.Result(run: run.run, digest: digest, origin: isOwn ? .run : .cache, outputs: nil)
    notebook.results.withLock { results in
      results.byKey[name] = result
      results.artifacts[digest] = outputs
    }
    return result
  }

  /// The result for a key, to be built upon: it stands in the log, each artifact is there, and the smaller ones were
  /// hashed in this session.
  func usableResult(of cell: Cell, key: String) -> OpenNotebook.Result? {
    guard var result = found(cell, key) else { return nil }
    let name = OpenNotebook.ResultName(cell: cell.id, key: key)
    do {
      let outputs = try result.outputs ?? loggedOutputs(of: result, key: key)
      for output in outputs {
        try log.artifacts.verifyOnce(output.hash, bytes: output.bytes, limit: LogStore.rehashLimit)
      }
      if result.outputs == nil {
        result.outputs = outputs
        notebook.results.withLock { [result] in $0.byKey[name] = result }
      }
      return result
    } catch {
      notebook.results.withLock { results in
        results.byKey[name] = nil
        results.values[result.digest] = nil
      }
      return nil
    }
  }

  /// Throws where the log does not say what the index does.
  private func loggedOutputs(of result: OpenNotebook.Result, key: String) throws -> [LoggedOutput] {
    let record = try log.run(result.run)
    guard record.key?.hex == key, record.state == .ok || record.state == .cached,
      record.outputs.contains(where: { $0.name == "value" && $0.hash.hex == result.digest })
    else { throw Fault(1007, "store.io", "the index of the log does not fit the log") }
    return record.outputs
  }

  /// Notes a result, so that it is found without the log.
  func remember(_ cell: Cell, _ key: String, _ result: CallResult) {
    guard let run = result.run else { return }
    notebook.results.withLock { results in
      results.byKey[OpenNotebook.ResultName(cell: cell.id, key: key)] = OpenNotebook.Result(
        run: run, digest: result.digest.hex, origin: result.cached ? .cache : .run, outputs: result.outputs)
      results.values[result.digest.hex] = result.value
    }
  }

  /// The value of a result of a cell; `nil` when its artifact is missing or damaged.
  func value(_ digest: String, of cell: Cell) -> JSON? {
    if let known = notebook.results.withLock({ $0.values[digest] }) { return known }
    guard let hash = ContentHash(hex: digest), let bytes = try? log.artifacts.bytes(of: hash),
      let json = try? JSON.parse(bytes, .largeIntegers),
      let descriptor = cell.method.flatMap({ try? kernel.registry.descriptor(of: $0) })
    else { return nil }
    let value = descriptor.ordered(json.wholeNumbersAsIntegers)
    notebook.results.withLock { $0.values[digest] = value }
    return value
  }

  // MARK: - Looking

  /// Brings the states up to date; `changed` as in `Staleness.update`, `nil` for whatever may have changed outside
  /// since the last look: files, the store, the log.
  @discardableResult
  func update(changed: Set<String>?) -> [Staleness.Change] {
    let before = notebook.look.withLock { $0 }
    let (changes, statuses) = notebook.states.withLock { states in
      let asked = changed ?? before.map { mayDiffer(since: $0, states) }
      let changes = states.update(document, changed: asked, from: self)
      return (changes, states.statuses.map(\.status))
    }
    seen.statuses.withLock { $0 = statuses }
    if changed == nil {
      notebook.look.withLock { $0 = OpenNotebook.Look(logEnd: logEnd, latest: latest, lastRuns: lastRuns) }
    }
    cancelOutdated(statuses)
    return changes
  }

  /// Stops what runs on a text that an edit took away. What changed outside of the notebook stops nothing: the run
  /// itself says whether it minds.
  private func cancelOutdated(_ statuses: [CellStatus]) {
    let keys = Dictionary(
      zip(document.cells.map(\.id), statuses.map(\.key)), uniquingKeysWith: { first, _ in first })
    for run in notebook.outdated(keys) where (try? kernel.key(of: run.plan.call)) == run.plan.key {
      run.cancellation.cancel()
    }
  }

  /// The cells whose keys or results may differ although their text does not.
  private func mayDiffer(since look: OpenNotebook.Look, _ states: Staleness) -> Set<String> {
    let isLogLonger = look.logEnd != logEnd
    var asked = Set<String>()
    for number in document.cells.indices {
      let id = document.cells[number].id
      if findings.readsOutside[number]
        || isLogLonger
          && (latest[id] != look.latest[id] || lastRuns[id] != look.lastRuns[id]
            || states.status(of: id)?.state != .fresh)
      {
        asked.insert(id)
      }
    }
    return asked
  }

  func status(of cell: Cell) -> CellStatus {
    seen.statuses.withLock { $0.indices.contains(cell.index) ? $0[cell.index] : CellStatus(.new) }
  }

  /// The standing of every cell at the last update, in document order.
  func standings() -> [CellStanding] {
    let faulty = document.cells.filter { faults[$0.id] != nil }.map(\.index)
    let below = faulty.isEmpty ? [] : Set(document.graph.descendants(of: faulty))
    let (known, statuses) = (notebook.results.withLock { $0.byKey }, seen.statuses.withLock { $0 })
    return document.cells.map { cell in
      if let fault = faults[cell.id] {
        return CellStanding(state: .invalid, run: latest[cell.id]?.run, reason: fault.message)
      }
      if below.contains(cell.index) {
        return CellStanding(state: .blocked, run: latest[cell.id]?.run, reason: "a cell that it needs is in error")
      }
      let status = statuses.indices.contains(cell.index) ? statuses[cell.index] : CellStatus(.new)
      let name = status.state == .fresh ? status.key.map { OpenNotebook.ResultName(cell: cell.id, key: $0) } : nil
      let run = name.flatMap { known[$0]?.run }
      return CellStanding(state: status.state, run: run ?? latest[cell.id]?.run, reason: status.reason?.words)
    }
  }

  // MARK: - The call that a cell makes

  /// The call of a cell on the results that it reads.
  ///
  /// - Parameter byIndex: artifacts among them are taken from the index of the log, for a look; what is to be run takes
  ///   them from the values themselves.
  func call(of cell: Cell, _ inputs: [CellInput], byIndex: Bool = false) throws -> PluginCall {
    guard let method = cell.method, let entry = kernel.registry.entry(method),
      case .plugin(let type, let plugin) = entry.implementation
    else { throw Fault.methodNotFound(cell.method ?? "", similar: []) }
    let params = try cell.resolvedParams { path, pointer in
      guard let input = inputs.first(where: { $0.cell == path.cell }),
        let producer = document.graph.number(of: path.cell).map({ document.cells[$0] })
      else { throw Fault(1305, "cell.stale", "'\(path.cell)' has no result", path: pointer.description) }
      if byIndex, let artifact = indexed(path, input, producer) { return artifact }
      guard let value = value(input.digest, of: producer)
      else { throw Fault(1305, "cell.stale", "'\(path.cell)' has no result", path: pointer.description) }
      return try select(path, in: value, pointer)
    }
    var caller = caller
    caller.seed = document.seed(of: cell).map { UInt64($0) } ?? caller.seed
    var call = try PluginCall(
      method: type, plugin: plugin, descriptor: try kernel.registry.descriptor(entry), given: params, caller: caller,
      base: notebook.folder)
    call.cache = PluginCall.CachePolicy(rawValue: cell.attributes.cache.rawValue) ?? .on
    call.origin = PluginCall.Origin(cell: cell.id, notebook: text)
    return call
  }

  /// The artifact that a path names as an output, without reading the value in which it stands.
  private func indexed(_ path: ReferencePath, _ input: CellInput, _ producer: Cell) -> JSON? {
    let primary = producer.method.flatMap { try? kernel.registry.descriptor(of: $0).primary }
    guard path.steps.count < 2, let name = path.steps.isEmpty ? primary : path.output,
      let outputs = notebook.results.withLock({ $0.artifacts[input.digest] })
    else { return nil }
    return outputs.artifact(name).map { ["$artifact": .string($0.reference)] }
  }

  private func select(_ path: ReferencePath, in value: JSON, _ pointer: JSON.Pointer) throws -> JSON {
    let primary = document.graph.number(of: path.cell).flatMap { document.cells[$0].method }
      .flatMap { try? kernel.registry.descriptor(of: $0).primary }
    do throws(ReferencePath.Failure) {
      return try path.resolve(in: value, primary: primary)
    } catch {
      throw Fault(
        error.code.kind.number, error.code.kind.rawValue, error.message, path: pointer.description, hint: error.hint,
        details: ["code": .string(error.code.rawValue)])
    }
  }
}

/// The states that one look saw, whatever later ones see.
private final class StatusTable: Sendable {
  let statuses = Mutex<[CellStatus]>([])
}
