import Linear
import Statistics

/// Erasure by an orthogonal projection, x′ = x − U·Uᵀ·(x − mean): spectral attribute removal (Shao, Ziser & Cohen 2022)
/// or the projection away from the class means.
///
/// At full rank both remove what LEACE removes, the span of Σxz, and guard the fitted rows alike; they change them more.
/// Unlike LEACE they are bound to the units of the columns.
struct OrthogonalErasure: Sendable, Equatable, Codable {
  /// Whose left singular vectors U are.
  enum Directions: String, Sendable, Codable, CaseIterable {
    /// Σxz: classes count by their size.
    case covariance
    /// The class means less the mean of all rows: classes count alike.
    case classMeans
  }

  var directions = Directions.covariance
  /// How many directions to remove, the strongest first; nil for all.
  var rank: Int?
  /// Directions whose singular value is at most this share of the largest are left alone.
  var tolerance = 1e-12
  /// Whether the mean of the rows stays.
  var affine = true

  struct Fit: Sendable, Equatable {
    let eraser: Eraser
    /// Of the matrix that `directions` names, largest first.
    let singularValues: [Double]
  }

  /// - Throws: `StatisticsError` for fewer than two rows, or class means of a concept that is no classes; `NumericError`.
  func fit(_ moments: CrossMoments, coding: ConceptCoding) throws -> Fit {
    guard moments.count > 1 else { throw StatisticsError.empty("two rows to fit") }
    if let rank, rank < 0 {
      throw StatisticsError.parameter(name: "rank", expected: "at least 0", found: "\(rank)")
    }
    let parts = try SVD(try source(moments, coding))
    let largest = parts.singularValues.first ?? 0
    let full = min(
      parts.singularValues.prefix { $0 > tolerance * largest }.count, moments.mostDirections(coding))
    let u = parts.u.columns(0..<min(full, rank ?? full))
    let deviations = moments.deviations
    let spread = (0..<u.columns).map { k in
      zip(u.column(k), deviations).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }.squareRoot()
    }
    let mean = affine ? moments.meanX : [Double](repeating: 0, count: moments.meanX.count)
    return Fit(
      eraser: try Eraser(left: u, right: u.transposed(), mean: mean, spread: spread),
      singularValues: parts.singularValues)
  }

  private func source(_ moments: CrossMoments, _ coding: ConceptCoding) throws -> Matrix<Double> {
    guard coding.columns == moments.meanZ.count else {
      throw StatisticsError.lengthMismatch(
        what: "columns of the concept", expected: coding.columns, found: moments.meanZ.count)
    }
    switch directions {
    case .covariance:
      var result = moments.scatterXZ
      result.scale(by: 1 / Double(moments.count - 1))
      return result
    case .classMeans:
      guard case .classes(let classes) = coding else {
        throw StatisticsError.parameter(name: "the concept", expected: "class labels", found: "columns of numbers")
      }
      // Σ over the class of (x − mean) is its column of Mxz.
      let n = Double(moments.count)
      if classes == 2 {
        // Both lie on one line, at distances of the other's share: as one column of the length of the two, so that
        // each entry of U keeps its own digits.
        let share = moments.meanZ[0]
        let length = (share * share + (1 - share) * (1 - share)).squareRoot()
        var line = moments.scatterXZ
        let spread = n * share * (1 - share)
        line.scale(by: spread > 0 ? length / spread : 0)
        return line
      }
      return Matrix(rows: moments.meanX.count, columns: classes) { target in
        for c in 0..<classes where moments.meanZ[c] * n > 0.5 {
          for j in 0..<moments.meanX.count {
            target[j * classes + c] = moments.scatterXZ[j, c] / (moments.meanZ[c] * n)
          }
        }
      }
    }
  }
}
