import Linear
import Statistics

/// A linear map that takes a concept out of rows: x′ = x − left·(right·x − offsets).
///
/// The d × d projection I − left·right is never formed; rows cost 4·d·r flops each.
package struct Eraser: Sendable, Equatable {
  /// d × r.
  let left: Matrix<Double>
  /// r × d.
  let right: Matrix<Double>
  /// d numbers: what is taken away lies about this point. Zeros for a map without an offset.
  let mean: [Double]
  /// r numbers: right·mean, but for a chain of erasers, whose rows are moved between one and the next.
  let offsets: [Double]
  /// The deviation of right·x over the fitted rows, r numbers, roughly; 0 where it is not known.
  let spread: [Double]
  /// right·mean − offsets: zeros but for a chain.
  private let shifts: [Double]

  /// - Throws: `StatisticsError` for sizes that do not fit or numbers that are not finite.
  init(
    left: Matrix<Double>, right: Matrix<Double>, mean: [Double], offsets: [Double]? = nil, spread: [Double]? = nil
  ) throws(StatisticsError) {
    let d = mean.count
    guard d > 0 else { throw .empty("columns") }
    let spread = spread ?? [Double](repeating: 0, count: right.rows)
    guard spread.count == right.rows else {
      throw .lengthMismatch(what: "spreads", expected: right.rows, found: spread.count)
    }
    guard left.rows == d, left.columns == right.rows, right.columns == d else {
      throw .lengthMismatch(what: "numbers in the eraser's factors", expected: d * right.rows, found: left.count)
    }
    let central = right.rows == 0 ? [] : right.times(mean)
    let offsets = offsets ?? central
    guard offsets.count == right.rows else {
      throw .lengthMismatch(what: "offsets", expected: right.rows, found: offsets.count)
    }
    for matrix in [left, right, Matrix(rows: 1, columns: d, elements: mean)] {
      if let place = matrix.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    }
    if let j = (offsets + spread).firstIndex(where: { !$0.isFinite }) { throw .notFinite(row: 0, column: j) }
    self.left = left
    self.right = right
    self.mean = mean
    self.spread = spread
    self.offsets = offsets
    shifts = zip(central, offsets).map { $0 - $1 }
  }

  /// The map that changes nothing.
  static func identity(columns: Int) throws(StatisticsError) -> Eraser {
    try Eraser(left: .zeros(columns, 0), right: .zeros(0, columns), mean: [Double](repeating: 0, count: columns))
  }

  /// r.
  package var rank: Int { right.rows }

  /// d.
  var columns: Int { mean.count }

  /// The erased rows, in the numbers of the rows.
  /// - Throws: `StatisticsError` for another number of columns or a number that is not finite; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  package func erased<S: Scalar>(_ rows: Matrix<S>, workers: Workers = .serial) throws -> Matrix<S> {
    let kernel = try kernel(S.self, for: rows.columns)
    return try workers.changed(rows, size: kernel.blockRows) { try kernel.run($0, $1) }
  }

  /// What this eraser does and then another: x″ = x − left·(right·x − offsets) of both.
  /// - Throws: `StatisticsError` for erasers of other columns.
  func followed(by next: Eraser) throws(StatisticsError) -> Eraser {
    guard next.columns == columns else {
      throw .lengthMismatch(what: "columns of the next eraser", expected: columns, found: next.columns)
    }
    if rank == 0 { return next }
    if next.rank == 0 { return self }
    // R₂·x′ − o₂ = (R₂ − R₂·L₁·R₁)·x − (o₂ − R₂·L₁·o₁).
    let passed = next.right.times(left)
    var offsets = next.offsets
    offsets.add(passed.times(self.offsets), times: -1)
    let both = Matrix(rows: columns, columns: rank + next.rank) { target in
      for j in 0..<columns {
        for k in 0..<rank { target[j * (rank + next.rank) + k] = left[j, k] }
        for k in 0..<next.rank { target[j * (rank + next.rank) + rank + k] = next.left[j, k] }
      }
    }
    return try Eraser(
      left: both, right: .stack([right, next.right.adding(passed.times(right), times: -1)]), mean: mean,
      offsets: self.offsets + offsets, spread: spread + next.spread)
  }

  /// The mean of ‖x − x′‖² over some rows, and their total variance.
  /// - Throws: as `erased`, and for row numbers that do not fit.
  func meanSquaredChange<S: Scalar>(
    _ features: Matrix<S>, rows: [Int]? = nil, workers: Workers = .serial
  ) throws -> (change: Double, variance: Double) {
    guard features.columns == columns else {
      throw StatisticsError.lengthMismatch(what: "columns", expected: columns, found: features.columns)
    }
    let scaling = try ColumnScaling(features, rows: rows)
    let variance = fixedSum(scaling.deviation.map { $0 * $0 })
    let n = rows?.count ?? features.rows
    let gram = left.transposedTimes(left)
    let sum = try workers.sum(over: n) { range in
      let block: Matrix<S> = rows.map { features.rows(at: Array($0[range])) } ?? features.rows(range)
      var centred = block.converted(to: Double.self)
      let shares = shares(ofCentred: &centred)
      let lengths = shares.times(gram)
      return zip(shares.elements, lengths.elements).reduce(0) { $0 + $1.0 * $1.1 }
    } merge: {
      $0 += $1
    }
    return ((sum ?? 0) / Double(n), variance)
  }

  /// right·x − offsets of each row, n × r, by way of x − mean.
  fileprivate func shares(ofCentred rows: inout Matrix<Double>) -> Matrix<Double> {
    rows.subtractFromRows(mean)
    var result = rows.timesTransposed(right)
    if shifts.contains(where: { $0 != 0 }) { result.subtractFromRows(shifts.map { -$0 }) }
    return result
  }

  /// Erases rows in place, block by block.
  /// - Throws: as `erased`; the rows are then partly changed.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  func erase<S: Scalar>(_ rows: inout Matrix<S>, workers: Workers = .serial) throws {
    let kernel = try kernel(S.self, for: rows.columns)
    try workers.fill(&rows, size: kernel.blockRows) { try kernel.run($0, $1) }
  }

  private func kernel<S: Scalar>(_: S.Type, for found: Int) throws(StatisticsError) -> ErasureKernel<S> {
    guard found == columns else { throw .lengthMismatch(what: "columns", expected: columns, found: found) }
    return ErasureKernel<S>(self)
  }
}

