import Linear

/// Moments in units of the deviations, without the columns that do not vary.
struct ScaledMoments {
  /// The columns of x that vary.
  let columns: [Int]
  let constantColumns: [Int]
  /// √(Mxx/(n − 1)) of those that vary.
  let deviations: [Double]
  /// The columns of z that vary.
  let concepts: [Int]
  let constantConcepts: [Int]
  /// Of x with x, ones on the diagonal.
  let correlations: Matrix<Double>
  /// Of x with z.
  let crossCorrelations: Matrix<Double>
  /// Of z with z.
  let conceptCorrelations: Matrix<Double>
  private let width: Int

  init(_ moments: Moments, constantTolerance: Double) {
    width = moments.meanX.count
    let deviations = moments.deviations(less: 1)
    let isConstant = zip(deviations, moments.meanX).map { $0 <= constantTolerance * $1.magnitude }
    columns = deviations.indices.filter { !isConstant[$0] }
    constantColumns = deviations.indices.filter { isConstant[$0] }
    let divisor = Double(max(1, moments.count - 1))
    let conceptDeviations = moments.scatterZZ.diagonal.map { (max(0, $0) / divisor).squareRoot() }
    let isFlat = zip(conceptDeviations, moments.meanZ).map { $0 <= 1e-12 * $1.magnitude }
    concepts = conceptDeviations.indices.filter { !isFlat[$0] }
    constantConcepts = conceptDeviations.indices.filter { isFlat[$0] }
    let (x, z) = (columns.map { deviations[$0] }, concepts.map { conceptDeviations[$0] })
    self.deviations = x
    correlations = Self.scaled(moments.scatterXX, columns, x, columns, x, divisor)
    crossCorrelations = Self.scaled(moments.scatterXZ, columns, x, concepts, z, divisor)
    conceptCorrelations = Self.scaled(moments.scatterZZ, concepts, z, concepts, z, divisor)
  }

  private static func scaled(
    _ scatter: Matrix<Double>, _ rows: [Int], _ rowScale: [Double], _ columns: [Int], _ columnScale: [Double],
    _ divisor: Double
  ) -> Matrix<Double> {
    let isSquare = rows == columns && scatter.rows == scatter.columns
    return scatter.withUnsafeBuffer { source in
      Matrix(rows: rows.count, columns: columns.count) { target in
        for (a, i) in rows.enumerated() {
          for (b, j) in columns.enumerated() {
            // Divided one after the other, since the product of two scales may be too large or too small.
            let value = source[i * scatter.columns + j] / divisor / rowScale[a] / columnScale[b]
            target[a * columns.count + b] = value
          }
          if isSquare { target[a * columns.count + a] = 1 }
        }
      }
    }
  }

  /// Rows of the columns that vary, each times its factor, among rows of zeros for the rest.
  func spread(_ matrix: Matrix<Double>, times factor: [Double]) -> Matrix<Double> {
    let r = matrix.columns
    return matrix.withUnsafeBuffer { source in
      Matrix(rows: width, columns: r) { target in
        for (a, j) in columns.enumerated() {
          for k in 0..<r { target[j * r + k] = source[a * r + k] * factor[a] }
        }
      }
    }
  }
}

/// A root of a correlation matrix: R = F·Fᵀ on its range, by Cholesky where R is far from singular.
struct Whitening {
  private enum Root {
    case cholesky(Cholesky)
    /// Eigenvectors as rows, and their values.
    case eigen(vectors: Matrix<Double>, values: [Double])
  }

  private let root: Root
  private let side: Int

  /// - Parameter unit: the rounding of the sums that the correlations come from.
  /// - Throws: `NumericError`.
  init(_ correlations: Matrix<Double>, shrinkage: Double, rows: Int, unit: Double) throws(NumericError) {
    side = correlations.rows
    var matrix = correlations
    if shrinkage > 0 {
      matrix.scale(by: 1 - shrinkage)
      matrix.add(.identity(side), times: shrinkage)
    }
    let noise = Double(side) * unit * 16
    if rows > side || shrinkage > 0, let factor = try? Cholesky(matrix),
      factor.lower.diagonal.allSatisfy({ $0 * $0 >= noise })
    {
      root = .cholesky(factor)
      return
    }
    let axes = try SymmetricEigen(matrix)
    let kept = axes.values.prefix { $0 > (axes.values.first ?? 0) * noise }
    root = .eigen(vectors: axes.vectors.rows(0..<kept.count), values: Array(kept))
  }

  var byEigenvectors: Bool { if case .eigen = root { true } else { false } }

  var rank: Int {
    switch root {
    case .cholesky: side
    case .eigen(_, let values): values.count
    }
  }

  /// F⁺·B.
  func whiten(_ b: Matrix<Double>) -> Matrix<Double> {
    switch root {
    case .cholesky(let factor): factor.solveLower(b)
    case .eigen(let vectors, let values): vectors.times(b).rowsTimes(values.map { 1 / $0.squareRoot() })
    }
  }

  /// F·U.
  func unwhiten(_ u: Matrix<Double>) -> Matrix<Double> {
    switch root {
    case .cholesky(let factor): factor.lower.times(u)
    case .eigen(let vectors, let values): vectors.transposedTimes(u.rowsTimes(values.map { $0.squareRoot() }))
    }
  }

  /// (F⁺)ᵀ·U. Where R is singular, such that (F⁺)ᵀ·U over D lies in the range of the covariance D·R·D, on whose
  /// complement the map then is the identity (the choice of Moore and Penrose).
  func readers(_ u: Matrix<Double>, deviations: [Double]) throws(NumericError) -> Matrix<Double> {
    switch root {
    case .cholesky(let factor):
      return factor.solveUpper(u)
    case .eigen(let vectors, let values):
      let plain = vectors.transposedTimes(u.rowsTimes(values.map { 1 / $0.squareRoot() }))
      if values.count == side { return plain }
      let basis = try QR(vectors.transposed().rowsTimes(deviations)).q
      let raw = plain.rowsTimes(deviations.map { 1 / $0 })
      return basis.times(basis.transposedTimes(raw)).rowsTimes(deviations)
    }
  }
}

extension Matrix where S == Double {
  /// Each row times its factor.
  func rowsTimes(_ factors: [Double]) -> Matrix {
    var result = self
    for i in 0..<rows {
      result.withMutableRow(i) { row in
        for j in 0..<row.count { row[j] *= factors[i] }
      }
    }
    return result
  }
}
