import Linear

/// Hierarchical clustering by merging the two nearest groups again and again.
///
///     let tree = try Linkage(scores, .ward, metric: .euclidean, workers: workers)
///     tree.labels(groups: 8)
///
/// By chains of nearest neighbours (Murtagh 1983; Müllner 2011) in O(n²) time and memory; no seed has a part in it.
/// Distances are doubles up to 5000 rows and floats beyond, where Ward's heights are computed anew from the centroids.
public struct Linkage: Sendable, Equatable {
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// The least growth of the sum of squares (Ward 1963); heights √(2ab/(a+b))·‖c_a − c_b‖ as SciPy has them.
    case ward
    /// The mean distance of two groups.
    case average
    /// The largest.
    case complete
    /// The smallest.
    case single
  }

  /// Two groups that became one. Rows are groups 0 ..< n; the merge at place i makes group n + i.
  public struct Merge: Sendable, Equatable, Codable {
    public let first: Int
    public let second: Int
    public let height: Double
    /// Rows of the new group.
    public let size: Int
  }

  /// n, how many rows there are.
  public let count: Int
  /// n − 1 merges by height; of equal heights the one found first, `first` below `second`.
  public let merges: [Merge]

  /// The most rows whose distances are kept as doubles.
  static let mostDoubles = 5000
  /// The most rows at all.
  public static let mostRows = 20_000

  /// Bytes for the distances of n rows.
  public static func memory(rows: Int) -> Int { rows * rows * (rows <= mostDoubles ? 8 : 4) }

  /// - Parameter metric: with `cosine` Ward's method sees rows of length 1, the others 1 − cosine.
  /// - Throws: `StatisticsError` for no rows, more than `mostRows`, or numbers that are not finite; what cancels the
  ///   workers.
  public init(
    _ rows: Matrix<Double>, _ method: Method, metric: KMeans.Metric = .euclidean, workers: Workers = .serial
  ) throws {
    guard rows.rows <= Self.mostRows else {
      throw StatisticsError.parameter(
        name: "the number of rows", expected: "at most \(Self.mostRows)", found: "\(rows.rows)")
    }
    let points = try KMeansPoints(rows, k: 1, metric: metric, workers: workers)
    let measure: KMeans.Metric = method == .ward ? .euclidean : metric
    if points.count <= Self.mostDoubles {
      let distances: Matrix<Double> = try Self.distances(points, measure, workers)
      self.init(pairs: try NeighbourChain(distances, method).run(workers), count: points.count)
    } else {
      self.init(pairs: try Self.inFloats(points, method, measure, workers), count: points.count)
    }
  }

  /// From distances themselves, n × n and symmetric.
  /// - Parameter weights: how many rows each node stands for at first, one if nil; it does not count in `size`.
  /// - Throws: as above.
  public init(
    distances: Matrix<Double>, _ method: Method, weights: [Double]? = nil, workers: Workers = .serial
  ) throws {
    precondition(distances.rows == distances.columns, "distances are square")
    guard distances.rows > 0 else { throw StatisticsError.empty("rows") }
    self.init(
      pairs: try NeighbourChain(distances, method, weights: weights).run(workers), count: distances.rows)
  }

  /// Ward's tree of groups that are known by their means and sizes.
  /// - Throws: as above.
  public init(centroids: Matrix<Double>, sizes: [Double], workers: Workers = .serial) throws {
    precondition(sizes.count == centroids.rows, "one size for each centroid")
    var distances = Matrix<Double>.zeros(centroids.rows, centroids.rows)
    for i in 0..<centroids.rows {
      for j in 0..<i {
        let difference = zip(centroids.row(i), centroids.row(j)).map { $0 - $1 }
        let scale = sizes[i] + sizes[j] > 0 ? 2 * sizes[i] * sizes[j] / (sizes[i] + sizes[j]) : 0
        distances[i, j] = (scale * difference.dot(difference)).squareRoot()
        distances[j, i] = distances[i, j]
      }
    }
    try self.init(distances: distances, .ward, weights: sizes, workers: workers)
  }

  /// - Parameter found: pairs of rows, one of each group, in the order in which the chain found them.
  init(pairs found: [NeighbourChain<Double>.Pair], count: Int) {
    self.count = count
    var parents = Array(0..<2 * count)
    func root(_ start: Int) -> Int {
      var node = start
      while parents[node] != node {
        parents[node] = parents[parents[node]]
        node = parents[node]
      }
      return node
    }
    var sizes = [Int](repeating: 1, count: 2 * count)
    var merges: [Merge] = []
    // The sort is stable, so ties stay in the order in which they were found.
    for pair in found.sorted(by: { $0.height < $1.height }) {
      let (a, b) = (root(pair.first), root(pair.second))
      let new = count + merges.count
      (parents[a], parents[b]) = (new, new)
      sizes[new] = sizes[a] + sizes[b]
      merges.append(Merge(first: min(a, b), second: max(a, b), height: pair.height, size: sizes[new]))
    }
    self.merges = merges
  }

  private static func distances<S: Scalar>(
    _ points: KMeansPoints, _ metric: KMeans.Metric, _ workers: Workers
  ) throws -> Matrix<S> {
    let (n, d) = (points.count, points.columns)
    // Number by number, so that equal distances are equal to the last bit: ties decide the tree.
    let isExact = S.self == Double.self
    var result = Matrix<S>.zeros(n, n)
    try workers.fill(&result, size: 64) { range, target in
      points.values.withUnsafeBuffer { x in
        guard let x = x.baseAddress else { return }
        if isExact {
          for i in range {
            for j in i + 1..<max(i + 1, n) {
              let (a, b) = (x + i * d, x + j * d)
              target[(i - range.lowerBound) * n + j] =
                metric == .cosine ? S(cosineDistance(a, b, d)) : S(KMeansPoints.squaredDistance(a, b, d).squareRoot())
            }
          }
          return
        }
        var products = [Double](repeating: 0, count: range.count * n)
        Double.gemm(
          .no, .yes, m: range.count, n: n, k: d, alpha: 1, x + range.lowerBound * d, lda: d, x, ldb: d, beta: 0,
          &products, ldc: n)
        for i in range {
          let row = (i - range.lowerBound) * n
          for j in 0..<n where j != i {
            let product = products[row + j]
            if metric == .cosine {
              target[row + j] = S(max(0, 1 - product))
              continue
            }
            let scale = points.squares[i] + points.squares[j]
            let square = scale - 2 * product
            // Where the product leaves too few digits the difference is taken number by number.
            target[row + j] = S(
              (square > 1e-4 * scale ? square : KMeansPoints.squaredDistance(x + i * d, x + j * d, d)).squareRoot())
          }
        }
      }
    }
    // Both halves alike to the last bit, whatever the kernel of the product did.
    result.withUnsafeMutableBuffer { distances in
      for i in 0..<n {
        for j in 0..<i { distances[i &* n &+ j] = distances[j &* n &+ i] }
      }
    }
    return result
  }

  private static func cosineDistance(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ d: Int) -> Double {
    var product = 0.0
    for j in 0..<d { product += a[j] * b[j] }
    // Directions that differ by rounding alone are one.
    return product > 1 - 1e-12 ? 0 : 1 - product
  }

  /// With distances as floats; Ward's heights are exact all the same.
  static func inFloats(
    _ points: KMeansPoints, _ method: Method, _ metric: KMeans.Metric, _ workers: Workers
  ) throws -> [NeighbourChain<Double>.Pair] {
    let distances: Matrix<Float> = try distances(points, metric, workers)
    var pairs = try NeighbourChain(distances, method).run(workers)
    if method == .ward { sharpen(&pairs, points.values) }
    return pairs
  }

  /// Ward's heights from centroids, in doubles.
  private static func sharpen(_ pairs: inout [NeighbourChain<Double>.Pair], _ rows: Matrix<Double>) {
    var centroids = rows
    var sizes = [Double](repeating: 1, count: rows.rows)
    let d = rows.columns
    centroids.withUnsafeMutableBuffer { c in
      guard let c = c.baseAddress else { return }
      for place in pairs.indices {
        let (a, b) = (pairs[place].first, pairs[place].second)
        let square = KMeansPoints.squaredDistance(c + a * d, c + b * d, d)
        let total = sizes[a] + sizes[b]
        pairs[place].height = (2 * sizes[a] * sizes[b] / total * square).squareRoot()
        // The chain keeps a merged group under its second row.
        for j in 0..<d { c[b * d + j] = (sizes[a] * c[a * d + j] + sizes[b] * c[b * d + j]) / total }
        sizes[b] = total
      }
    }
  }

  // MARK: - Cuts

  /// The group of each row when there are so many groups, numbered by size, then by first row.
  public func labels(groups: Int) -> [Int] {
    labels(merges: max(0, min(count - 1, count - groups)))
  }

  /// The group of each row when groups nearer than this are one.
  public func labels(height: Double) -> [Int] {
    labels(merges: merges.prefix { $0.height <= height }.count)
  }

  private func labels(merges number: Int) -> [Int] {
    var parents = Array(0..<count + number)
    for (place, merge) in merges.prefix(number).enumerated() {
      (parents[merge.first], parents[merge.second]) = (count + place, count + place)
    }
    for node in parents.indices.reversed() { parents[node] = parents[parents[node]] }
    return Partition(parents.prefix(count).map { $0 }).labels
  }

  /// The rows from left to right as a dendrogram has them.
  public var order: [Int] {
    var result: [Int] = []
    var open = merges.isEmpty ? [0] : [count + merges.count - 1]
    while let node = open.popLast() {
      if node < count {
        result.append(node)
      } else {
        open.append(merges[node - count].second)
        open.append(merges[node - count].first)
      }
    }
    return result
  }
}

