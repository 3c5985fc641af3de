import Linear

/// Non-negative factors A ≈ W·H (Lee & Seung 1999), from the singular vectors of A (NNDSVD; Boutsidis & Gallopoulos
/// 2008).
///
///     let fit = try NMF(k: 8).fit(FactorOperand(tfidf), workers: workers)
///     fit.labels
///
/// The start is exact or by Lanczos and never random, so nothing but the numbers decides the result.
public struct NMF: Sendable, Equatable {
  public enum Solver: String, Sendable, Codable, CaseIterable {
    /// Column by column of W, then row by row of H (hierarchical alternating least squares; Cichocki & Phan 2009).
    case hals
    /// Multiplicative updates, W first (Lee & Seung 2001).
    case multiplicative
  }

  public var k: Int
  public var solver: Solver
  public var maximumSweeps: Int
  /// The sweeps end when ten of them lowered ‖A − WH‖² by at most this share of its first value.
  public var tolerance: Double
  /// The weight of the sum of W's and H's entries (`hals`).
  public var l1: Double

  public init(
    k: Int, solver: Solver = .hals, maximumSweeps: Int = 200, tolerance: Double = 1e-6, l1: Double = 0
  ) {
    self.k = k
    self.solver = solver
    self.maximumSweeps = maximumSweeps
    self.tolerance = tolerance
    self.l1 = l1
  }

  /// - Throws: `StatisticsError` for a k beyond the smaller side, or a number that is negative or not finite; what
  ///   cancels the workers.
  public func fit(
    _ a: FactorOperand, workers: Workers = .serial, progress: Progress = { _, _, _ in }
  ) throws -> NMFFit {
    try check(a)
    let (w, h) = NMF.start(try a.leadingParts(k, workers), k)
    return try fit(a, w: w, h: h, workers: workers, progress: progress)
  }

  /// From parts of A that are known already, at least k of them.
  public func fit(_ a: FactorOperand, parts: TruncatedSVD, workers: Workers = .serial) throws -> NMFFit {
    try check(a)
    let (w, h) = NMF.start(parts, k)
    return try fit(a, w: w, h: h, workers: workers)
  }

  private func check(_ a: FactorOperand) throws {
    guard k >= 1, k <= min(a.rows, a.columns) else {
      throw StatisticsError.parameter(
        name: "k", expected: "1 to the smaller side, \(min(a.rows, a.columns))", found: "\(k)")
    }
    if let place = a.firstNotAllowed {
      throw StatisticsError.parameter(
        name: "the number at row \(place.row), column \(place.column)", expected: "finite and not negative",
        found: "another")
    }
  }

  /// From given factors, n × k and k × m.
  public func fit(
    _ a: FactorOperand, w: Matrix<Double>, h: Matrix<Double>, workers: Workers = .serial,
    progress: Progress = { _, _, _ in }
  ) throws -> NMFFit {
    var w = w
    // Hᵀ, so that the row of a column of A lies in one piece.
    var g = h.transposed()
    let norm = a.squaredNorm
    var trace = [residual(a, w, g, norm, nil)]
    var (sweeps, converged) = (0, false)
    while sweeps < maximumSweeps, !converged {
      try workers.checkCancellation()
      try update(&w, try a.times(g, workers), g.gram(), workers)
      let image = try a.transposedTimes(w, workers)
      try update(&g, image, w.gram(), workers)
      sweeps += 1
      if sweeps % 10 == 0 || sweeps == maximumSweeps {
        let square = residual(a, w, g, norm, image)
        converged = trace[trace.count - 1] - square <= tolerance * trace[0]
        trace.append(square)
        progress(sweeps, maximumSweeps, "NMF sweeps")
      }
    }
    let residual = a.squaredResidual(w, g.transposed()).squareRoot()
    return NMFFit(
      w: w, h: g.transposed(), residual: residual, trace: trace.map { $0.squareRoot() }, sweeps: sweeps,
      converged: converged)
  }

  /// ‖A‖² − 2⟨AᵀW, Hᵀ⟩ + ⟨WᵀW, HHᵀ⟩; entry by entry where that leaves too few digits.
  private func residual(
    _ a: FactorOperand, _ w: Matrix<Double>, _ g: Matrix<Double>, _ norm: Double, _ image: Matrix<Double>?
  ) -> Double {
    if let image {
      let square = norm - 2 * image.elements.dot(g.elements) + w.gram().elements.dot(g.gram().elements)
      if square > 1e-8 * norm { return square }
    }
    return a.squaredResidual(w, g.transposed())
  }

  private func update(
    _ w: inout Matrix<Double>, _ image: Matrix<Double>, _ gram: Matrix<Double>, _ workers: Workers
  ) throws {
    let (k, l1, solver) = (k, l1, solver)
    try workers.fill(&w, size: 1024) { range, rows in
      gram.withUnsafeBuffer { gram in
        image.withUnsafeBuffer { image in
          for i in 0..<range.count {
            let row = UnsafeMutableBufferPointer(rebasing: rows[i * k..<(i + 1) * k])
            let wanted = UnsafeBufferPointer(
              rebasing: image[(range.lowerBound + i) * k..<(range.lowerBound + i + 1) * k])
            switch solver {
            case .hals: NMF.descend(row, wanted, gram, l1)
            case .multiplicative: NMF.multiply(row, wanted, gram)
            }
          }
        }
      }
    }
  }

