import Linear

/// Ridge regression with the errors of leaving each row out, for several penalties at once (Hoerl & Kennard 1970;
/// Allen 1974).
///
///     let fit = try RidgeRegression(lambdas: [0.1, 1, 10]).fit(features, targets: targets)
///     fit.probe
///
/// Minimises Σ (yᵢ − w·xᵢ − b)² + λ‖w‖², the sum of squares, b free. All work is done on columns divided by their
/// deviation; without `standardize` the penalty is rescaled column by column. A constant column has weight 0.
public struct RidgeRegression: Sendable, Equatable {
  public var lambdas: [Double]
  public var standardize: Bool

  public init(lambdas: [Double] = [1], standardize: Bool = true) {
    self.lambdas = lambdas
    self.standardize = standardize
  }

  /// +1 for a row's own class and −1 for the others: one column for two classes, of the second; else one a class.
  public static func signs(_ labels: [Int], classes: Int) throws(StatisticsError) -> Matrix<Double> {
    _ = try classCounts(labels, classes: classes)
    return Matrix(rows: labels.count, columns: classes == 2 ? 1 : classes) { buffer in
      let width = classes == 2 ? 1 : classes
      for (i, label) in labels.enumerated() {
        for c in 0..<width { buffer[i * width + c] = label == (classes == 2 ? 1 : c) ? 1 : -1 }
      }
    }
  }

  /// - Parameters:
  ///   - features: n × d.
  ///   - targets: n × R.
  /// - Throws: `StatisticsError` for input that cannot be fitted; `NumericError` when the equations cannot be solved.
  public func fit(
    _ features: Matrix<Double>, targets: Matrix<Double>, workers: Workers = .serial
  ) throws -> RidgeFit {
    guard !lambdas.isEmpty, lambdas.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw StatisticsError.parameter(
        name: "lambda", expected: "numbers from 0", found: lambdas.isEmpty ? "none" : "\(lambdas.min() ?? 0)")
    }
    guard features.columns > 0 else { throw StatisticsError.empty("columns") }
    guard targets.rows == features.rows else {
      throw StatisticsError.lengthMismatch(what: "targets", expected: features.rows, found: targets.rows)
    }
    if let place = targets.firstNonFinite() {
      throw StatisticsError.notFinite(row: place.row, column: place.column)
    }
    let scaling = try ColumnScaling(features)
    let factor = zip(scaling.deviation, scaling.isConstant).map { $1 || !(1 / $0).isFinite ? 0 : 1 / $0 }
    var rows = Matrix<Double>.zeros(features.rows, features.columns)
    try RowBlocks<Double>(features, rows: nil, shift: scaling.mean, factor: factor).write(to: &rows, workers)
    let middle = columnMeans(targets)
    var centred = targets
    centred.addToRows(middle.map { -$0 })
    let penalty = factor.map { standardize || $0 == 0 ? 1 : $0 * $0 }
    let solution = try RidgeEquations(rows, centred, penalty, workers)
    var best: (lambda: Double, error: Double, solved: RidgeEquations.Solved)?
    var errors: [RidgeFit.LeaveOneOut] = []
    for lambda in lambdas {
      try workers.checkCancellation()
      let solved = try solution.solve(lambda)
      errors.append(.init(lambda: lambda, error: solved.leaveOneOutError))
      if best.map({ solved.leaveOneOutError < $0.error }) ?? true {
        best = (lambda, solved.leaveOneOutError, solved)
      }
    }
    guard let best else { throw StatisticsError.empty("penalties") }
    return RidgeFit(
      probe: probe(best.solved.weights, factor, scaling, middle), lambda: best.lambda, errors: errors,
      leftOut: best.solved.leftOut(middle), residualSum: best.solved.residualSum, rank: solution.rank,
      constantColumns: factor.indices.filter { factor[$0] == 0 })
  }

  private func probe(
    _ weights: Matrix<Double>, _ factor: [Double], _ scaling: ColumnScaling, _ middle: [Double]
  ) -> LinearProbe {
    var result = weights.transposed()
    if standardize {
      let scale = factor.map { $0 == 0 ? 1 : 1 / $0 }
      return LinearProbe(checked: result, middle, scaling.mean, scale)
    }
    result.scaleColumns(by: factor)
    let bias = zip(middle, result.times(scaling.mean)).map { $0 - $1 }
    let d = factor.count
    return LinearProbe(
      checked: result, bias, [Double](repeating: 0, count: d), [Double](repeating: 1, count: d))
  }
}

/// A fitted ridge regression.
public struct RidgeFit: Sendable, Equatable {
  public struct LeaveOneOut: Sendable, Equatable, Codable {
    public let lambda: Double
    /// The mean over rows of the squared error, summed over the targets, of predicting a row by a fit to the others.
    public let error: Double
  }

  public let probe: LinearProbe
  /// Of the least error.
  public let lambda: Double
  /// One for each λ.
  public let errors: [LeaveOneOut]
  /// n × R: each row's prediction by a fit to the others, at `lambda`.
  public let leftOut: Matrix<Double>
  /// Σ of the squared residuals of the fitted rows.
  public let residualSum: Double
  /// Of the scaled rows.
  public let rank: Int
  public let constantColumns: [Int]
}

/// The means of the columns.
public func columnMeans(_ matrix: Matrix<Double>) -> [Double] {
  (0..<matrix.columns).map { fixedSum(matrix.column($0)) / Double(max(1, matrix.rows)) }
}