/// Groups of rows under numbers that depend on nothing but the groups: by decreasing size, then by their first row.
public struct Partition: Sendable, Equatable {
  /// The group of each row, from 0; negative for none.
  public let labels: [Int]
  /// Rows of each group, descending.
  public let sizes: [Int]
  /// What each group was called.
  public let names: [Int]

  /// - Parameter names: any numbers; rows of a negative one stay without a group.
  public init(_ names: [Int]) {
    var sizes: [Int: Int] = [:]
    var first: [Int: Int] = [:]
    for (row, name) in names.enumerated() where name >= 0 {
      sizes[name, default: 0] += 1
      if first[name] == nil { first[name] = row }
    }
    let order = sizes.keys.sorted { (-(sizes[$0] ?? 0), first[$0] ?? 0) < (-(sizes[$1] ?? 0), first[$1] ?? 0) }
    let number = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    labels = names.map { $0 < 0 ? -1 : number[$0] ?? -1 }
    self.sizes = order.map { sizes[$0] ?? 0 }
    self.names = order
  }
}

/// Merges nearest neighbours along a chain.
struct NeighbourChain<S: Scalar> {
  struct Pair {
    /// The first is gone after the merge, the second stands for both.
    var first: Int
    var second: Int
    var height: Double
  }

  private var distances: Matrix<S>
  private let method: Linkage.Method