/// An eraser in the arithmetic of its rows.
private struct ErasureKernel<S: Scalar>: Sendable {
  private let left: [S]
  private let right: [S]
  private let offsets: [S]
  private let exact: Eraser
  /// Whether right·x may be taken before right·mean is subtracted: else the difference would lose too many digits.
  private let isCentral: Bool
  /// Rows in a block.
  let blockRows: Int

  init(_ eraser: Eraser) {
    left = eraser.left.converted(to: S.self).elements
    right = eraser.right.converted(to: S.self).elements
    offsets = eraser.offsets.map { S($0) }
    exact = eraser
    let limit = S.self == Double.self ? 1e4 : 4
    isCentral = (0..<eraser.rank).allSatisfy { k in
      let terms = zip(eraser.right.row(k), eraser.mean).reduce(0) { $0 + ($1.0 * $1.1).magnitude }
      return terms <= limit * eraser.spread[k]
    }
    blockRows = max(8, min(64, 262_144 / (eraser.columns * MemoryLayout<S>.stride)))
  }

  /// Erases one block.
  func run(_ range: Range<Int>, _ buffer: UnsafeMutableBufferPointer<S>) throws(StatisticsError) {
    guard let base = buffer.baseAddress else { return }
    if let k = Matrix.firstNonFinite(in: UnsafeBufferPointer(buffer)) {
      throw .notFinite(row: range.lowerBound + k / exact.columns, column: k % exact.columns)
    }
    if exact.rank == 0 { return }
    if isCentral { direct(base, range.count) } else { careful(base, range.count) }
  }

  /// Two products on the block while it lies in the cache.
  private func direct(_ x: UnsafeMutablePointer<S>, _ rows: Int) {
    let (d, r) = (exact.columns, exact.rank)
    var shares = [S](repeating: 0, count: rows * r)
    shares.withUnsafeMutableBufferPointer { shares in
      guard let c = shares.baseAddress else { return }
      if r == 1 {
        S.gemv(.no, m: rows, n: d, alpha: 1, x, lda: d, right, beta: 0, c)
        for i in 0..<rows { c[i] -= offsets[0] }
        S.ger(m: rows, n: d, alpha: -1, c, left, x, lda: d)
      } else {
        S.gemm(.no, .yes, m: rows, n: r, k: d, alpha: 1, x, lda: d, right, ldb: d, beta: 0, c, ldc: r)
        for i in 0..<rows {
          for k in 0..<r { c[i * r + k] -= offsets[k] }
        }
        S.gemm(.no, .yes, m: rows, n: d, k: r, alpha: -1, c, lda: r, left, ldb: r, beta: 1, x, ldc: d)
      }
    }
  }

  /// The mean is subtracted first, in doubles.
  private func careful(_ x: UnsafeMutablePointer<S>, _ rows: Int) {
    let d = exact.columns
    var centred = Matrix<Double>.zeros(rows, d)
    centred.withUnsafeMutableBuffer { target in
      for k in 0..<rows * d { target[k] = Double(x[k]) }
    }
    let change = exact.shares(ofCentred: &centred).timesTransposed(exact.left)
    change.withUnsafeBuffer { change in
      for k in 0..<rows * d { x[k] = S(Double(x[k]) - change[k]) }
    }
  }
}

extension Matrix where S == Double {
  mutating func subtractFromRows(_ vector: [Double]) {
    let (height, width) = (rows, columns)
    withUnsafeMutableBuffer { buffer in
      for i in 0..<height {
        for j in 0..<width { buffer[i &* width &+ j] -= vector[j] }
      }
    }
  }
}

extension Eraser {
  /// The mean of ‖x − x′‖² over the rows of these moments, tr(left·(right·Mxx·rightᵀ)·leftᵀ)/n and, for a map that moves
  /// the mean, the square of that move; and the same of the rows' total variance, 0 for rows without any.
  func change(of moments: Moments) -> (Double, Double) {
    guard rank > 0, moments.count > 0 else { return (0, 0) }
    let n = Double(moments.count)
    let scatter = right.times(moments.scatterXX).timesTransposed(right)
    let spread = left.transposedTimes(left).times(scatter)
    var mean = right.times(moments.meanX)
    mean.add(offsets, times: -1)
    let move = left.times(mean)
    let change = spread.diagonal.reduce(0, +) / n + move.dot(move)
    let total = moments.scatterXX.diagonal.reduce(0, +) / n
    return (change, total == 0 ? 0 : change / total)
  }
}
