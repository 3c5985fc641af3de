import Linear

/// Groups of high density at their own levels (HDBSCAN; Campello, Moulavi & Sander 2013).
///
///     let fit = try DensityClusters(minimumSize: 8).fit(scores, workers: workers)
///     fit.labels  // −1: noise
///
/// Core distances count the point itself, as the paper and the usual programs do. No seed has a part in it.
public struct DensityClusters: Sendable, Equatable {
  public enum Selection: String, Sendable, Codable, CaseIterable {
    /// Groups of the largest excess of mass.
    case excessOfMass = "eom"
    /// The finest groups.
    case leaf
  }

  /// The fewest rows of a group.
  public var minimumSize: Int
  /// How many rows, the own one among them, make a neighbourhood dense.
  public var minimumSamples: Int
  public var selection: Selection
  public var metric: KMeans.Metric

  public init(
    minimumSize: Int = 8, minimumSamples: Int? = nil, selection: Selection = .excessOfMass,
    metric: KMeans.Metric = .euclidean
  ) {
    self.minimumSize = minimumSize
    self.minimumSamples = minimumSamples ?? minimumSize
    self.selection = selection
    self.metric = metric
  }

  public struct Fit: Sendable, Equatable {
    /// From 0, by decreasing size, then by first row; −1 for noise.
    public let labels: [Int]
    /// How deep in its group a row lies: λ at which it falls out over that of the densest; 0 for noise.
    public let strength: [Double]
    /// For each row of noise the group of the nearest row that has one; the own group for the others.
    public let nearest: [Int]
    /// The sum over a group's rows of λ at which they leave it less λ at which it came up.
    public let stability: [Double]
  }

  /// O(n²·d) time and O(n) memory beside the rows.
  /// - Throws: `StatisticsError` for parameters out of range; what cancels the workers.
  public func fit(_ rows: Matrix<Double>, workers: Workers = .serial) throws -> Fit {
    guard minimumSize >= 2 else {
      throw StatisticsError.parameter(name: "minClusterSize", expected: "at least 2", found: "\(minimumSize)")
    }
    guard minimumSamples >= 1 else {
      throw StatisticsError.parameter(name: "minSamples", expected: "at least 1", found: "\(minimumSamples)")
    }
    let points = try KMeansPoints(rows, k: 1, metric: metric, workers: workers)
    let cores = try coreDistances(points, workers)
    let tree = try Linkage(pairs: spanningTree(points, cores, workers), count: points.count)
    let condensed = CondensedTree(tree, minimumSize: minimumSize)
    let (raw, strength) = condensed.labels(condensed.selected(selection))
    let partition = Partition(raw)
    let stabilities = condensed.stabilities
    return Fit(
      labels: partition.labels, strength: strength, nearest: try nearest(points, partition.labels, workers),
      stability: partition.names.map { stabilities[$0] })
  }

  private func distance(_ points: KMeansPoints, _ i: Int, _ j: Int, _ x: UnsafePointer<Double>) -> Double {
    let d = points.columns
    let square = KMeansPoints.squaredDistance(x + i * d, x + j * d, d)
    // Of rows of length 1, ‖x − y‖² / 2 is 1 − cosine.
    return metric == .cosine ? square / 2 : square.squareRoot()
  }

  private func coreDistances(_ points: KMeansPoints, _ workers: Workers) throws -> [Double] {
    let place = min(minimumSamples, points.count) - 1
    var cores = Matrix<Double>.zeros(points.count, 1)
    try workers.fill(&cores, size: 64) { range, target in
      points.values.withUnsafeBuffer { x in
        guard let x = x.baseAddress else { return }
        for i in range {
          let all = (0..<points.count).map { distance(points, i, $0, x) }.sorted()
          target[i - range.lowerBound] = all[place]
        }
      }
    }
    return cores.elements
  }

  /// The edges of a minimum spanning tree of mutual reachability (Prim), ties by lower rows.
  private func spanningTree(
    _ points: KMeansPoints, _ cores: [Double], _ workers: Workers
  ) throws -> [NeighbourChain<Double>.Pair] {
    let n = points.count
    var edges: [NeighbourChain<Double>.Pair] = []
    var least = [Double](repeating: .infinity, count: n)
    var source = [Int](repeating: 0, count: n)
    var inside = [Bool](repeating: false, count: n)
    var current = 0
    inside[0] = true
    for _ in 1..<max(1, n) {
      if edges.count & 63 == 0 { try workers.checkCancellation() }
      var next = -1
      points.values.withUnsafeBuffer { x in
        guard let x = x.baseAddress else { return }
        for j in 0..<n where !inside[j] {
          let reach = max(distance(points, current, j, x), cores[current], cores[j])
          if reach < least[j] { (least[j], source[j]) = (reach, current) }
          if next < 0 || least[j] < least[next] { next = j }
        }
      }
      edges.append(.init(first: source[next], second: next, height: least[next]))
      inside[next] = true
      current = next
    }
    return edges
  }

