import JSON
import Notebook
import RunLog

/// What the staleness of a notebook is computed from: the keys of its cells, the results that the log has for them,
/// and how their last runs ended. It reads; it runs and writes nothing.
struct CellResults: ResultSource {
  let kernel: Kernel
  let notebook: OpenNotebook
  let document: NotebookDocument
  let caller: Caller
  /// The first fault of each cell against its method's schema.
  let faults: [String: Diagnostic]
  private let latest: [String: RunSummary]
  private let lastRuns: [String: RunSummary]

  init(_ kernel: Kernel, _ notebook: OpenNotebook, _ document: NotebookDocument, _ caller: Caller) throws {
    self.kernel = kernel
    self.notebook = notebook
    self.document = document
    self.caller = caller
    let check = CellCheck(kernel: kernel, document: document)
    var faults: [String: Diagnostic] = [:]
    for cell in document.cells where cell.isSound {
      if let first = check.check(cell).first { faults[cell.id] = first }
    }
    self.faults = faults
    let log = try kernel.workspace.log()
    latest = log.latestResults(notebook: notebook.name)
    lastRuns = log.latestRuns(notebook: notebook.name)
  }

  // MARK: - What the states are computed from

  func key(of cell: Cell, inputs: [CellInput]) -> String? {
    guard faults[cell.id] == nil else { return nil }
    return try? kernel.plan(call(of: cell, inputs)).key.hex
  }

  func result(of cell: Cell, key: String) -> CellResult? {
    if let known = notebook.results.withLock({ $0.byKey["\(cell.id) \(key)"] }) {
      return CellResult(digest: known.digest, origin: known.origin)
    }
    guard let hash = ContentHash(hex: key), let log = try? kernel.workspace.log(),
      let descriptor = cell.method.flatMap({ try? kernel.registry.descriptor(of: $0) })
    else { return nil }
    let record: RunRecord?
    if descriptor.isCacheable {
      record = cell.attributes.cache == .on ? log.cachedResult(for: hash).result : nil
    } else {
      // Not for another run to take, but what the last run of this very cell gave.
      record = log.lastRun(for: hash).flatMap { $0.state == .ok ? try? log.run($0.run) : nil }
    }
    guard let record, let value = record.outputs.first(where: { $0.name == "value" }),
      let stored = try? kernel.storedResult(record.outputs, descriptor)
    else { return nil }
    let isOwn = record.cell == cell.id && record.notebook == notebook.name
    remember(cell, key, run: record.run, digest: value.hash.hex, isOwn ? .run : .cache, stored.value)
    return CellResult(digest: value.hash.hex, origin: isOwn ? .run : .cache)
  }

  func history(of cell: Cell) -> CellHistory {
    var history = CellHistory(resultKey: latest[cell.id]?.key ?? latest[cell.id]?.run)
    if let last = lastRuns[cell.id], last.state == .failed || last.state == .cancelled {
      history.unfinishedKey = last.key
      history.outcome = last.state == .failed ? .failed : .cancelled
    }
    return history
  }

  /// Notes a result, so that it is found without the log.
  func remember(_ cell: Cell, _ key: String, run: String, digest: String, _ origin: ResultOrigin, _ value: JSON) {
    notebook.results.withLock { results in
      results.byKey["\(cell.id) \(key)"] = OpenNotebook.Result(run: run, digest: digest, origin: origin)
      results.values[digest] = value
    }
  }

  // MARK: - Looking

  /// Brings the states up to date; `changed` as in `Staleness.update`.
  @discardableResult
  func update(changed: Set<String>?) -> [Staleness.Change] {
    notebook.states.withLock { $0.update(document, changed: changed, from: self) }
  }

  func status(of cell: Cell) -> CellStatus {
    notebook.states.withLock { $0.status(of: cell.id) } ?? CellStatus(.new)
  }

  /// The standing of every cell, in document order.
  func standings() -> [CellStanding] {
    let faulty = document.cells.filter { faults[$0.id] != nil }.map(\.index)
    let below = Set(document.graph.descendants(of: faulty))
    return document.cells.map { cell in
      if let fault = faults[cell.id] {
        return CellStanding(state: .invalid, run: latest[cell.id]?.run, reason: fault.message)
      }
      if below.contains(cell.index) {
        return CellStanding(state: .blocked, run: latest[cell.id]?.run, reason: "a cell that it needs is in error")
      }
      let status = status(of: cell)
      let run = status.state == .fresh ? result(cell, status)?.run : nil
      return CellStanding(state: status.state, run: run ?? latest[cell.id]?.run, reason: status.reason?.words)
    }
  }

  /// The run and the value of a fresh cell.
  func result(_ cell: Cell, _ status: CellStatus) -> (run: String, value: JSON)? {
    guard let key = status.key else { return nil }
    return notebook.results.withLock { results in
      results.byKey["\(cell.id) \(key)"].flatMap { found in results.values[found.digest].map { (found.run, $0) } }
    }
  }

  // MARK: - The call that a cell makes

  /// The call of a cell whose needs are all fresh.
  func call(of cell: Cell) throws -> PluginCall {
    let inputs = try document.graph.inputs(of: cell.index).map { number in
      let need = document.cells[number]
      let status = status(of: need)
      guard status.state == .fresh, let key = status.key,
        let found = notebook.results.withLock({ $0.byKey["\(need.id) \(key)"] })
      else { throw Fault(1305, "cell.stale", "'\(need.id)' has no result", hint: "run it first") }
      return CellInput(cell: need.id, digest: found.digest)
    }
    return try call(of: cell, inputs)
  }

  private func call(of cell: Cell, _ inputs: [CellInput]) throws -> PluginCall {
    guard let method = cell.method, let entry = kernel.registry.entry(method),
      case .plugin(let type, let plugin) = entry.implementation
    else { throw Fault.methodNotFound(cell.method ?? "", similar: []) }
    let params = try cell.resolvedParams { path, pointer in
      guard let input = inputs.first(where: { $0.cell == path.cell }),
        let value = notebook.results.withLock({ $0.values[input.digest] })
      else { throw Fault(1305, "cell.stale", "'\(path.cell)' has no result", path: pointer.description) }
      return try select(path, in: value, pointer)
    }
    var caller = caller
    caller.seed = document.seed(of: cell).map { UInt64($0) } ?? caller.seed
    var call = try PluginCall(
      method: type, plugin: plugin, descriptor: try kernel.registry.descriptor(entry), given: params, caller: caller,
      base: notebook.folder)
    call.cache = PluginCall.CachePolicy(rawValue: cell.attributes.cache.rawValue) ?? .on
    call.origin = PluginCall.Origin(
      cell: cell.id,
      notebook: RunStart.NotebookText(
        name: notebook.name, hash: ContentHash(of: document.bytes), bytes: document.bytes.count))
    return call
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
