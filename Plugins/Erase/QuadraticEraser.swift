import Linear
import Statistics

/// Erasure of means and covariances with the labels at hand (Belrose et al. 2023, section on quadratic guardedness): each
/// class is carried by optimal transport to the Wasserstein barycentre of all, x′ = T_c·(x − μ_c) + target.
///
/// Afterwards the classes agree in mean and covariance on the fitted rows, so no quadratic predictor tells them apart.
struct QuadraticEraser: Sendable, Equatable {
  /// T_c, one d × d matrix for each class.
  let maps: [Matrix<Double>]
  /// μ_c, K × d.
  let means: Matrix<Double>
  /// Where the means of all classes go, d numbers.
  let target: [Double]
  /// Of the class means about their centre.
  let rank: Int

  /// - Throws: `StatisticsError` for sizes that do not fit or numbers that are not finite.
  init(maps: [Matrix<Double>], means: Matrix<Double>, target: [Double], rank: Int) throws(StatisticsError) {
    let d = target.count
    guard d > 0 else { throw .empty("columns") }
    guard means.rows == maps.count, means.columns == d else {
      throw .lengthMismatch(what: "numbers in the class means", expected: maps.count * d, found: means.count)
    }
    for map in maps where map.rows != d || map.columns != d {
      throw .lengthMismatch(what: "numbers in a class map", expected: d * d, found: map.count)
    }
    for matrix in maps + [means, Matrix(rows: 1, columns: d, elements: target)] {
      if let place = matrix.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    }
    self.maps = maps
    self.means = means
    self.target = target
    self.rank = rank
  }

  /// The erased rows; there is a label for each.
  /// - Throws: `StatisticsError` for sizes that do not fit, labels out of range or numbers that are not finite.
  func erased<S: Scalar>(_ rows: Matrix<S>, labels: [Int], workers: Workers = .serial) throws -> Matrix<S> {
    guard rows.columns == target.count else {
      throw StatisticsError.lengthMismatch(what: "columns", expected: target.count, found: rows.columns)
    }
    guard labels.count == rows.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: rows.rows, found: labels.count)
    }
    _ = try classCounts(labels, classes: maps.count)
    if let place = rows.firstNonFinite() { throw StatisticsError.notFinite(row: place.row, column: place.column) }
    var result = rows
    try workers.fill(&result, size: 512) { range, buffer in
      let d = target.count
      for c in 0..<maps.count {
        let members = range.filter { labels[$0] == c }
        if members.isEmpty { continue }
        var part = rows.rows(at: members).converted(to: Double.self)
        part.subtractFromRows(means.row(c))
        let moved = part.timesTransposed(maps[c])
        moved.withUnsafeBuffer { moved in
          for (i, row) in members.enumerated() {
            let start = (row - range.lowerBound) * d
            for j in 0..<d { buffer[start + j] = S(moved[i * d + j] + target[j]) }
          }
        }
      }
    }
    return result
  }
}

/// Fits a `QuadraticEraser`.
struct QuadraticFit: Sendable {
  /// Where the mean of the rows goes.
  enum Target: String, Sendable, Codable, CaseIterable {
    /// It stays.
    case overall
    /// The mean of the class means, which moves rows of unequal classes.
    case classes
  }

  /// a in (1 − a)·S + a·tr(S)/d·I.
  var shrinkage = 0.0
  var target = Target.overall
  var maximumIterations = 100
  /// The fixed point has converged when it moves by at most this share of its norm.
  var tolerance = 1e-12

  struct Result: Sendable {
    let eraser: QuadraticEraser
    /// Of the class means about their centre, each weighed by the root of its share; largest first.
    let singularValues: [Double]
    let barycentre: Matrix<Double>
    let iterations: Int
    let converged: Bool
    /// The mean of ‖x − x′‖² over the fitted rows.
    let meanSquaredChange: Double
    /// The 2-Wasserstein distance of each class from the barycentre, means left aside.
    let distances: [Double]
  }

  /// - Parameter classes: the moments of each class, without a concept.
  /// - Throws: `StatisticsError` for a class with too few rows, `NumericError`; what cancels the workers.
  func fit(_ classes: [Moments], workers: Workers = .serial) throws -> Result {
    guard classes.count > 1 else { throw StatisticsError.tooFewClasses(found: classes.count) }
    guard shrinkage >= 0, shrinkage < 1 else {
      throw StatisticsError.parameter(name: "shrinkage", expected: "from 0 to below 1", found: "\(shrinkage)")
    }
    let d = classes[0].meanX.count
    guard d > 0 else { throw StatisticsError.empty("columns") }
    for (c, moments) in classes.enumerated() where moments.count <= (shrinkage > 0 ? 1 : d) {
      if moments.count == 0 { throw StatisticsError.classMissing(label: c, in: "fitted rows") }
      throw StatisticsError.empty(
        "more rows of class number \(c) than \(d) columns (it has \(moments.count)): give shrinkage")
    }
    let total = Double(classes.reduce(0) { $0 + $1.count })
    let shares = classes.map { Double($0.count) / total }
    let covariances = classes.map { shrunk($0.covariance(), d) }
    let (barycentre, iterations, converged) = try barycentre(covariances, shares, workers)
    let maps = try workers.map(covariances.count) { try Transport(covariances[$0]).map(to: barycentre) }
    let means = Matrix(classes.map(\.meanX))
    var mean = [Double](repeating: 0, count: d)
    for (c, share) in shares.enumerated() { mean.add(means.row(c), times: share) }
    var centre = mean
    if target == .classes {
      centre = [Double](repeating: 0, count: d)
      for c in classes.indices { centre.add(means.row(c), times: 1 / Double(classes.count)) }
    }
    var spread = means
    spread.subtractFromRows(mean)
    spread = spread.rowsTimes(shares.map { $0.squareRoot() })
    let values = try SVD(spread).singularValues
    let rank = values.prefix { $0 > 1e-10 * max(values.first ?? 0, 1e-300) }.count
    let eraser = try QuadraticEraser(maps: maps, means: means, target: centre, rank: rank)
    return Result(
      eraser: eraser, singularValues: values, barycentre: barycentre, iterations: iterations, converged: converged,
      meanSquaredChange: change(eraser, classes, total), distances: try distances(covariances, barycentre, workers))
  }

