import Linear

/// Rows joined to the rows nearest to them by cosine; a weighted graph without loops, its weights summing to 1.
///
///     var graph = try NeighbourGraph(FactorOperand(tfidf), neighbours: 20, workers: workers)
///     graph.add(try NeighbourGraph(FactorOperand(embedding), neighbours: 20, workers: workers))
///
/// Negative cosines count as 0, and cosines are compared after rounding to twelve digits, so that the kernel of a
/// product decides no tie; the lowest row wins.
public struct NeighbourGraph: Sendable, Equatable {
  /// n × n, symmetric.
  public private(set) var weights: SparseMatrix

  public var count: Int { weights.rows }

  /// Each row keeps its nearest rows; both directions are averaged, then all is divided by its sum.
  /// - Throws: what cancels the workers.
  public init(_ rows: FactorOperand, neighbours: Int, workers: Workers = .serial) throws {
    let nearest = try NearestRows(rows, workers).all(neighbours, workers)
    var pointers = [0]
    var columns: [Int] = []
    var values: [Double] = []
    var turned = [[(row: Int, weight: Double)]](repeating: [], count: nearest.count)
    for (row, list) in nearest.enumerated() {
      for entry in list { turned[entry.row].append((row, entry.similarity)) }
    }
    for (row, list) in nearest.enumerated() {
      for entry in list {
        columns.append(entry.row)
        values.append(entry.similarity / 2)
      }
      for entry in turned[row] {
        columns.append(entry.row)
        values.append(entry.weight / 2)
      }
      pointers.append(columns.count)
    }
    let sum = try SparseMatrix(
      unordered: nearest.count, columns: nearest.count, rowPointers: pointers, columnIndices: columns, values: values)
    let total = fixedSum(sum.values)
    weights = total > 0 ? sum.withValues(sum.values.map { $0 / total }) : sum
  }

  /// For each row the rows, at most 20 and the nearest first, whose cosine to it is at least a limit.
  /// - Throws: what cancels the workers.
  public static func similarRows(
    _ rows: FactorOperand, above limit: Double, workers: Workers = .serial
  ) throws -> [[Int]] {
    try NearestRows(rows, workers).all(20, workers).map { near in
      near.prefix { $0.similarity >= limit }.map(\.row)
    }
  }

  /// A symmetric matrix of weights as it is.
  init(weights: SparseMatrix) { self.weights = weights }

  /// Adds the edges of a graph on the same rows.
  /// - Throws: `StatisticsError` for another number of rows.
  public mutating func add(_ other: NeighbourGraph) throws {
    guard other.count == count else {
      throw StatisticsError.lengthMismatch(what: "rows in the second matrix", expected: count, found: other.count)
    }
    var pointers = [0]
    var columns: [Int] = []
    var values: [Double] = []
    for row in 0..<count {
      for part in [weights, other.weights] {
        part.withRow(row) { indices, numbers in
          columns.append(contentsOf: indices.lazy.map { Int($0) })
          values.append(contentsOf: numbers)
        }
      }
      pointers.append(columns.count)
    }
    weights = try SparseMatrix(
      unordered: count, columns: count, rowPointers: pointers, columnIndices: columns, values: values)
  }

  /// The sum of each row's weights.
  public var degrees: [Double] {
    (0..<count).map { row in weights.withRow(row) { $1.reduce(0, +) } }
  }

  /// For each row how its weight is shared among the groups, rows × groups; rows without edges are zero.
  public func shares(_ labels: [Int], groups: Int) -> Matrix<Double> {
    var result = Matrix<Double>.zeros(count, groups)
    for row in 0..<count {
      weights.withRow(row) { columns, values in
        let sum = values.reduce(0, +)
        guard sum > 0 else { return }
        for entry in columns.indices {
          let label = labels[Int(columns[entry])]
          if label >= 0 { result[row, label] += values[entry] / sum }
        }
      }
    }
    return result
  }