  private let weights: [S]

  init(_ distances: Matrix<S>, _ method: Linkage.Method, weights: [S]? = nil) {
    self.distances = distances
    self.method = method
    self.weights = weights ?? [S](repeating: 1, count: distances.rows)
  }

  @_specialize(where S == Double)
  @_specialize(where S == Float)
  consuming func run(_ workers: Workers) throws -> [NeighbourChain<Double>.Pair] {
    let n = distances.rows
    let method = method
    var found: [NeighbourChain<Double>.Pair] = []
    found.reserveCapacity(max(0, n - 1))
    // The groups that are left, ascending; the distances of a group stand in its row and its column.
    var active = Array(0..<n)
    var sizes = weights
    var chain: [Int] = []
    try distances.withUnsafeMutableBuffer { d in
      while active.count > 1 {
        if found.count & 63 == 0 { try workers.checkCancellation() }
        if chain.isEmpty { chain.append(active[0]) }
        while true {
          let x = chain[chain.count - 1]
          let before = chain.count > 1 ? chain[chain.count - 2] : -1
          // The group before wins ties, else the chain would not end; then the lowest.
          var (nearest, least) = (before, before >= 0 ? d[x &* n &+ before] : S.infinity)
          for y in active where y != x {
            let distance = d[x &* n &+ y]
            if distance < least { (nearest, least) = (y, distance) }
          }
          if nearest == before { break }
          chain.append(nearest)
        }
        let x = min(chain[chain.count - 1], chain[chain.count - 2])
        let y = max(chain[chain.count - 1], chain[chain.count - 2])
        chain.removeLast(2)
        let apart = d[x &* n &+ y]
        found.append(.init(first: x, second: y, height: Double(apart)))
        if let place = active.binarySearch(x) { active.remove(at: place) }
        let (a, b) = (sizes[x], sizes[y])
        for z in active where z != y {
          let (dx, dy) = (d[x &* n &+ z], d[y &* n &+ z])
          let new: S
          switch method {
          case .single: new = dx < dy ? dx : dy
          case .complete: new = dx > dy ? dx : dy
          case .average: new = (a * dx + b * dy) / (a + b)
          case .ward:
            let c = sizes[z]
            let share = 1 / (a + b + c)
            let square = (a + c) * share * dx * dx + (b + c) * share * dy * dy - c * share * apart * apart
            new = square > 0 ? square.squareRoot() : 0
          }
          d[y &* n &+ z] = new
          d[z &* n &+ y] = new
        }
        sizes[y] = a + b
      }
    }
    return found
  }
}

extension [Int] {
  /// The place of a number in an ascending list.
  fileprivate func binarySearch(_ value: Int) -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value ? low : nil
  }
}
