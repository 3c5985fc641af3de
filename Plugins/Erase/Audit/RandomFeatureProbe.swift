import Linear
import Statistics

import func Glibc.cos

/// Ridge regression on random Fourier features of a Gaussian kernel (Rahimi & Recht 2007), the penalty chosen on a fifth
/// of the fitted rows.
struct RandomFeatureProbe: LeakProbe {
  var name: String { "random features" }
  var features = 2048
  /// Penalties as shares of the number of fitted rows.
  var penalties = [1e-4, 1e-3, 1e-2, 1e-1]

  func predictions(
    _ rows: ScaledRows, labels: [Int], weights: [Double], seed: UInt64, workers: Workers
  ) throws -> [[Int]] {
    let d = rows.fitted.columns
    var numbers = RandomNumbers(seed: seed, step: "features")
    var directions: Matrix<Double> = numbers.gaussians(rows: features, columns: d)
    // A width of the median distance between two rows, √(2d) for unit columns.
    directions.scale(by: 1 / (2 * Double(max(1, d))).squareRoot())
    let phases = (0..<features).map { _ in 2 * Double.pi * numbers.unit() }
    let fitted = try mapped(rows.fitted, directions, phases, workers)
    let scored = try mapped(rows.scored, directions, phases, workers)
    let split = try Split.random(rows: labels.count, labels: labels, share: 0.2, seed: seed)
    let trial = try Ridge(fitted.rows(at: split.train), split.train.map { labels[$0] }, weights)
    let (own, truth) = (fitted.rows(at: split.test), split.test.map { labels[$0] })
    var best = (penalty: penalties.first ?? 1e-2, right: -1.0)
    let penalties = penalties
    let tried = try workers.map(penalties.count) { try trial.predictions(own, penalty: penalties[$0]) }
    for (penalty, found) in zip(penalties, tried) {
      let right = zip(found, truth).reduce(0.0) { $0 + ($1.0 == $1.1 ? weights[$1.1] : 0) }
      if right > best.right { best = (penalty, right) }
    }
    try workers.checkCancellation()
    return [try Ridge(fitted, labels, weights).predictions(scored, penalty: best.penalty)]
  }

  private func mapped(
    _ rows: Matrix<Double>, _ directions: Matrix<Double>, _ phases: [Double], _ workers: Workers
  ) throws -> Matrix<Double> {
    var result = Matrix<Double>.zeros(rows.rows, features)
    let scale = (2 / Double(features)).squareRoot()
    let width = features
    try workers.fill(&result, size: 256) { range, buffer in
      let products = rows.rows(range).timesTransposed(directions)
      products.withUnsafeBuffer { products in
        phases.withUnsafeBufferPointer { phases in
          for i in 0..<range.count {
            for j in 0..<width { buffer[i &* width &+ j] = scale * cos(products[i &* width &+ j] + phases[j]) }
          }
        }
      }
    }
    return result
  }

  /// Weighted least squares on ±1 for each class, about weighted means, solved on the smaller side.
  private struct Ridge: Sendable {
    let rows: Matrix<Double>
    let targets: Matrix<Double>
    let mean: [Double]
    let targetMean: [Double]
    let gram: Matrix<Double>
    let isTall: Bool

    init(_ features: Matrix<Double>, _ labels: [Int], _ weights: [Double]) throws {
      let own = labels.map { weights[$0] }
      let total = own.reduce(0, +)
      mean = features.transposedTimes(own.map { $0 / total })
      let coded = Matrix<Double>(rows: labels.count, columns: weights.count) { target in
        for (i, label) in labels.enumerated() {
          for c in weights.indices { target[i * weights.count + c] = c == label ? 1 : -1 }
        }
      }
      targetMean = coded.transposedTimes(own.map { $0 / total })
      let roots = own.map { $0.squareRoot() }
      var (x, y) = (features, coded)
      x.subtractFromRows(mean)
      y.subtractFromRows(targetMean)
      x.scaleRows(by: roots)
      y.scaleRows(by: roots)
      (rows, targets) = (x, y)
      isTall = x.rows >= x.columns
      gram = isTall ? x.gram() : x.outerGram()
    }

    func predictions(_ scored: Matrix<Double>, penalty: Double) throws -> [Int] {
      let factor = try Cholesky(gram.adding(.identity(gram.rows), times: penalty * Double(rows.rows)))
      let solution =
        isTall
        ? factor.solve(rows.transposedTimes(targets)) : rows.transposedTimes(factor.solve(targets))
      var scores = scored.times(solution)
      let offset = zip(targetMean, solution.transposedTimes(mean)).map { $0 - $1 }
      scores.subtractFromRows(offset.map { -$0 })
      return scores.largestColumns()
    }
  }
}