/// (ZᵀZ + λP)·W = ZᵀY for centred rows Z, prepared so that each λ costs little.
struct RidgeEquations {
  struct Solved {
    /// d × R.
    let weights: Matrix<Double>
    let residuals: Matrix<Double>
    /// 1 − hᵢᵢ.
    let freedom: [Double]
    let targets: Matrix<Double>

    var residualSum: Double { fixedSum(residuals.elements.map { $0 * $0 }) }

    var leaveOneOutError: Double {
      let squares = (0..<residuals.rows).map { i in
        residuals.withRow(i) { row in row.reduce(0) { $0 + $1 * $1 } / (freedom[i] * freedom[i]) }
      }
      return fixedSum(squares) / Double(squares.count)
    }

    /// y − e/(1 − h), with the mean of the targets put back.
    func leftOut(_ middle: [Double]) -> Matrix<Double> {
      var result = targets
      for i in 0..<residuals.rows {
        result.withMutableRow(i) { row in
          for r in 0..<row.count { row[r] -= residuals[i, r] / freedom[i] }
        }
      }
      result.addToRows(middle)
      return result
    }
  }

  private enum Form {
    /// ZP^(−½) = U·diag(√s)·Vᵀ by the smaller Gram matrix: s, U·√s or Z·V (n × r), and what turns r numbers into weights.
    case spectral(values: [Double], scores: Matrix<Double>, back: Matrix<Double>)
    /// A penalty that differs so much by column that only the sum of both matrices can be factored.
    case direct(gram: Matrix<Double>)
  }

  let rank: Int
  private let rows: Matrix<Double>
  private let targets: Matrix<Double>
  private let penalty: [Double]
  private let form: Form

  init(_ rows: Matrix<Double>, _ targets: Matrix<Double>, _ penalty: [Double], _ workers: Workers) throws {
    self.rows = rows
    self.targets = targets
    self.penalty = penalty
    let (n, d) = (rows.rows, rows.columns)
    let spread = (penalty.max() ?? 1) / (penalty.min() ?? 1)
    guard spread <= 1e6 else {
      let gram = try Moments(rows, workers: workers).scatterXX
      let values = try SymmetricEigen.values(of: gram)
      rank = values.count { $0 > 1e-12 * (values.first ?? 0) * Double(max(n, d)) }
      form = .direct(gram: gram)
      return
    }
    let inverse = penalty.map { 1 / $0.squareRoot() }
    var scaled = rows
    scaled.scaleColumns(by: inverse)
    let eigen = try SymmetricEigen(d <= n ? Moments(scaled, workers: workers).scatterXX : scaled.outerGram())
    let limit = 0x1p-52 * Double(max(n, d)) * (eigen.values.first ?? 0)
    let kept = eigen.values.prefix { $0 > limit }
    rank = kept.count
    let vectors = eigen.vectors.rows(0..<rank)
    if d <= n {
      var back = vectors
      back.scaleColumns(by: inverse)
      form = .spectral(values: Array(kept), scores: try scaled.timesTransposed(vectors, workers: workers), back: back)
    } else {
      let roots = kept.map { $0.squareRoot() }
      var scores = vectors
      scores.scaleRows(by: roots)
      // Vᵀ = diag(1/√s)·Uᵀ·ZP^(−½).
      var back = vectors.times(scaled)
      back.scaleRows(by: roots.map { 1 / $0 })
      back.scaleColumns(by: inverse)
      form = .spectral(values: Array(kept), scores: scores.transposed(), back: back)
    }
  }

  func solve(_ lambda: Double) throws -> Solved {
    let n = rows.rows
    switch form {
    case .spectral(let values, let scores, let back):
      let shrink = values.map { 1 / ($0 + lambda) }
      var coefficients = scores.transposedTimes(targets)
      coefficients.scaleRows(by: shrink)
      let freedom = (0..<n).map { i in
        scores.withRow(i) { row in
          var leverage = 1 / Double(n)
          for j in 0..<row.count { leverage += row[j] * row[j] * shrink[j] }
          return Swift.max(1e-12, 1 - leverage)
        }
      }
      return Solved(
        weights: back.transposedTimes(coefficients),
        residuals: targets.adding(scores.times(coefficients), times: -1), freedom: freedom, targets: targets)
    case .direct(var gram):
      let d = penalty.count
      for j in 0..<d {
        gram[j, j] += lambda * penalty[j]
        if gram[j, j] == 0 { gram[j, j] = 1 }
      }
      let scale = gram.diagonal.map { 1 / $0.squareRoot() }
      gram.scaleRows(by: scale)
      gram.scaleColumns(by: scale)
      let factor = try Cholesky(gram)
      var scaled = rows
      scaled.scaleColumns(by: scale)
      let half = factor.solveLower(scaled.transposed())
      var weights = factor.solveUpper(half.times(targets))
      weights.scaleRows(by: scale)
      var leverages = [Double](repeating: 1 / Double(n), count: n)
      for j in 0..<d {
        half.withRow(j) { row in
          for i in 0..<n { leverages[i] += row[i] * row[i] }
        }
      }
      return Solved(
        weights: weights, residuals: targets.adding(rows.times(weights), times: -1),
        freedom: leverages.map { max(1e-12, 1 - $0) }, targets: targets)
    }
  }
}