  private func nearest(_ points: KMeansPoints, _ labels: [Int], _ workers: Workers) throws -> [Int] {
    guard labels.contains(where: { $0 >= 0 }) else { return labels }
    let n = points.count
    return try workers.map(n) { i in
      if labels[i] >= 0 { return labels[i] }
      var best = (row: 0, distance: Double.infinity)
      points.values.withUnsafeBuffer { x in
        guard let x = x.baseAddress else { return }
        for j in 0..<n where labels[j] >= 0 {
          let apart = distance(points, i, j, x)
          if apart < best.distance { best = (j, apart) }
        }
      }
      return labels[best.row]
    }
  }
}

/// The tree of groups of at least so many rows, over λ = 1/distance.
private struct CondensedTree {
  /// Each group's parent, −1 for the root; children come after their parents.
  private var parents = [-1]
  private var births = [0.0]
  /// The group that each row falls out of, and at which λ.
  private var home: [Int]
  private var leaves: [Double]
  private var sizes: [Int]

  init(_ tree: Linkage, minimumSize: Int) {
    let n = tree.count
    home = [Int](repeating: 0, count: n)
    leaves = [Double](repeating: 0, count: n)
    sizes = [n]
    // What has no distance at all would have an infinite λ.
    let floor = max(1e-12 * (tree.merges.last?.height ?? 0), 1e-100)
    func size(_ node: Int) -> Int { node < n ? 1 : tree.merges[node - n].size }
    var open = [(node: n > 1 ? 2 * n - 2 : 0, group: 0)]
    while let (node, group) = open.popLast() {
      guard node >= n else {
        home[node] = group
        continue
      }
      let merge = tree.merges[node - n]
      let level = 1 / max(merge.height, floor)
      let parts = [merge.first, merge.second]
      let isSplit = parts.allSatisfy { size($0) >= minimumSize }
      for part in parts {
        if isSplit {
          parents.append(group)
          births.append(level)
          sizes.append(size(part))
          open.append((part, parents.count - 1))
        } else if size(part) >= minimumSize {
          open.append((part, group))
        } else {
          var falling = [part]
          while let below = falling.popLast() {
            if below < n {
              (home[below], leaves[below]) = (group, level)
            } else {
              falling.append(tree.merges[below - n].first)
              falling.append(tree.merges[below - n].second)
            }
          }
        }
      }
    }
  }

  /// Σ over what leaves a group of (λ of leaving − λ of birth): rows one by one, a split all at once.
  var stabilities: [Double] {
    var result = [Double](repeating: 0, count: parents.count)
    for row in home.indices { result[home[row]] += leaves[row] - births[home[row]] }
    for group in parents.indices.dropFirst() {
      let parent = parents[group]
      result[parent] += Double(sizes[group]) * (births[group] - births[parent])
    }
    return result
  }

  func selected(_ selection: DensityClusters.Selection) -> Set<Int> {
    var children = [[Int]](repeating: [], count: parents.count)
    for group in parents.indices.dropFirst() { children[parents[group]].append(group) }
    // Without any split all rows are one group.
    if parents.count == 1 { return [0] }
    if selection == .leaf { return Set(parents.indices.dropFirst().filter { children[$0].isEmpty }) }
    var best = stabilities
    var chosen = Set<Int>()
    for group in parents.indices.dropFirst().reversed() {
      let below = children[group].reduce(0) { $0 + best[$1] }
      if children[group].isEmpty || best[group] >= below {
        chosen.insert(group)
        var open = children[group]
        while let other = open.popLast() {
          chosen.remove(other)
          open += children[other]
        }
      } else {
        best[group] = below
      }
    }
    return chosen
  }

  /// The chosen group of each row, −1 for none, and how deep in it the row lies.
  func labels(_ chosen: Set<Int>) -> (labels: [Int], strength: [Double]) {
    var owner = [Int](repeating: -1, count: parents.count)
    for group in parents.indices {
      owner[group] = chosen.contains(group) ? group : parents[group] >= 0 ? owner[parents[group]] : -1
    }
    let labels = home.map { owner[$0] }
    var largest = [Double](repeating: 0, count: parents.count)
    for row in labels.indices where labels[row] >= 0 { largest[labels[row]] = max(largest[labels[row]], leaves[row]) }
    let strength = labels.indices.map { row in
      labels[row] >= 0 && largest[labels[row]] > 0 ? min(1, leaves[row] / largest[labels[row]]) : 0
    }
    return (labels, strength)
  }
}
