import Linear
import Statistics

import func Glibc.exp

/// A kernel k(x, y).
struct Kernel: Sendable, Hashable, Codable {
  enum Kind: String, Sendable, Codable, CaseIterable {
    /// exp(−γ‖x − y‖²).
    case rbf
    /// exp(−γ‖x − y‖₁).
    case laplacian
    /// (γ·x·y + coef0)^degree.
    case polynomial
    /// x·y.
    case linear
  }

  var kind: Kind
  var gamma: Double
  var degree: Int
  var coef0: Double

  /// k of each row of `x` and each of `y`, n × m.
  func values(_ x: Matrix<Double>, _ y: Matrix<Double>) -> Matrix<Double> {
    switch kind {
    case .linear: return x.timesTransposed(y)
    case .polynomial:
      var result = x.timesTransposed(y)
      let (gamma, coef0, degree) = (gamma, coef0, degree)
      result.withUnsafeMutableBuffer { buffer in
        for i in 0..<buffer.count {
          let base = gamma * buffer[i] + coef0
          var power = 1.0
          for _ in 0..<degree { power *= base }
          buffer[i] = power
        }
      }
      return result
    case .rbf:
      var result = x.timesTransposed(y)
      let (left, right) = (squares(x), squares(y))
      let (gamma, m) = (gamma, y.rows)
      result.withUnsafeMutableBuffer { buffer in
        for i in 0..<left.count {
          for j in 0..<m {
            let distance = left[i] + right[j] - 2 * buffer[i &* m &+ j]
            buffer[i &* m &+ j] = exp(-gamma * max(0, distance))
          }
        }
      }
      return result
    case .laplacian:
      let (d, m, gamma) = (x.columns, y.rows, gamma)
      return x.withUnsafeBuffer { x in
        y.withUnsafeBuffer { y in
          Matrix(rows: d == 0 ? 0 : x.count / d, columns: m) { target in
            for i in 0..<target.count / max(1, m) {
              for j in 0..<m {
                var distance = 0.0
                for c in 0..<d { distance += (x[i &* d &+ c] - y[j &* d &+ c]).magnitude }
                target[i &* m &+ j] = exp(-gamma * distance)
              }
            }
          }
        }
      }
    }
  }

  private func squares(_ rows: Matrix<Double>) -> [Double] {
    (0..<rows.rows).map { rows.withRow($0) { $0.reduce(0) { $0 + $1 * $1 } } }
  }
}

/// The features of a kernel on a few landmarks, φ(x) = K_mm^(+½)·k(landmarks, x), whose inner products are the kernel's
/// as far as the landmarks reach (Williams & Seeger 2001).
struct NystromFeatures: Sendable, Equatable {
  let kernel: Kernel
  /// m × d.
  let landmarks: Matrix<Double>
  /// K_mm^(+½), m × m.
  let root: Matrix<Double>

  /// d.
  var columns: Int { landmarks.columns }

  /// - Throws: `StatisticsError` for sizes that do not fit or numbers that are not finite.
  init(kernel: Kernel, landmarks: Matrix<Double>, root: Matrix<Double>) throws(StatisticsError) {
    guard landmarks.rows > 0, landmarks.columns > 0 else { throw .empty("landmarks") }
    guard root.rows == landmarks.rows, root.columns == landmarks.rows else {
      throw .lengthMismatch(what: "numbers in the root", expected: landmarks.rows * landmarks.rows, found: root.count)
    }
    guard kernel.gamma.isFinite, kernel.coef0.isFinite, (1...16).contains(kernel.degree) else {
      throw .parameter(name: "the kernel", expected: "finite numbers and a degree of 1 to 16", found: "\(kernel)")
    }
    for matrix in [landmarks, root] {
      if let place = matrix.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    }
    (self.kernel, self.landmarks, self.root) = (kernel, landmarks, root)
  }

  /// Directions of K_mm with an eigenvalue of at most 1e-10 of the largest are left out.
  /// - Throws: as above, and `NumericError`.
  init(kernel: Kernel, landmarks: Matrix<Double>) throws {
    let axes = try SymmetricEigen(kernel.values(landmarks, landmarks).symmetrised)
    let kept = axes.values.prefix { $0 > 1e-10 * (axes.values.first ?? 0) && $0 > 0 }
    let vectors = axes.vectors.rows(0..<kept.count)
    let root = vectors.transposedTimes(vectors.rowsTimes(kept.map { 1 / $0.squareRoot() }))
    try self.init(kernel: kernel, landmarks: landmarks, root: root)
  }

  /// φ of each row, n × m.
  /// - Throws: `StatisticsError` for another number of columns, or a number that is not finite or becomes so.
  func features<S: Scalar>(_ rows: Matrix<S>) throws(StatisticsError) -> Matrix<Double> {
    guard rows.columns == columns else {
      throw .lengthMismatch(what: "columns", expected: columns, found: rows.columns)
    }
    if let place = rows.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    let result = kernel.values(rows.converted(to: Double.self), landmarks).times(root)
    if let place = result.firstNonFinite() { throw .notFinite(row: place.row, column: 0) }
    return result
  }
}

/// LEACE in the features of a kernel: at full rank the exact solution of kernelised minimax erasure
/// (Ravfogel, Vargas, Goldberg & Cotterell 2022), for predictors that are linear in these features alone.
struct KernelEraser: Sendable, Equatable {
  let features: NystromFeatures
  /// Of the m features.
  let eraser: Eraser

  init(features: NystromFeatures, eraser: Eraser) throws(StatisticsError) {
    guard eraser.columns == features.landmarks.rows else {
      throw .lengthMismatch(what: "columns of the eraser", expected: features.landmarks.rows, found: eraser.columns)
    }
    (self.features, self.eraser) = (features, eraser)
  }

  /// The erased features of each row, n × m.
  /// - Throws: as `NystromFeatures.features`; what cancels the workers.
  func erased<S: Scalar>(_ rows: Matrix<S>, workers: Workers = .serial) throws -> Matrix<S> {
    var result = Matrix<S>.zeros(rows.rows, eraser.columns)
    try workers.fill(&result, size: 256) { range, buffer in
      let block = try eraser.erased(features.features(rows.rows(range)))
      block.withUnsafeBuffer { block in
        for i in 0..<block.count { buffer[i] = S(block[i]) }
      }
    }
    return result
  }
}