  /// k groups: rows in the space of the leading eigenvectors of D^−½·S·D^−½, each of length 1, by k-means (Ng, Jordan &
  /// Weiss 2002). Rows without edges get −1.
  ///
  /// By LAPACK up to 3000 rows, beyond that by Lanczos on (1 + D^−½·S·D^−½)/2, whose eigenvalues are not negative.
  /// - Throws: `StatisticsError` for more groups than rows with edges; `NumericError`; what cancels the workers.
  public func spectralGroups(_ k: Int, seed: UInt64, workers: Workers = .serial) throws -> [Int] {
    let degrees = degrees
    let joined = degrees.indices.filter { degrees[$0] > 0 }
    guard k >= 1, k <= joined.count else {
      throw StatisticsError.parameter(
        name: "k", expected: "1 to the number of rows with neighbours, \(joined.count)", found: "\(k)")
    }
    var place = [Int](repeating: -1, count: count)
    for (new, old) in joined.enumerated() { place[old] = new }
    var pointers = [0]
    var columns: [Int] = []
    var values: [Double] = []
    let isDense = joined.count <= 3000
    for row in joined {
      weights.withRow(row) { indices, numbers in
        for entry in indices.indices {
          let other = Int(indices[entry])
          columns.append(place[other])
          let value = numbers[entry] / (degrees[row] * degrees[other]).squareRoot()
          values.append(isDense ? value : value / 2)
        }
      }
      if !isDense {
        columns.append(place[row])
        values.append(0.5)
      }
      pointers.append(columns.count)
    }
    let matrix = try SparseMatrix(
      unordered: joined.count, columns: joined.count, rowPointers: pointers, columnIndices: columns, values: values)
    let vectors: Matrix<Double>
    if isDense {
      vectors = try SymmetricEigen(matrix.dense(), largest: k).vectors
    } else {
      var options = TruncatedSVD.Options()
      options.method = .lanczos
      vectors = try TruncatedSVD(
        matrix, rank: k, options: options, random: RandomNumbers(seed: seed, step: "spectral"), workers: workers
      ).components
    }
    var rows = vectors.transposed()
    rows.normaliseRows()
    let fit = try KMeans(k: k, metric: .euclidean, seed: seed).fit(rows, workers: workers)
    var labels = [Int](repeating: -1, count: count)
    for (new, old) in joined.enumerated() { labels[old] = fit.labels[new] }
    return labels
  }
}

/// The rows nearest to each row by cosine.
struct NearestRows: Sendable {
  typealias Entry = (row: Int, similarity: Double)

  private let rows: FactorOperand
  private let count: Int

  init(_ rows: FactorOperand, _ workers: Workers) throws {
    count = rows.rows
    switch rows.data {
    case .dense(var matrix):
      matrix.normaliseRows()
      self.rows = FactorOperand(matrix)
    case .sparse(let matrix, _):
      var values = matrix.values
      for row in 0..<matrix.rows {
        let range = matrix.rowPointers[row]..<matrix.rowPointers[row + 1]
        let length = values[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
        for entry in range where length > 0 { values[entry] /= length }
      }
      self.rows = FactorOperand(matrix.withValues(values))
    }
  }

  /// Positive cosines only, largest first, the lowest row on ties.
  func all(_ limit: Int, _ workers: Workers) throws -> [[Entry]] {
    let size = 64
    let blocks = (count + size - 1) / size
    let found = try workers.map(blocks) { block in
      let range = block * size..<min(count, (block + 1) * size)
      return similarities(range).enumerated().map { place, row in
        Self.largest(row, limit, without: range.lowerBound + place)
      }
    }
    return found.flatMap { $0 }
  }

  private func similarities(_ range: Range<Int>) -> [[Double]] {
    switch rows.data {
    case .dense(let matrix):
      let block = matrix.rows(range).timesTransposed(matrix)
      return (0..<range.count).map { block.row($0) }
    case .sparse(let matrix, let turned):
      return range.map { row in
        var sums = [Double](repeating: 0, count: count)
        matrix.withRow(row) { columns, values in
          for entry in columns.indices {
            turned.withRow(Int(columns[entry])) { rows, weights in
              for k in rows.indices { sums[Int(rows[k])] += values[entry] * weights[k] }
            }
          }
        }
        return sums
      }
    }
  }

  private static func largest(_ row: [Double], _ limit: Int, without own: Int) -> [Entry] {
    var best: [Entry] = []
    for other in row.indices where other != own {
      let similarity = (row[other] * 1e12).rounded() / 1e12
      guard similarity > 0 else { continue }
      if best.count == limit, let last = best.last, similarity <= last.similarity { continue }
      var place = best.count
      while place > 0, best[place - 1].similarity < similarity { place -= 1 }
      best.insert((other, min(1, similarity)), at: place)
      if best.count > limit { best.removeLast() }
    }
    return best
  }
}
