/// The state of every cell of a notebook, kept up to date with as little work as a change asks for.
///
/// Keys are computed from the sources downward, and only where a cell's text or the digest of an input differs: when a
/// cell ran again with the same value, nothing below it is keyed again (early cut-off).
public struct Staleness: Sendable {
  /// A cell whose status differs from before; `before` is `nil` for a new cell.
  public struct Change: Sendable, Equatable {
    public var cell: String
    public var before: CellStatus?
    /// `nil` when the cell is gone.
    public var after: CellStatus?
  }

  /// What the scheduler does with a cell just now.
  public enum Activity: Sendable { case queued, running }

  private var records: [Record] = []
  private var ids: [String] = []
  private var numbers: [String: Int] = [:]
  private var activities: [String: Activity] = [:]
  /// Cells that began or ended to wait or run since the last update.
  private var activityChanges: Set<String> = []

  public init() {}

  /// The table in the order of the file.
  public var statuses: [(cell: String, status: CellStatus)] {
    zip(ids, records).map { ($0, shown($0, $1.status)) }
  }

  /// The status of the cell with an id; `nil` when the last update saw none.
  public func status(of id: String) -> CellStatus? { numbers[id].map { shown(id, records[$0].status) } }

  private func shown(_ id: String, _ status: CellStatus) -> CellStatus {
    guard let activity = activities[id] else { return status }
    return CellStatus(activity == .queued ? .queued : .running, key: status.key)
  }

  /// Says that a cell waits or runs, or no longer does (`nil`); what lies below it follows with the next update.
  public mutating func setActivity(_ activity: Activity?, of id: String) -> Change? {
    let before = status(of: id)
    if (activities[id] == nil) != (activity == nil) { activityChanges.insert(id) }
    activities[id] = activity
    let after = status(of: id)
    return before == after ? nil : Change(cell: id, before: before, after: after)
  }

  /// Brings the table up to date.
  ///
  /// - Parameters:
  ///   - changed: cells whose history, results or inputs beside other cells may have changed (a run finished, a file
  ///     or the store changed); `nil` for all. Edits of the text are found without.
  /// - Returns: the cells whose status differs, in the order of the file, and then those that are gone.
  public mutating func update(
    _ document: NotebookDocument, changed: Set<String>? = [], from source: some ResultSource
  ) -> [Change] {
    let cells = document.cells
    let isSameList = ids.count == cells.count && cells.indices.allSatisfy { ids[$0] == cells[$0].id }
    let gone = isSameList ? [] : carryOver(document)
    // Whether what a cell offers to those that need it differs from before.
    var differs = [Bool](repeating: false, count: cells.count)
    var changes: [(number: Int, change: Change)] = []
    for number in document.graph.order {
      let isAsked = changed?.contains(ids[number]) ?? true
      let needsCheck =
        isAsked || !isSameList || !records[number].isOf(document, number)
        || document.graph.dependencies(of: number).contains { differs[$0] || activityChanges.contains(ids[$0]) }
      guard needsCheck else { continue }
      let before = records[number]
      refresh(number, isAsked, document, source)
      let now = records[number]
      differs[number] =
        before.status != now.status || before.keyed?.result != now.keyed?.result || before.run != now.run
      if before.status != now.status || before.text == nil {
        let earlier = before.text == nil ? nil : shown(ids[number], before.status)
        let change = Change(cell: ids[number], before: earlier, after: shown(ids[number], now.status))
        changes.append((number, change))
      }
    }
    activityChanges = []
    return changes.sorted { $0.number < $1.number }.map(\.change) + gone
  }