  /// One pass over the coordinates of a row.
  /// - Returns: the largest step.
  @discardableResult
  static func descend(
    _ row: UnsafeMutableBufferPointer<Double>, _ wanted: UnsafeBufferPointer<Double>,
    _ gram: UnsafeBufferPointer<Double>, _ l1: Double
  ) -> Double {
    let k = row.count
    var largest = 0.0
    for j in 0..<k {
      let scale = gram[j &* k &+ j]
      guard scale > 0 else { continue }
      var product = 0.0
      for l in 0..<k { product += row[l] * gram[j &* k &+ l] }
      let new = max(0, row[j] + (wanted[j] - product - l1) / scale)
      largest = max(largest, (new - row[j]).magnitude)
      row[j] = new
    }
    return largest
  }

  private static func multiply(
    _ row: UnsafeMutableBufferPointer<Double>, _ wanted: UnsafeBufferPointer<Double>,
    _ gram: UnsafeBufferPointer<Double>
  ) {
    let k = row.count
    let old = Array(row)
    for j in 0..<k {
      var product = 0.0
      for l in 0..<k { product += old[l] * gram[j &* k &+ l] }
      row[j] = old[j] * wanted[j] / max(product, 1e-12)
    }
  }

  /// NNDSVD: of each pair of singular vectors the larger of the positive and the negative parts.
  static func start(_ parts: TruncatedSVD, _ k: Int) -> (w: Matrix<Double>, h: Matrix<Double>) {
    var w = Matrix<Double>.zeros(parts.scores.rows, k)
    var h = Matrix<Double>.zeros(k, parts.components.columns)
    for j in 0..<min(k, parts.singularValues.count) where parts.singularValues[j] > 0 {
      let value = parts.singularValues[j]
      let left = parts.scores.column(j).map { $0 / value }
      let right = parts.components.row(j)
      // The leading vectors have one sign but for rounding.
      let sides = [1.0, -1].map { sign in (left.map { max(0, sign * $0) }, right.map { max(0, sign * $0) }) }
      let products = sides.map { $0.0.norm * $0.1.norm }
      let side = products[1] > products[0] * (1 + 1e-9) ? sides[1] : sides[0]
      let (u, v) = (side.0.norm, side.1.norm)
      guard u > 0, v > 0 else { continue }
      let scale = (value * u * v).squareRoot()
      for i in 0..<w.rows { w[i, j] = scale * side.0[i] / u }
      for i in 0..<h.columns { h[j, i] = scale * side.1[i] / v }
    }
    return (w, h)
  }

  /// The non-negative rows W that make ‖A − WH‖ least for a given H (coordinate descent to the fixed point).
  public static func weights(
    of a: FactorOperand, h: Matrix<Double>, workers: Workers = .serial
  ) throws -> Matrix<Double> {
    let k = h.rows
    let image = try a.times(h.transposed(), workers)
    let gram = h.outerGram()
    var w = Matrix<Double>.zeros(a.rows, k)
    try workers.fill(&w, size: 256) { range, rows in
      gram.withUnsafeBuffer { gram in
        image.withUnsafeBuffer { image in
          for i in 0..<range.count {
            let row = UnsafeMutableBufferPointer(rebasing: rows[i * k..<(i + 1) * k])
            let wanted = UnsafeBufferPointer(
              rebasing: image[(range.lowerBound + i) * k..<(range.lowerBound + i + 1) * k])
            for _ in 0..<1000 {
              let step = descend(row, wanted, gram, 0)
              if step <= 1e-12 * (row.max() ?? 0) { break }
            }
          }
        }
      }
    }
    return w
  }
}

/// Non-negative factors.
public struct NMFFit: Sendable {
  /// n × k.
  public let w: Matrix<Double>
  /// k × m.
  public let h: Matrix<Double>
  /// ‖A − WH‖.
  public let residual: Double
  /// The residual at the start and after each ten sweeps.
  public let trace: [Double]
  public let sweeps: Int
  public let converged: Bool

  /// ‖W_j‖·‖H_j‖ of each component; 0 for a dead one.
  public var strength: [Double] {
    (0..<h.rows).map { w.column($0).norm * h.row($0).norm }
  }

  /// W with its columns scaled by ‖H_j‖, so that they can be compared.
  public var weights: Matrix<Double> { NMFFit.scaled(w, h) }

  public static func scaled(_ w: Matrix<Double>, _ h: Matrix<Double>) -> Matrix<Double> {
    var result = w
    result.scaleColumns(by: (0..<h.rows).map { h.row($0).norm })
    return result
  }

  /// The component of the largest scaled weight of each row, the lowest on ties.
  public var labels: [Int] {
    let weights = weights
    return (0..<weights.rows).map { row in
      weights.withRow(row) { row in row.indices.dropFirst().reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
    }
  }
}
