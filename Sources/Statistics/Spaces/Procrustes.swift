import Linear

/// The orthogonal map, with a scale where wanted, that brings rows nearest to the same rows elsewhere (Schönemann 1966).
///
///     let fit = try Procrustes(x, onto: y)
///     let moved = fit.applied(to: x)
///
/// Minimises ‖s·(X − mean)·R − (Y − mean)‖². For sides of different width R has orthonormal rows or columns.
public struct Procrustes: Sendable {
  /// R, d₁ × d₂.
  public let rotation: Matrix<Double>
  /// s; 1 when none is fitted.
  public let scale: Double
  public let sourceMean: [Double]
  public let targetMean: [Double]
  /// (Σσ)²/(‖X‖²·‖Y‖²) of the centred rows, 0 … 1: the share of Y that the best scaled rotation explains; nil where one
  /// side is constant.
  public let similarity: Double?

  /// - Parameters:
  ///   - reflection: whether R may also reflect; a pure rotation needs both sides of one width.
  ///   - scaled: whether s is fitted.
  ///   - centred: whether means are taken off first.
  /// - Throws: `StatisticsError` for sizes that do not fit; `NumericError`.
  public init(
    _ x: Matrix<Double>, onto y: Matrix<Double>, reflection: Bool = true, scaled: Bool = false, centred: Bool = true
  ) throws {
    guard x.rows == y.rows else {
      throw StatisticsError.lengthMismatch(what: "rows in the second matrix", expected: x.rows, found: y.rows)
    }
    guard x.rows > 0, x.columns > 0, y.columns > 0 else { throw StatisticsError.empty("rows or columns to align") }
    guard reflection || x.columns == y.columns else {
      throw StatisticsError.lengthMismatch(
        what: "columns in the second matrix, for a rotation without reflection", expected: x.columns, found: y.columns)
    }
    sourceMean = centred ? columnMeans(x) : [Double](repeating: 0, count: x.columns)
    targetMean = centred ? columnMeans(y) : [Double](repeating: 0, count: y.columns)
    var (a, b) = (x, y)
    a.addToRows(sourceMean.map { -$0 })
    b.addToRows(targetMean.map { -$0 })
    let parts = try SVD(a.transposedTimes(b))
    var u = parts.u
    var values = parts.singularValues
    if !reflection, let last = values.indices.last {
      let sign = try LU(u.times(parts.vt)).logDeterminant.sign
      if sign < 0 {
        var signs = [Double](repeating: 1, count: values.count)
        signs[last] = -1
        u.scaleColumns(by: signs)
        values[last] = -values[last]
      }
    }
    rotation = u.times(parts.vt)
    let (lengthX, lengthY, sum) = (a.frobeniusNorm, b.frobeniusNorm, fixedSum(values))
    scale = scaled && lengthX > 0 ? sum / (lengthX * lengthX) : 1
    similarity = lengthX > 0 && lengthY > 0 ? min(1, sum * sum / (lengthX * lengthX * lengthY * lengthY)) : nil
  }

  /// s·(x − mean)·R + mean.
  public func applied(to rows: Matrix<Double>) -> Matrix<Double> {
    var result = rows
    result.addToRows(sourceMean.map { -$0 })
    result = result.times(rotation)
    result.scale(by: scale)
    result.addToRows(targetMean)
    return result
  }
}