  private func shrunk(_ covariance: Matrix<Double>, _ d: Int) -> Matrix<Double> {
    guard shrinkage > 0 else { return covariance }
    var result = covariance
    result.scale(by: 1 - shrinkage)
    let mean = covariance.diagonal.reduce(0, +) / Double(d)
    return result.adding(.identity(d), times: shrinkage * mean)
  }

  /// B with Σ w_c·T(B → S_c) = I (Agueh & Carlier 2011); two classes lie on one geodesic, more by the fixed point of
  /// Álvarez-Esteban et al. 2016.
  private func barycentre(
    _ covariances: [Matrix<Double>], _ shares: [Double], _ workers: Workers
  ) throws -> (Matrix<Double>, Int, Bool) {
    let d = covariances[0].rows
    if covariances.count == 2 {
      var middle = try Transport(covariances[0]).map(to: covariances[1])
      middle.scale(by: shares[1])
      middle.add(.identity(d), times: shares[0])
      return (middle.times(covariances[0]).times(middle).symmetrised, 0, true)
    }
    var centre = Matrix<Double>.zeros(d, d)
    for (covariance, share) in zip(covariances, shares) { centre.add(covariance, times: share) }
    for step in 1...max(1, maximumIterations) {
      try workers.checkCancellation()
      let transport = try Transport(centre)
      let maps = try workers.map(covariances.count) { try transport.map(to: covariances[$0]) }
      var mean = Matrix<Double>.zeros(d, d)
      for (map, share) in zip(maps, shares) { mean.add(map, times: share) }
      let next = mean.times(centre).times(mean).symmetrised
      let moved = next.adding(centre, times: -1).frobeniusNorm
      centre = next
      if moved <= tolerance * centre.frobeniusNorm { return (centre, step, true) }
    }
    return (centre, maximumIterations, false)
  }

  private func change(_ eraser: QuadraticEraser, _ classes: [Moments], _ total: Double) -> Double {
    var sum = 0.0
    for (c, moments) in classes.enumerated() {
      let step = eraser.maps[c].adding(.identity(eraser.target.count), times: -1)
      sum += step.times(moments.scatterXX).timesTransposed(step).diagonal.reduce(0, +)
      var move = eraser.target
      move.add(moments.meanX, times: -1)
      sum += Double(moments.count) * move.dot(move)
    }
    return sum / total
  }

  private func distances(
    _ covariances: [Matrix<Double>], _ centre: Matrix<Double>, _ workers: Workers
  ) throws -> [Double] {
    try workers.map(covariances.count) {
      max(0, try Transport(covariances[$0]).squaredDistance(to: centre)).squareRoot()
    }
  }
}

/// Optimal transport between centred normal laws of given covariances (Olkin & Pukelsheim 1982).
struct Transport: Sendable {
  private let covariance: Matrix<Double>
  private let root: Matrix<Double>
  private let inverseRoot: Matrix<Double>
  /// The projection on directions in which the law does not vary, left as they are.
  private let rest: Matrix<Double>

  /// - Throws: `NumericError`.
  init(_ covariance: Matrix<Double>) throws(NumericError) {
    self.covariance = covariance
    let axes = try SymmetricEigen(covariance)
    let limit = (axes.values.first ?? 0) * Double(covariance.rows) * 0x1p-52
    let kept = axes.values.prefix { $0 > limit }
    let vectors = axes.vectors.rows(0..<kept.count)
    root = vectors.transposedTimes(vectors.rowsTimes(kept.map { $0.squareRoot() }))
    inverseRoot = vectors.transposedTimes(vectors.rowsTimes(kept.map { 1 / $0.squareRoot() }))
    rest = Matrix.identity(covariance.rows).adding(vectors.transposedTimes(vectors), times: -1)
  }

  /// T = A^−½·(A^½·B·A^½)^½·A^−½, symmetric, with T·A·T = B.
  func map(to other: Matrix<Double>) throws(NumericError) -> Matrix<Double> {
    let inner = try Self.root(root.times(other).times(root))
    var result = inverseRoot.times(inner).times(inverseRoot).symmetrised
    if rest.frobeniusNorm > 1e-6 { result.add(rest) }
    return result
  }

  /// tr A + tr B − 2·tr (A^½·B·A^½)^½.
  func squaredDistance(to other: Matrix<Double>) throws(NumericError) -> Double {
    let inner = try SymmetricEigen.values(of: root.times(other).times(root).symmetrised)
    let roots = inner.reduce(0) { $0 + max(0, $1).squareRoot() }
    return covariance.diagonal.reduce(0, +) + other.diagonal.reduce(0, +) - 2 * roots
  }

  private static func root(_ matrix: Matrix<Double>) throws(NumericError) -> Matrix<Double> {
    let axes = try SymmetricEigen(matrix.symmetrised)
    return axes.vectors.transposedTimes(axes.vectors.rowsTimes(axes.values.map { max(0, $0).squareRoot() }))
  }
}

extension Matrix where S == Double {
  /// (A + Aᵀ)/2.
  var symmetrised: Matrix {
    var result = adding(transposed())
    result.scale(by: 0.5)
    return result
  }
}
