import Dispatch
import JSON
import Notebook
import PluginKit
import RunLog
import Synchronization

/// One run of a notebook, on the text as it was when the request came: independent cells side by side, each behind
/// what it needs. `state` guards the order and what has come of the cells.
final class NotebookRun: Sendable {
  struct Options: Sendable {
    var force = false
    /// A cell that changes the store runs although an earlier cell failed.
    var keepGoing = false
    /// Cells that run side by side.
    var jobs = 1
  }

  /// Told of every cell as it begins (without an outcome) and ends; one call at a time.
  typealias Listener = @Sendable (Cell, CellOutcome?) -> Void

  private struct State {
    var order: RunOrder
    var outcomes: [Int: CellOutcome] = [:]
    /// By the number of a cell that is fresh now.
    var digests: [Int: String] = [:]
    /// Cells that came to nothing, and those that did so by a fault.
    var stopped: Set<Int> = []
    var failed: Set<Int> = []
    var workers = 1
  }

  private enum Next {
    case start(Int)
    case skip(Int, CellOutcome)
    case wait
    case done
  }

  private let runner: CellRunner
  private let named: Set<Int>
  private let chosen: [Int]
  private let options: Options
  private let cancellation: Cancellation
  private let listener: Mutex<Listener>
  private let state: Mutex<State>
  /// Signalled whenever a cell has ended, for the thread that made the run.
  private let progressed = DispatchSemaphore(value: 0)
  private var kernel: Kernel { runner.kernel }
  private var document: NotebookDocument { runner.document }

  /// - Parameter wanted: numbers of cells, which run with what they need; all when `nil`.
  init(
    _ results: CellResults, wanted: [Int]?, _ options: Options, _ cancellation: Cancellation,
    each: @escaping Listener
  ) {
    let document = results.document
    let named = Set(wanted ?? Array(document.cells.indices))
    let all = named.union(wanted.map { document.graph.ancestors(of: $0) } ?? [])
    self.named = named
    chosen = document.graph.order.filter(all.contains)
    self.options = options
    self.cancellation = cancellation
    listener = Mutex(each)
    let runner = CellRunner(results: results, options: options, cancellation: cancellation)
    self.runner = runner
    state = Mutex(State(order: RunOrder(chosen, in: document.graph) { runner.storeUse(document.cells[$0]) }))
  }

  /// What came of each cell, in the order in which one after the other would have run them. Cells that had not begun
  /// when the run was cancelled are left out.
  func run() throws -> [CellOutcome] {
    _ = try kernel.workspace.log().artifacts.put(document.bytes)
    work(waits: true)
    let outcomes = state.withLock { $0.outcomes }
    return chosen.compactMap { outcomes[$0] }
  }

  /// Runs cells as long as there are some to start. The thread that made the run also waits for those of others,
  /// so that it needs no other thread to come to its end.
  private func work(waits: Bool) {
    while true {
      switch next() {
      case .start(let number): end(number, run(number))
      case .skip(let number, let outcome): end(number, outcome)
      case .wait:
        if !waits { return state.withLock { $0.workers -= 1 } }
        progressed.wait()
      case .done: return state.withLock { $0.workers -= 1 }
      }
    }
  }

  private func next() -> Next {
    let (next, needsHelp) = state.withLock { state -> (Next, Bool) in
      if state.order.isDone { return (.done, false) }
      if cancellation.isCancelled { return (state.order.running == 0 ? .done : .wait, false) }
      guard let number = state.order.take() else { return (.wait, false) }
      let needsHelp = state.order.mayHaveMore && state.workers < options.jobs
      if needsHelp { state.workers += 1 }
      let isStopped = document.graph.dependencies(of: number).contains(where: state.stopped.contains)
      let asksForSuccess = state.order.use(of: number) == .writes && !options.keepGoing
      if isStopped || asksForSuccess && state.failed.contains(where: { state.order.isEarlier($0, than: number) }) {
        let cell = document.cells[number].id
        return (.skip(number, CellOutcome(cell: cell, state: .blocked, cached: false, milliseconds: 0)), needsHelp)
      }
      return (.start(number), needsHelp)
    }
    if needsHelp { kernel.pool.run { self.work(waits: false) } }
    return next
  }

  private func run(_ number: Int) -> CellOutcome {
    let digests = state.withLock { $0.digests }
    let inputs = document.graph.inputs(of: number).compactMap { need in
      digests[need].map { CellInput(cell: document.cells[need].id, digest: $0) }
    }
    return runner.run(document.cells[number], inputs, isNamed: named.contains(number)) { [self] in
      listener.withLock { $0(document.cells[number], nil) }
    }
  }

  private func end(_ number: Int, _ outcome: CellOutcome) {
    listener.withLock { $0(document.cells[number], outcome) }
    state.withLock { state in
      state.order.end(number)
      state.outcomes[number] = outcome
      if outcome.state == .fresh { state.digests[number] = outcome.digest } else { state.stopped.insert(number) }
      if outcome.fault != nil { state.failed.insert(number) }
    }
    progressed.signal()
  }
}
