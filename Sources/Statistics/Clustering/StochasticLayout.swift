internal import Glibc
import Linear

/// Two coordinates for each row by t-SNE (van der Maaten & Hinton 2008), exact, from the principal components.
///
/// 750 iterations, the first 250 with exaggeration 12; the step is max(n/48, 50) as Belkina et al. (2019) have it. No
/// seed has a part in it, and threads change no bit.
public struct StochasticLayout: Sendable {
  /// n × 2.
  public let points: Matrix<Double>
  public let perplexity: Double

  /// The most rows of an exact layout.
  public static let mostRows = 5000

  /// - Parameters:
  ///   - rows: n × d.
  ///   - start: n × 2 coordinates to begin with, of any scale.
  /// - Throws: `StatisticsError` for numbers that are not finite; what cancels the workers.
  public init(
    _ rows: Matrix<Double>, start: Matrix<Double>, perplexity: Double, metric: KMeans.Metric = .euclidean,
    iterations: Int = 750, workers: Workers = .serial, progress: Progress = { _, _, _ in }
  ) throws {
    let points = try KMeansPoints(rows, k: 1, metric: metric, workers: workers)
    let n = points.count
    self.perplexity = max(1, min(perplexity, Double(n - 1) / 3))
    guard n > 2 else {
      self.points = start
      return
    }
    let affinities = try Self.affinities(points, self.perplexity, workers)
    var y = Self.scaled(start)
    var step = Matrix<Double>.zeros(n, 2)
    var gains = Matrix<Double>(rows: n, columns: 2, repeating: 1)
    let rate = max(Double(n) / 48, 50)
    for iteration in 0..<iterations {
      if iteration % 25 == 0 { progress(iteration, iterations, "t-SNE") }
      let early = iteration < 250
      let gradient = try Self.gradient(affinities, y, exaggeration: early ? 12 : 1, workers)
      let momentum = early ? 0.5 : 0.8
      for i in 0..<n {
        for j in 0..<2 {
          let opposite = (gradient[i, j] > 0) != (step[i, j] > 0)
          gains[i, j] = max(0.01, opposite ? gains[i, j] + 0.2 : gains[i, j] * 0.8)
          step[i, j] = momentum * step[i, j] - rate * gains[i, j] * gradient[i, j]
          y[i, j] += step[i, j]
        }
      }
    }
    let middle = (0..<2).map { fixedSum(y.column($0)) / Double(n) }
    y.addToRows(middle.map { -$0 })
    self.points = y
  }

  /// The first coordinate gets the standard deviation 1e-4.
  private static func scaled(_ start: Matrix<Double>) -> Matrix<Double> {
    var result = start
    let column = start.column(0)
    let mean = fixedSum(column) / Double(max(1, column.count))
    let spread = (fixedSum(column.map { ($0 - mean) * ($0 - mean) }) / Double(max(1, column.count))).squareRoot()
    if spread > 0 { result.scale(by: 1e-4 / spread) }
    return result
  }

  /// Symmetric joint probabilities, each row's bandwidth found by bisection on its entropy.
  private static func affinities(
    _ points: KMeansPoints, _ perplexity: Double, _ workers: Workers
  ) throws -> Matrix<Double> {
    let (n, d) = (points.count, points.columns)
    let target = log(perplexity)
    var result = Matrix<Double>.zeros(n, n)
    try workers.fill(&result, size: 32) { range, rows in
      points.values.withUnsafeBuffer { x in
        guard let x = x.baseAddress else { return }
        for i in range {
          let row = UnsafeMutableBufferPointer(
            rebasing: rows[(i - range.lowerBound) * n..<(i - range.lowerBound + 1) * n])
          let distances = (0..<n).map { KMeansPoints.squaredDistance(x + i * d, x + $0 * d, d) }
          let least = distances.indices.reduce(Double.infinity) { $1 == i ? $0 : min($0, distances[$1]) }
          var (low, high, beta) = (0.0, Double.infinity, 1.0)
          let mean = max(1e-250, distances.reduce(0, +) / Double(n))
          beta = 1 / mean
          for _ in 0..<100 {
            var (sum, weighted) = (0.0, 0.0)
            for j in 0..<n where j != i {
              let p = exp(-beta * (distances[j] - least))
              row[j] = p
              sum += p
              weighted += p * (distances[j] - least)
            }
            let entropy = log(sum) + beta * weighted / sum
            for j in 0..<n { row[j] /= sum }
            if (entropy - target).magnitude < 1e-5 { break }
            if entropy > target { low = beta } else { high = beta }
            beta = high == .infinity ? min(beta * 2, 1e300) : (low + high) / 2
          }
          row[i] = 0
        }
      }
    }
    return result.adding(result.transposed()).scaled(by: 1 / Double(2 * n))
  }

