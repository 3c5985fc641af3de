import Notebook

/// Which cells of a run may start now. It runs nothing itself.
///
/// A cell starts when all that it names has ended. Beside that the paper store orders cells as the file does, whether
/// they name each other or not: one that changes it starts when every earlier cell has ended, runs alone, and what
/// reads it waits for the changes before it. So the results do not depend on how many run side by side.
struct RunOrder {
  enum StoreUse: Sendable { case none, reads, writes }

  private let cells: [Int]
  private let uses: [StoreUse]
  private var missing: [Int]
  /// Places in `cells` of what waits for nothing but the store; ascending.
  private var ready: [Int] = []
  private var places: [Int: Int] = [:]
  private let dependents: [[Int]]
  private var ended: [Bool]
  /// Before this place everything has ended.
  private var firstOpen = 0
  private(set) var running = 0
  private var writerRuns = false
  private var openWriters: [Int]

  /// - Parameters:
  ///   - cells: numbers of cells, each behind those that it needs.
  ///   - use: what a cell does with the paper store.
  init(_ cells: [Int], in graph: CellGraph, use: (Int) -> StoreUse) {
    self.cells = cells
    places = Dictionary(cells.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let uses = cells.map(use)
    self.uses = uses
    var missing = [Int](repeating: 0, count: cells.count)
    var dependents = [[Int]](repeating: [], count: cells.count)
    for (place, cell) in cells.enumerated() {
      // An edge of a cycle leads backwards, and is none here.
      for need in graph.dependencies(of: cell) {
        guard let before = places[need], before < place else { continue }
        missing[place] += 1
        dependents[before].append(place)
      }
    }
    self.missing = missing
    self.dependents = dependents
    ready = cells.indices.filter { missing[$0] == 0 }
    ended = [Bool](repeating: false, count: cells.count)
    openWriters = cells.indices.filter { uses[$0] == .writes }
  }

  var isDone: Bool { firstOpen == cells.count }
  /// Whether a cell might start beside those that run.
  var mayHaveMore: Bool { !ready.isEmpty && !writerRuns }

  /// The next cell to start, the earliest in the file first; `nil` when one that runs has to end before.
  mutating func take() -> Int? {
    guard !writerRuns else { return nil }
    for (index, place) in ready.enumerated() {
      switch uses[place] {
      case .none: break
      case .reads:
        if let writer = openWriters.first, writer < place { continue }
      case .writes:
        guard firstOpen == place else { continue }
        // Nothing later may keep it waiting.
        guard running == 0 else { return nil }
        writerRuns = true
      }
      ready.remove(at: index)
      running += 1
      return cells[place]
    }
    return nil
  }

  mutating func end(_ cell: Int) {
    guard let place = places[cell], !ended[place] else { return }
    ended[place] = true
    running -= 1
    if uses[place] == .writes {
      writerRuns = false
      openWriters.removeAll { $0 == place }
    }
    while firstOpen < cells.count, ended[firstOpen] { firstOpen += 1 }
    for next in dependents[place] {
      missing[next] -= 1
      guard missing[next] == 0 else { continue }
      ready.insert(next, at: ready.firstIndex { $0 > next } ?? ready.endIndex)
    }
  }

  func use(of cell: Int) -> StoreUse { places[cell].map { uses[$0] } ?? .none }

  /// Whether a cell stands earlier than another in the order.
  func isEarlier(_ one: Int, than other: Int) -> Bool {
    guard let first = places[one], let second = places[other] else { return false }
    return first < second
  }
}
