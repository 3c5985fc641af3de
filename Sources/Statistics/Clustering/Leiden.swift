import Linear

/// Communities of a graph (Traag, Waltman & van Eck 2019) by modularity with a resolution γ (Reichardt & Bornholdt
/// 2006): Σ over groups of (weight inside − γ·(sum of degrees)² / weight of all).
///
/// Where the paper draws the group that a node is merged with in the refinement, the best one is taken, the lowest on
/// ties. The seed decides the order in which nodes are visited.
struct Leiden {
  private var graph: SparseMatrix
  private var degrees: [Double]
  private let total: Double
  private let resolution: Double
  private var numbers: RandomNumbers

  init(_ graph: NeighbourGraph, resolution: Double, seed: UInt64) {
    self.graph = graph.weights
    degrees = graph.degrees
    total = fixedSum(degrees)
    self.resolution = resolution
    numbers = RandomNumbers(seed: seed, step: "leiden")
  }

  /// The community of each node.
  mutating func run(_ checkCancellation: () throws -> Void) throws -> [Int] {
    var nodes = Array(0..<graph.rows)
    var labels = Array(0..<graph.rows)
    guard total > 0 else { return labels }
    var groups = labels
    while true {
      try checkCancellation()
      let moved = move(&groups)
      labels = nodes.map { groups[$0] }
      let distinct = Set(groups).count
      if !moved || distinct == graph.rows { break }
      let refined = Partition(refine(groups)).labels
      let count = (refined.max() ?? -1) + 1
      if count == graph.rows { break }
      var next = [Int](repeating: 0, count: count)
      for node in refined.indices { next[refined[node]] = groups[node] }
      try aggregate(refined, count)
      nodes = nodes.map { refined[$0] }
      groups = Partition(next).labels
    }
    return labels
  }

  /// Moves nodes to the neighbouring group of the largest gain until none gains.
  private mutating func move(_ groups: inout [Int]) -> Bool {
    let n = graph.rows
    var sums = [Double](repeating: 0, count: max(n, (groups.max() ?? 0) + 1))
    for node in 0..<n { sums[groups[node]] += degrees[node] }
    var queue = numbers.permutation(n)
    var waiting = [Bool](repeating: true, count: n)
    var head = 0
    var moved = false
    var links = [Double](repeating: 0, count: sums.count)
    while head < queue.count {
      let node = queue[head]
      head += 1
      waiting[node] = false
      var touched: [Int] = []
      graph.withRow(node) { columns, weights in
        for entry in columns.indices where Int(columns[entry]) != node {
          let group = groups[Int(columns[entry])]
          if links[group] == 0 { touched.append(group) }
          links[group] += weights[entry]
        }
      }
      let own = groups[node]
      sums[own] -= degrees[node]
      var (best, gain) = (own, links[own] - resolution * degrees[node] * sums[own] / total)
      for group in touched.sorted() where group != own {
        let other = links[group] - resolution * degrees[node] * sums[group] / total
        if other > gain + 1e-14 { (best, gain) = (group, other) }
      }
      sums[best] += degrees[node]
      for group in touched { links[group] = 0 }
      links[own] = 0
      guard best != own else { continue }
      groups[node] = best
      moved = true
      graph.withRow(node) { columns, _ in
        for column in columns where !waiting[Int(column)] && groups[Int(column)] != best {
          waiting[Int(column)] = true
          queue.append(Int(column))
        }
      }
    }
    return moved
  }

  /// Splits each group into parts that hang together well.
  private mutating func refine(_ groups: [Int]) -> [Int] {
    let n = graph.rows
    var parts = Array(0..<n)
    var partSums = degrees
    var sizes = [Int](repeating: 1, count: n)
    var groupSums = [Double](repeating: 0, count: max(n, (groups.max() ?? 0) + 1))
    for node in 0..<n { groupSums[groups[node]] += degrees[node] }
    // The weight between a part and the rest of its group.
    var outside = [Double](repeating: 0, count: n)
    for node in 0..<n {
      graph.withRow(node) { columns, weights in
        for entry in columns.indices where Int(columns[entry]) != node && groups[Int(columns[entry])] == groups[node] {
          outside[node] += weights[entry]
        }
      }
    }
    func isWell(_ weight: Double, _ sum: Double, in group: Int) -> Bool {
      weight >= resolution * sum * (groupSums[group] - sum) / total - 1e-14
    }
    for node in numbers.permutation(n) where sizes[parts[node]] == 1 && parts[node] == node {
      let group = groups[node]
      guard isWell(outside[node], degrees[node], in: group) else { continue }
      var links: [Int: Double] = [:]
      graph.withRow(node) { columns, weights in
        for entry in columns.indices {
          let other = Int(columns[entry])
          if other != node, groups[other] == group { links[parts[other], default: 0] += weights[entry] }
        }
      }
      var (best, gain) = (node, 0.0)
      for part in links.keys.sorted() where part != node && isWell(outside[part], partSums[part], in: group) {
        let other = (links[part] ?? 0) - resolution * degrees[node] * partSums[part] / total
        if other > gain + 1e-14 { (best, gain) = (part, other) }
      }
      guard best != node else { continue }
      outside[best] += outside[node] - 2 * (links[best] ?? 0)
      partSums[best] += degrees[node]
      sizes[best] += 1
      (partSums[node], sizes[node]) = (0, 0)
      parts[node] = best
    }
    return parts
  }

  private mutating func aggregate(_ groups: [Int], _ count: Int) throws {
    var members = [[Int]](repeating: [], count: count)
    for node in groups.indices { members[groups[node]].append(node) }
    var pointers = [0]
    var columns: [Int] = []
    var values: [Double] = []
    for list in members {
      for node in list {
        graph.withRow(node) { indices, weights in
          columns.append(contentsOf: indices.lazy.map { groups[Int($0)] })
          values.append(contentsOf: weights)
        }
      }
      pointers.append(columns.count)
    }
    let old = degrees
    degrees = members.map { list in list.reduce(0) { $0 + old[$1] } }
    graph = try SparseMatrix(
      unordered: count, columns: count, rowPointers: pointers, columnIndices: columns, values: values)
  }
}

extension NeighbourGraph {
  /// Communities by modularity with a resolution; rows without edges get −1.
  /// - Throws: what cancels the workers.
  public func communities(resolution: Double, seed: UInt64, workers: Workers = .serial) throws -> [Int] {
    var search = Leiden(self, resolution: resolution, seed: seed)
    let labels = try search.run { try workers.checkCancellation() }
    let degrees = degrees
    return labels.indices.map { degrees[$0] > 0 ? labels[$0] : -1 }
  }

  /// The modularity of groups at a resolution.
  public func modularity(_ labels: [Int], resolution: Double) -> Double {
    let degrees = degrees
    let total = fixedSum(degrees)
    guard total > 0 else { return 0 }
    var (inside, sums) = ([Int: Double](), [Int: Double]())
    for row in 0..<count where labels[row] >= 0 {
      sums[labels[row], default: 0] += degrees[row]
      weights.withRow(row) { columns, values in
        for entry in columns.indices where labels[Int(columns[entry])] == labels[row] {
          inside[labels[row], default: 0] += values[entry]
        }
      }
    }
    return sums.keys.sorted().reduce(0) { result, group in
      let share = (sums[group] ?? 0) / total
      return result + (inside[group] ?? 0) / total - resolution * share * share
    }
  }
}