  private static func gradient(
    _ affinities: Matrix<Double>, _ y: Matrix<Double>, exaggeration: Double, _ workers: Workers
  ) throws -> Matrix<Double> {
    let n = y.rows
    // Per row: Σ p·q·(yᵢ − yⱼ) in both coordinates, Σ q²·(yᵢ − yⱼ), and Σ q.
    var parts = Matrix<Double>.zeros(n, 5)
    try workers.fill(&parts, size: 32) { range, target in
      y.withUnsafeBuffer { y in
        affinities.withUnsafeBuffer { p in
          for i in range {
            var (a0, a1, r0, r1, sum) = (0.0, 0.0, 0.0, 0.0, 0.0)
            let (x0, x1) = (y[2 &* i], y[2 &* i &+ 1])
            for j in 0..<n {
              let (d0, d1) = (x0 - y[2 &* j], x1 - y[2 &* j &+ 1])
              let q = 1 / (1 + d0 * d0 + d1 * d1)
              let weight = p[i &* n &+ j] * q
              a0 += weight * d0
              a1 += weight * d1
              r0 += q * q * d0
              r1 += q * q * d1
              sum += q
            }
            let place = (i &- range.lowerBound) &* 5
            (target[place], target[place + 1], target[place + 2], target[place + 3], target[place + 4]) = (
              a0, a1, r0, r1, sum - 1
            )
          }
        }
      }
    }
    let total = max(fixedSum(parts.column(4)), .leastNormalMagnitude)
    return Matrix(rows: n, columns: 2) { target in
      for i in 0..<n {
        for j in 0..<2 {
          target[2 * i + j] = 4 * (exaggeration * parts[i, j] - parts[i, 2 + j] / total)
        }
      }
    }
  }
}

extension Matrix where S == Double {
  fileprivate func scaled(by factor: Double) -> Matrix {
    var result = self
    result.scale(by: factor)
    return result
  }
}

/// How well a layout keeps the neighbours of the space that it was made from.
public struct LayoutQuality: Sendable, Equatable {
  /// 1 less a penalty for rows that are near on the map and not in the space (Venna & Kaski 2001); 1 is perfect.
  public let trustworthiness: Double
  /// The share of the nearest rows in the space that are among as many nearest on the map.
  public let recall: Double
  /// Of each row the share of its neighbours in the space that the map keeps.
  public let recalls: [Double]
  public let neighbours: Int

  /// - Throws: what cancels the workers.
  public init(
    _ rows: Matrix<Double>, _ map: Matrix<Double>, neighbours: Int = 10, metric: KMeans.Metric = .euclidean,
    workers: Workers = .serial
  ) throws {
    let space = try KMeansPoints(rows, k: 1, metric: metric, workers: workers)
    let n = space.count
    // The penalty is only defined for fewer than half of the rows.
    let k = max(1, min(neighbours, (n - 1) / 2))
    self.neighbours = k
    guard n > 3 else {
      (trustworthiness, recall, recalls) = (1, 1, [Double](repeating: 1, count: n))
      return
    }
    let parts = try workers.map(n) { i -> (penalty: Double, kept: Int) in
      let near = Self.order(space.values, i)
      let shown = Self.order(map, i).prefix(k)
      var rank = [Int](repeating: 0, count: n)
      for (place, row) in near.enumerated() { rank[row] = place + 1 }
      return (
        shown.reduce(0.0) { $0 + Double(max(0, rank[$1] - k)) }, shown.count { rank[$0] <= k }
      )
    }
    let scale = 2 / (Double(n * k) * Double(2 * n - 3 * k - 1))
    trustworthiness = 1 - scale * fixedSum(parts.map(\.penalty))
    recalls = parts.map { Double($0.kept) / Double(k) }
    recall = fixedSum(recalls) / Double(n)
  }

  private static func order(_ rows: Matrix<Double>, _ i: Int) -> [Int] {
    let d = rows.columns
    let distances = rows.withUnsafeBuffer { x -> [Double] in
      guard let x = x.baseAddress else { return [] }
      return (0..<rows.rows).map { KMeansPoints.squaredDistance(x + i * d, x + $0 * d, d) }
    }
    return distances.indices.filter { $0 != i }.sorted { (distances[$0], $0) < (distances[$1], $1) }
  }
}
