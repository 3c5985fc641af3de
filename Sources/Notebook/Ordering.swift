/// Kahn's topological order, with the smallest number first where the order is free.
struct Ordering {
  private(set) var order: [Int] = []
  /// True when the order is that of the file.
  private(set) var isFileOrder = false
  /// Nodes on a cycle or behind one, which have no place in the order.
  private(set) var remaining: [Int] = []

  init(_ needs: Adjacency, _ neededBy: Adjacency) {
    let nodes = 0..<needs.count
    // The common case: every node needs earlier ones only.
    if nodes.allSatisfy({ (needs[$0].last ?? -1) < $0 }) {
      order = Array(nodes)
      isFileOrder = true
      return
    }
    var open = nodes.map { needs[$0].count }
    var ready = SmallestFirst()
    for node in nodes where open[node] == 0 { ready.insert(node) }
    order.reserveCapacity(needs.count)
    while let node = ready.removeSmallest() {
      order.append(node)
      for next in neededBy[node] {
        open[next] -= 1
        if open[next] == 0 { ready.insert(next) }
      }
    }
    remaining = nodes.filter { open[$0] > 0 }
  }
}

/// A binary heap.
private struct SmallestFirst {
  private var heap: [Int] = []

  mutating func insert(_ value: Int) {
    heap.append(value)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeSmallest() -> Int? {
    guard let smallest = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return smallest }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[parent] else { break }
      heap.swapAt(child, parent)
      parent = child
    }
    return smallest
  }
}

/// The cycles of a graph: its strongly connected components of more than one node (Tarjan 1972).
struct Cycles {
  /// All nodes that lie on a cycle, ascending.
  private(set) var members: [Int] = []
  /// Cycles that together hold all members, shortest ones first found, at most as many as are ever shown.
  private(set) var listed: [[Int]] = []
  private var component: [Int: Int] = [:]

  /// `among` holds every node of a cycle. Edges lead from a node to what it needs.
  init(_ needs: Adjacency, _ neededBy: Adjacency, among nodes: [Int]) {
    findComponents(needs, nodes)
    members = component.keys.sorted()
    var shown = Set<Int>()
    for node in members where !shown.contains(node) && listed.count < Diagnostic.limit {
      let cycle = shortest(through: node, needs)
      shown.formUnion(cycle)
      listed.append(cycle)
    }
  }

  func join(_ a: Int, _ b: Int) -> Bool { component[a].map { $0 == component[b] } ?? false }

  private mutating func findComponents(_ needs: Adjacency, _ nodes: [Int]) {
    let allowed = Set(nodes)
    var number: [Int: Int] = [:]
    var low: [Int: Int] = [:]
    var stack: [Int] = []
    var onStack = Set<Int>()
    // Its own stack: a chain of cells may be as long as the file.
    var path: [(node: Int, next: Int)] = []
    func begin(_ node: Int) {
      number[node] = number.count
      low[node] = number[node]
      stack.append(node)
      onStack.insert(node)
      path.append((node, needs[node].startIndex))
    }
    for root in nodes where number[root] == nil {
      begin(root)
      while let (node, next) = path.last {
        if next < needs[node].endIndex {
          path[path.count - 1].next = next + 1
          let target = needs[node][next]
          if !allowed.contains(target) { continue }
          if number[target] == nil {
            begin(target)
          } else if onStack.contains(target) {
            low[node] = min(low[node] ?? 0, number[target] ?? 0)
          }
          continue
        }
        path.removeLast()
        if let parent = path.last?.node { low[parent] = min(low[parent] ?? 0, low[node] ?? 0) }
        guard low[node] == number[node] else { continue }
        let begin = stack.lastIndex(of: node) ?? stack.endIndex
        let found = stack[begin...]
        onStack.subtract(found)
        if found.count > 1 { for member in found { component[member] = node } }
        stack.removeSubrange(begin...)
      }
    }
  }

  /// A shortest way from a node back to itself along what it needs.
  private func shortest(through start: Int, _ needs: Adjacency) -> [Int] {
    var before: [Int: Int] = [:]
    var wave = [start]
    while !wave.isEmpty {
      var next: [Int] = []
      for node in wave {
        for target in needs[node] where join(target, start) && before[target] == nil {
          before[target] = node
          if target == start {
            var way = [node]
            while let last = way.last, last != start, let earlier = before[last] { way.append(earlier) }
            return way.reversed()
          }
          next.append(target)
        }
      }
      wave = next
    }
    return [start]
  }
}
