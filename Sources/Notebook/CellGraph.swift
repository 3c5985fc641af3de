/// Which cell needs which: the references in params and `after`.
///
/// Cells are numbered as in the file. An id that two cells bear leads to neither. Edges inside a cycle are left out of
/// the order, so that every cell has a place in it.
public struct CellGraph: Sendable {
  /// Whether the text lets a cell run.
  public enum Standing: Sendable, Equatable {
    case sound
    /// It names a cell that is not there, or needs a cell (the number) that is itself blocked or invalid.
    case blocked(by: Int?)
    /// The cell's own text is in error: a fault in it, its id borne by another cell too, a cycle.
    case invalid
  }

  /// The number of cells.
  public let count: Int
  /// Each cell behind those that it needs (Kahn 1962), earlier in the file first where the order is free.
  public let order: [Int]
  public let standings: [Standing]
  private let reads: Adjacency
  private let needs: Adjacency
  private let neededBy: Adjacency
  private let numbers: [String: Int]
  private let isEarlierInFile: Bool

  /// The cells whose results a cell's params hold, ascending, without repeats: the references without `after`.
  public func inputs(of cell: Int) -> ArraySlice<Int> { reads[cell] }

  /// The cells that a cell names, in its params or as `after`, ascending, without repeats.
  public func dependencies(of cell: Int) -> ArraySlice<Int> { needs[cell] }

  /// The cells that name a cell, ascending, without repeats.
  public func dependents(of cell: Int) -> ArraySlice<Int> { neededBy[cell] }

  /// The number of the cell with an id; `nil` when none or more than one bears it.
  public func number(of id: String) -> Int? { numbers[id].flatMap { $0 >= 0 ? $0 : nil } }

  /// All that must have a result before the cells can run, in `order`, without the cells themselves.
  public func ancestors(of cells: some Sequence<Int>) -> [Int] { reach(from: cells, needs) }

  /// All whose result may change with the cells', in `order`, without the cells themselves.
  public func descendants(of cells: some Sequence<Int>) -> [Int] { reach(from: cells, neededBy) }

  public func ancestors(of cell: Int) -> [Int] { ancestors(of: CollectionOfOne(cell)) }
  public func descendants(of cell: Int) -> [Int] { descendants(of: CollectionOfOne(cell)) }

  private func reach(from cells: some Sequence<Int>, _ edges: Adjacency) -> [Int] {
    var seen = Set<Int>()
    var waiting = Array(cells)
    let named = Set(waiting)
    while let cell = waiting.popLast() {
      for next in edges[cell] where seen.insert(next).inserted { waiting.append(next) }
    }
    seen.subtract(named)
    if seen.count < count / 8, isEarlierInFile { return seen.sorted() }
    return order.filter(seen.contains)
  }

  // MARK: - Making

  init(_ cells: [Cell], _ found: inout [GraphFault]) {
    count = cells.count
    var numbers: [String: Int] = [:]
    numbers.reserveCapacity(cells.count)
    var first: [String: Int] = [:]
    // By index, since a loop over the cells would copy each.
    var invalid = cells.indices.map { !cells[$0].isSound }
    for number in cells.indices {
      let id = cells[number].id
      guard let known = numbers.updateValue(number, forKey: id) else { continue }
      numbers[id] = -1
      let other = first[id] ?? known
      first[id] = other
      invalid[other] = true
      invalid[number] = true
      found.append(.duplicateID(cell: number, first: other))
    }

    var blocked = [Bool](repeating: false, count: cells.count)
    var edges: [(from: Int, to: Int)] = []
    func read(_ id: String, _ place: GraphFault.Place, of cell: Int) {
      let target = numbers[id]
      if target == cell || target == -1 && id == cells[cell].id {
        invalid[cell] = true
        found.append(.selfReference(cell: cell, place))
      } else if let target, target >= 0, cells[target].hasGivenID {
        edges.append((target, cell))
      } else {
        blocked[cell] = true
        found.append(.unknown(cell: cell, place, id: id, isRepeated: target == -1))
      }
    }
    for cell in cells.indices {
      for index in cells[cell].references.indices {
        read(cells[cell].references[index].path.cell, .reference(index), of: cell)
      }
    }
    reads = Adjacency(count: cells.count, edges.map { ($0.to, $0.from) })
    let readCount = edges.count
    for cell in cells.indices where !cells[cell].attributes.after.isEmpty {
      for (index, id) in cells[cell].attributes.after.enumerated() { read(id, .after(index), of: cell) }
    }

    let needs = edges.count == readCount ? reads : Adjacency(count: cells.count, edges.map { ($0.to, $0.from) })
    let neededBy = Adjacency(count: cells.count, edges.map { ($0.from, $0.to) })
    var ordering = Ordering(needs, neededBy)
    if ordering.order.count < cells.count {
      let cycles = Cycles(needs, neededBy, among: ordering.remaining)
      for cycle in cycles.listed { found.append(.cycle(cycle)) }
      for cell in cycles.members { invalid[cell] = true }
      let acyclic = edges.filter { !cycles.join($0.from, $0.to) }
      ordering = Ordering(
        Adjacency(count: cells.count, acyclic.map { ($0.to, $0.from) }),
        Adjacency(count: cells.count, acyclic.map { ($0.from, $0.to) }))
    }

    var standings = [Standing](repeating: .sound, count: cells.count)
    for cell in ordering.order {
      if invalid[cell] {
        standings[cell] = .invalid
      } else if blocked[cell] {
        standings[cell] = .blocked(by: nil)
      } else if let cause = needs[cell].first(where: { standings[$0] != .sound }) {
        standings[cell] = .blocked(by: cause)
      }
    }
    self.numbers = numbers
    self.needs = needs
    self.neededBy = neededBy
    self.standings = standings
    order = ordering.order
    isEarlierInFile = ordering.isFileOrder
  }
}

/// A fault of the graph, before its place and words are made: there may be many more than are shown.
enum GraphFault {
  enum Place {
    case reference(Int)
    case after(Int)
  }

  case duplicateID(cell: Int, first: Int)
  case selfReference(cell: Int, Place)
  case unknown(cell: Int, Place, id: String, isRepeated: Bool)
  /// Each cell needs the next one, the last the first.
  case cycle([Int])
}

/// Lists of neighbours in one array.
struct Adjacency: Sendable {
  private var starts: [Int]
  private var targets: [Int]

  /// Neighbours ascend and do not repeat.
  init(count: Int, _ edges: [(Int, Int)]) {
    var heads = [Int](repeating: 0, count: count + 1)
    for edge in edges { heads[edge.0 + 1] += 1 }
    for index in 0..<count { heads[index + 1] += heads[index] }
    var fill = heads
    var sorted = [Int](repeating: 0, count: edges.count)
    for edge in edges {
      sorted[fill[edge.0]] = edge.1
      fill[edge.0] += 1
    }
    starts = [0]
    starts.reserveCapacity(count + 1)
    targets = []
    targets.reserveCapacity(edges.count)
    for index in 0..<count {
      let begin = targets.count
      let range = heads[index]..<heads[index + 1]
      if range.count > 1 { sorted[range].sort() }
      for target in sorted[range] where targets.count == begin || targets.last != target { targets.append(target) }
      starts.append(targets.count)
    }
  }

  subscript(node: Int) -> ArraySlice<Int> { targets[starts[node]..<starts[node + 1]] }

  var count: Int { starts.count - 1 }
}
