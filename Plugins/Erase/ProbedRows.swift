import Linear
import Statistics

/// Rows whose directions are taken away one after the other, with a logistic probe of what is left at each time.
protocol ProbedRows: AnyObject {
  /// The probe of what is left, and whether its fit converged.
  /// - Parameter basis: all that was taken away, r × d, orthonormal.
  func probe(without basis: Matrix<Double>) throws -> (probe: LinearProbe, converged: Bool)

  /// Of the fitted rows and of those that are only scored, n × K.
  func logProbabilities(_ probe: LinearProbe) throws -> (fitted: Matrix<Double>, scored: Matrix<Double>?)

  /// Takes directions away, r × d, orthonormal, and orthogonal to those before.
  func remove(_ directions: Matrix<Double>) throws
}

/// Rows that are projected anew each time, for probes that Newton's method takes to their last digits.
///
/// A class, since the rows are changed in place.
final class RewrittenRows: ProbedRows {
  private var fitted: Matrix<Double>
  private var scored: Matrix<Double>?
  private let regression: LogisticRegression
  private let labels: [Int]
  private let classes: Int
  private let workers: Workers

  init(
    _ fitted: Matrix<Double>, scored: Matrix<Double>?, _ regression: LogisticRegression, labels: [Int], classes: Int,
    _ workers: Workers
  ) {
    (self.fitted, self.scored, self.regression) = (fitted, scored, regression)
    (self.labels, self.classes, self.workers) = (labels, classes, workers)
  }

  func probe(without basis: Matrix<Double>) throws -> (probe: LinearProbe, converged: Bool) {
    let fit = try regression.fit(fitted, labels: labels, classes: classes, workers: workers)
    return (fit.probe, fit.converged)
  }

  func logProbabilities(_ probe: LinearProbe) throws -> (fitted: Matrix<Double>, scored: Matrix<Double>?) {
    (fitted.logProbabilities(probe), scored?.logProbabilities(probe))
  }

  func remove(_ directions: Matrix<Double>) throws {
    try fitted.project(away: directions, workers)
    try scored?.project(away: directions, workers)
  }
}

/// Rows that stay as they are, since weights that are confined read the same from them.
final class ConfinedRows<A: Scalar>: ProbedRows {
  private let fitted: Matrix<A>
  private let scored: Matrix<A>?
  private let probes: ConfinedLogistic
  private let start: ConfinedLogistic.Fit
  private let tolerance: Double

  init(
    _ fitted: Matrix<A>, scored: Matrix<A>?, _ probes: ConfinedLogistic, _ start: ConfinedLogistic.Fit,
    tolerance: Double
  ) {
    (self.fitted, self.scored, self.probes, self.start) = (fitted, scored, probes, start)
    self.tolerance = tolerance
  }

  func probe(without basis: Matrix<Double>) throws -> (probe: LinearProbe, converged: Bool) {
    let fit = try probes.fit(without: basis, tolerance: tolerance, from: start)
    return (fit.probe, fit.converged)
  }

  func logProbabilities(_ probe: LinearProbe) throws -> (fitted: Matrix<Double>, scored: Matrix<Double>?) {
    (fitted.logProbabilities(probe), scored?.logProbabilities(probe))
  }

  func remove(_ directions: Matrix<Double>) throws {}
}

extension Matrix {
  /// (x − mean)·factor of some rows.
  @_specialize(where S == Double, A == Double)
  @_specialize(where S == Double, A == Float)
  @_specialize(where S == Float, A == Double)
  @_specialize(where S == Float, A == Float)
  func scaledRows<A: Scalar>(
    _ rows: [Int], mean: [Double], factor: [Double], workers: Workers
  ) throws -> Matrix<A> {
    var result = Matrix<A>.zeros(rows.count, columns)
    let d = columns
    try workers.fill(&result, size: 1024) { range, buffer in
      withUnsafeBuffer { x in
        mean.withUnsafeBufferPointer { mean in
          factor.withUnsafeBufferPointer { factor in
            for (i, row) in range.enumerated() {
              let from = rows[row] &* d
              for j in 0..<d { buffer[i &* d &+ j] = A((Double(x[from &+ j]) - mean[j]) * factor[j]) }
            }
          }
        }
      }
    }
    return result
  }

  /// Of rows as they lie, by a probe of such rows.
  fileprivate func logProbabilities(_ probe: LinearProbe) -> Matrix<Double> {
    let weights: Matrix<S> = probe.weights.converted()
    var scores: Matrix<Double> =
      weights.rows == 1
      ? Matrix<S>(rows: rows, columns: 1, elements: times(weights.row(0))).converted()
      : timesTransposed(weights).converted()
    scores.subtractFromRows(probe.bias.map { -$0 })
    return LinearProbe.logProbabilities(scores: scores)
  }
}

extension Matrix where S == Double {
  /// X ← X − (X·Bᵀ)·B.
  fileprivate mutating func project(away directions: Matrix<Double>, _ workers: Workers) throws {
    let (d, r) = (directions.columns, directions.rows)
    try workers.fill(&self, size: 256) { range, buffer in
      guard let x = buffer.baseAddress else { return }
      var shares = [Double](repeating: 0, count: range.count * r)
      shares.withUnsafeMutableBufferPointer { shares in
        directions.withUnsafeBuffer { b in
          guard let c = shares.baseAddress, let b = b.baseAddress else { return }
          Double.gemm(.no, .yes, m: range.count, n: r, k: d, alpha: 1, x, lda: d, b, ldb: d, beta: 0, c, ldc: r)
          Double.gemm(.no, .no, m: range.count, n: d, k: r, alpha: -1, c, lda: r, b, ldb: d, beta: 1, x, ldc: d)
        }
      }
    }
  }
}
