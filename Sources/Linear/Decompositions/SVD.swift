/// The thin singular value decomposition A = U·diag(σ)·Vᵀ of an m × n matrix, k = min(m, n).
///
///     let parts = try SVD(rows)
///     let rank = parts.rank()
///
/// Signs are set by the right vectors: of each row of Vᵀ the entry of largest magnitude is positive (of entries
/// within 1e-12 of the largest, the first).
public struct SVD: Sendable {
  /// m × k, orthonormal columns.
  public internal(set) var u: Matrix<Double>
  /// σ, k numbers, largest first.
  public internal(set) var singularValues: [Double]
  /// k × n, orthonormal rows.
  public internal(set) var vt: Matrix<Double>

  /// - Throws: `NumericError`.
  public init(_ a: Matrix<Double>) throws(NumericError) {
    try LAPACK.check(a, side: min(a.rows, a.columns))
    if a.isEmpty {
      self.init(u: .zeros(a.rows, 0), singularValues: [], vt: .zeros(0, a.columns))
    } else {
      let parts = try LAPACK.svd(a)
      self.init(u: parts.u, singularValues: parts.values, vt: parts.vt)
    }
  }

  init(u: Matrix<Double>, singularValues: [Double], vt: Matrix<Double>) {
    self.u = u
    self.singularValues = singularValues
    self.vt = vt
    let signs = (0..<vt.rows).map { vt.signOfLargest(inRow: $0) }
    for j in 0..<vt.rows where signs[j] < 0 { self.vt.negateRow(j) }
    self.u.scaleColumns(by: signs)
  }

  /// The singular values alone, largest first.
  ///
  /// A tall matrix is first taken to its triangle by blocks of rows, and the blocks' triangles by blocks again (TSQR:
  /// Demmel, Grigori, Hoemmen & Langou 2012), 2·m·n² flops in parts that can be cancelled.
  /// - Throws: `NumericError`; what cancels the workers.
  public static func values(of a: Matrix<Double>, workers: Workers = .serial) throws -> [Double] {
    try LAPACK.check(a, side: min(a.rows, a.columns))
    if a.isEmpty { return [] }
    var rest = a
    let size = max(Workers.blockRows, 4 * a.columns)
    while rest.rows > size {
      let whole = rest
      let triangles = try workers.map(Workers.blocks(whole.rows, size)) { block in
        try LAPACK.triangle(of: whole.rows(Workers.block(block, of: whole.rows, size)))
      }
      rest = .stack(triangles)
    }
    return try LAPACK.singularValues(rest)
  }

  /// The tolerance below which a singular value counts as zero: max(m, n)·2⁻⁵²·σ₁, as NumPy and MATLAB have it.
  public var defaultTolerance: Double { Self.tolerance(singularValues, rows: u.rows, columns: vt.columns) }

  /// How many of the singular values of an m × n matrix are above `defaultTolerance`.
  public static func rank(_ values: [Double], rows m: Int, columns n: Int) -> Int {
    let limit = tolerance(values, rows: m, columns: n)
    return values.prefix { $0 > limit }.count
  }

  private static func tolerance(_ values: [Double], rows: Int, columns: Int) -> Double {
    Double(max(rows, columns)) * 0x1p-52 * (values.first ?? 0)
  }

  /// How many singular values are above `tolerance` (`defaultTolerance` when none is given).
  public func rank(tolerance: Double? = nil) -> Int {
    let limit = tolerance ?? defaultTolerance
    return singularValues.prefix { $0 > limit }.count
  }

  /// A⁺·B: among all X that make ‖A·X − B‖ least, the smallest. Directions at or below `tolerance` are left out.
  public func solve(_ b: Matrix<Double>, tolerance: Double? = nil) -> Matrix<Double> {
    let rank = rank(tolerance: tolerance)
    var inner = u.columns(0..<rank).transposedTimes(b)
    for j in 0..<rank {
      inner.withMutableRow(j) { row in
        for i in 0..<row.count { row[i] /= singularValues[j] }
      }
    }
    return vt.rows(0..<rank).transposedTimes(inner)
  }

  /// A⁺, n × m (Moore 1920, Penrose 1955), of rank `rank(tolerance:)`.
  public func pseudoInverse(tolerance: Double? = nil) -> Matrix<Double> {
    let rank = rank(tolerance: tolerance)
    var scaled = vt.rows(0..<rank)
    for j in 0..<rank {
      scaled.withMutableRow(j) { row in
        for i in 0..<row.count { row[i] /= singularValues[j] }
      }
    }
    return scaled.transposedTimes(u.columns(0..<rank).transposed())
  }
}