  /// Puts the records in the order of the file now; returns the cells that are gone.
  private mutating func carryOver(_ document: NotebookDocument) -> [Change] {
    let (oldRecords, oldIDs, oldNumbers) = (records, ids, numbers)
    ids = document.cells.map(\.id)
    numbers = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { _, last in last })
    records = ids.map { id in oldNumbers[id].map { oldRecords[$0] } ?? Record() }
    return oldIDs.filter { numbers[$0] == nil }.map { id in
      let before = oldNumbers[id].map { shown(id, oldRecords[$0].status) }
      activities[id] = nil
      return Change(cell: id, before: before, after: nil)
    }
  }

  // MARK: - One cell

  /// What the key of a cell comes from, and what came of it.
  private struct Record {
    /// `nil` for a cell that was never looked at.
    var text: KeyText?
    var run = CellAttributes.Run.auto
    var after: [String] = []
    var standing = CellGraph.Standing.sound
    /// `nil` while an input is not at hand.
    var keyed: Keyed?
    /// The last one for this text: it serves again when the inputs come back as they were.
    var lastKeyed: Keyed?
    var history = CellHistory()
    var status = CellStatus(.new)
    /// Text and inputs of the newest result, when they were seen.
    var resultText: KeyText?
    var resultInputs: [CellInput] = []

    /// True when nothing in the cell's own text differs. Asks for fields one by one: a copy of the cell costs more.
    func isOf(_ document: NotebookDocument, _ number: Int) -> Bool {
      text == KeyText(document, number) && run == document.cells[number].attributes.run
        && after == document.cells[number].attributes.after && standing == document.graph.standings[number]
    }
  }

  private struct Keyed {
    var inputs: [CellInput]
    var key: String?
    var result: CellResult?
  }

  /// What of a cell's text goes into its key.
  private struct KeyText: Equatable {
    let body: CellBody
    let seed: Int64?
    let threads: Int
    let isFast: Bool
    let isOverridden: Bool

    init(_ document: NotebookDocument, _ number: Int) {
      body = document.cells[number].body
      seed = document.cells[number].attributes.seed ?? document.frontMatter.seed
      threads = document.cells[number].attributes.threads ?? document.frontMatter.threads ?? 1
      isFast = document.frontMatter.numeric == .fast
      isOverridden = document.cells[number].isOverridden
    }

    static func == (left: KeyText, right: KeyText) -> Bool {
      (left.body === right.body || left.body.source.bytes == right.body.source.bytes) && left.seed == right.seed
        && left.threads == right.threads && left.isFast == right.isFast && !left.isOverridden && !right.isOverridden
    }
  }

  private mutating func refresh(
    _ number: Int, _ isAsked: Bool, _ document: NotebookDocument, _ source: some ResultSource
  ) {
    let cell = document.cells[number]
    let text = KeyText(document, number)
    var record = records[number]
    if isAsked || record.text == nil { record.history = source.history(of: cell) }
    if isAsked || record.text != text { record.lastKeyed = nil }
    record.text = text
    record.run = cell.attributes.run
    record.after = cell.attributes.after
    record.standing = document.graph.standings[number]
    record.keyed = nil
    var waitsFor: Int?
    if record.standing == .sound, let inputs = inputs(of: number, document, &waitsFor) {
      if record.lastKeyed?.inputs != inputs {
        let key = source.key(of: cell, inputs: inputs)
        record.lastKeyed = Keyed(inputs: inputs, key: key, result: key.flatMap { source.result(of: cell, key: $0) })
      }
      record.keyed = record.lastKeyed
    }
    record.status = status(record, blocker: blocker(of: number, document), waitsFor: waitsFor, document)
    if record.status.state == .fresh {
      record.resultText = text
      record.resultInputs = record.keyed?.inputs ?? []
    }
    records[number] = record
  }

  /// The results that a cell reads; `nil` when one is not at hand, and which.
  private func inputs(of number: Int, _ document: NotebookDocument, _ waitsFor: inout Int?) -> [CellInput]? {
    var inputs: [CellInput] = []
    for input in document.graph.inputs(of: number) {
      guard records[input].status.state == .fresh, let result = records[input].keyed?.result else {
        waitsFor = input
        return nil
      }
      inputs.append(CellInput(cell: document.cells[input].id, digest: result.digest))
    }
    return inputs
  }

  /// A direct ancestor that keeps the cell from running.
  private func blocker(of number: Int, _ document: NotebookDocument) -> Int? {
    document.graph.dependencies(of: number).first { ancestor in
      // What waits or runs again may yet come out well.
      guard activities[document.cells[ancestor].id] == nil else { return false }
      switch records[ancestor].status.state {
      case .failed, .cancelled, .blocked, .invalid: return true
      case .new, .stale: return document.cells[ancestor].attributes.run == .manual
      default: return false
      }
    }
  }

  private func status(
    _ record: Record, blocker: Int?, waitsFor: Int?, _ document: NotebookDocument
  ) -> CellStatus {
    if record.standing == .invalid { return CellStatus(.invalid) }
    let history = record.history
    if let key = record.keyed?.key {
      // A failed ancestor in `after` alone leaves the key known, and a result for it counts.
      let hasFailed = history.unfinishedKey == key && history.outcome != nil
      if let result = record.keyed?.result, !hasFailed { return CellStatus(.fresh, key: key, origin: result.origin) }
    }
    if case .blocked(let cause) = record.standing {
      return CellStatus(.blocked, reason: .blocked(by: cause.map { document.cells[$0].id }))
    }
    if let blocker {
      return CellStatus(.blocked, key: record.keyed?.key, reason: .blocked(by: document.cells[blocker].id))
    }
    guard let key = record.keyed?.key else {
      let reason = waitsFor.map { CellStatus.Reason.ancestor(document.cells[$0].id) } ?? .inputUnavailable
      return CellStatus(history.resultKey == nil ? .new : .stale, reason: reason)
    }
    if history.unfinishedKey == key, let outcome = history.outcome {
      return CellStatus(outcome == .failed ? .failed : .cancelled, key: key)
    }
    guard history.resultKey != nil else { return CellStatus(.new, key: key) }
    return CellStatus(.stale, key: key, reason: reason(record))
  }

  private func reason(_ record: Record) -> CellStatus.Reason {
    guard let text = record.resultText else { return .keyChanged }
    if text != record.text { return .edited }
    let known = Dictionary(record.resultInputs.map { ($0.cell, $0.digest) }, uniquingKeysWith: { first, _ in first })
    let changed = (record.keyed?.inputs ?? []).filter { known[$0.cell] != $0.digest }.map(\.cell)
    return changed.isEmpty ? .keyChanged : .inputsChanged(changed)
  }
}
