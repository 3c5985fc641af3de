/// Counts, means and centred scatter of rows x (d numbers) beside rows z (k numbers): what covariances,
/// cross-covariances, ridge regression, LDA and LEACE are made of.
///
///     let moments = try Moments(features, concept, workers: workers)
///     let covariance = moments.covariance()
///
/// Parts merge into what the whole would give (Chan, Golub & LeVeque 1979). With a one-hot z, the mean of class c
/// is mean x + M_xz[:, c] / n_c, where n_c = n · (mean z)_c.
public struct Moments: Sendable, Equatable {
  /// n.
  public private(set) var count: Int
  /// d numbers.
  public private(set) var meanX: [Double]
  /// k numbers.
  public private(set) var meanZ: [Double]
  /// M_xx = Σ (x − mean x)(x − mean x)ᵀ, d × d, symmetric to the last bit.
  public private(set) var scatterXX: Matrix<Double>
  /// M_xz = Σ (x − mean x)(z − mean z)ᵀ, d × k.
  public private(set) var scatterXZ: Matrix<Double>
  /// M_zz = Σ (z − mean z)(z − mean z)ᵀ, k × k, symmetric to the last bit.
  public private(set) var scatterZZ: Matrix<Double>

  /// How the products are summed.
  public enum Precision: Sendable {
    /// In doubles throughout.
    case double
    /// 4096 rows at a time in floats, about the mean, and from there on in doubles: twice as fast, off by about 1e-6.
    case mixed
  }

  /// The moments of no rows.
  public init(d: Int, k: Int = 0) {
    self.init(
      count: 0, meanX: .init(repeating: 0, count: d), meanZ: .init(repeating: 0, count: k),
      scatterXX: .zeros(d, d), scatterXZ: .zeros(d, k), scatterZZ: .zeros(k, k))
  }

  /// Moments that were computed elsewhere; sizes that do not fit together stop the program.
  public init(
    count: Int, meanX: [Double], meanZ: [Double], scatterXX: Matrix<Double>, scatterXZ: Matrix<Double>,
    scatterZZ: Matrix<Double>
  ) {
    let (d, k) = (meanX.count, meanZ.count)
    precondition(
      scatterXX.rows == d && scatterXX.columns == d && scatterXZ.rows == d && scatterXZ.columns == k
        && scatterZZ.rows == k && scatterZZ.columns == k, "sizes of moments do not fit together")
    self.count = count
    self.meanX = meanX
    self.meanZ = meanZ
    self.scatterXX = scatterXX
    self.scatterXZ = scatterXZ
    self.scatterZZ = scatterZZ
  }

  /// The moments of rows of `x` and the same rows of `z`, in blocks of 4096 merged in a fixed tree.
  ///
  /// - Parameters:
  ///   - x: n × d, finite.
  ///   - z: n × k, finite; none is k = 0.
  ///   - rows: which rows, in which order; none is all.
  /// - Throws: what cancels the workers.
  public init<S: Scalar>(
    _ x: Matrix<S>, _ z: Matrix<Double>? = nil, rows: [Int]? = nil, precision: Precision = .double,
    workers: Workers = .serial
  ) throws {
    precondition(z.map { $0.rows == x.rows } ?? true, "x and z have different numbers of rows")
    let sum = try workers.sum(over: rows?.count ?? x.rows) { range in
      if let rows {
        let part = Array(rows[range])
        return try Moments(
          x.rows(at: part), z?.rows(at: part), 0..<part.count, precision, workers.checkCancellation)
      }
      return try Moments(x, z, range, precision, workers.checkCancellation)
    } merge: {
      $0.mergeUpper($1)
    }
    self = sum ?? Moments(d: x.columns, k: z?.columns ?? 0)
    mirror()
  }

  /// The moments of one block of rows, summed in order; whoever streams merges blocks of 4096.
  public init<S: Scalar>(block x: Matrix<S>, _ z: Matrix<Double>? = nil, precision: Precision = .double) {
    precondition(z.map { $0.rows == x.rows } ?? true, "x and z have different numbers of rows")
    self.init(x, z, 0..<x.rows, precision, {})
    mirror()
  }

  /// Of what is symmetric only the upper triangle is right.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  private init<S: Scalar>(
    _ x: Matrix<S>, _ z: Matrix<Double>?, _ rows: Range<Int>, _ precision: Precision, _ check: () throws -> Void
  ) rethrows {
    switch precision {
    case .double: self = try BlockMoments<S, Double>(x, z, rows, check).moments
    case .mixed: self = try BlockMoments<S, Float>(x, z, rows, check).moments
    }
  }

  /// The moments of both sets of rows: M = M_A + M_B + (n_A·n_B / n)·δδᵀ with δ = mean_B − mean_A.
  ///
  /// Merged in different orders the last bits differ; `BlockTree` keeps to one.
  public mutating func merge(_ other: Moments) {
    mergeUpper(other)
    mirror()
  }

  private mutating func mirror() {
    scatterXX.copyUpperTriangleToLower()
    scatterZZ.copyUpperTriangleToLower()
  }

  /// The same for moments of which only the upper triangles are right.
  private mutating func mergeUpper(_ other: Moments) {
    precondition(
      meanX.count == other.meanX.count && meanZ.count == other.meanZ.count, "moments of other sizes cannot merge")
    if other.count == 0 { return }
    if count == 0 {
      self = other
      return
    }
    let total = Double(count + other.count)
    let share = Double(other.count) / total
    let weight = Double(count) * share
    let deltaX = zip(other.meanX, meanX).map { $0 - $1 }
    let deltaZ = zip(other.meanZ, meanZ).map { $0 - $1 }
    scatterXX.addUpper(other.scatterXX)
    scatterXX.addUpperOuterProduct(deltaX, times: weight)
    scatterXZ.add(other.scatterXZ)
    scatterXZ.addOuterProduct(deltaX, deltaZ, times: weight)
    scatterZZ.addUpper(other.scatterZZ)
    scatterZZ.addUpperOuterProduct(deltaZ, times: weight)
    meanX.add(deltaX, times: share)
    meanZ.add(deltaZ, times: share)
    count += other.count
  }

  /// M_xx / (n − `less`), d × d.
  public func covariance(less: Int = 1) -> Matrix<Double> { divided(scatterXX, less) }

  /// M_xz / (n − `less`), d × k.
  public func crossCovariance(less: Int = 1) -> Matrix<Double> { divided(scatterXZ, less) }

  /// M_zz / (n − `less`), k × k.
  public func covarianceZ(less: Int = 1) -> Matrix<Double> { divided(scatterZZ, less) }

  /// √(diagonal of M_xx / (n − `less`)).
  public func deviations(less: Int = 0) -> [Double] {
    let divisor = Double(max(1, count - less))
    return scatterXX.diagonal.map { (max(0, $0) / divisor).squareRoot() }
  }

  private func divided(_ scatter: Matrix<Double>, _ less: Int) -> Matrix<Double> {
    var result = scatter
    result.scale(by: 1 / Double(max(1, count - less)))
    return result
  }
}

extension Matrix {
  /// A ← A + α·x·yᵀ.
  public mutating func addOuterProduct(_ x: [S], _ y: [S], times alpha: S = 1) {
    precondition(x.count == rows && y.count == columns, "sizes of an outer product do not fit")
    if isEmpty { return }
    makeUnique()
    S.ger(m: rows, n: columns, alpha: alpha, x, y, storage.start, lda: stride)
  }
}

extension Matrix where S == Double {
  /// A ← A + B in the upper triangles of square matrices.
  fileprivate mutating func addUpper(_ b: Matrix) {
    makeUnique()
    let n = rows
    for i in 0..<n { Double.axpy(n - i, 1, b.storage.start + i * n + i, storage.start + i * n + i) }
  }

  /// A ← A + α·x·xᵀ in the upper triangle.
  mutating func addUpperOuterProduct(_ x: [Double], times alpha: Double) {
    precondition(x.count == rows && x.count == columns, "sizes of an outer product do not fit")
    makeUnique()
    let n = rows
    x.withUnsafeBufferPointer { x in
      guard let base = x.baseAddress else { return }
      for i in 0..<n { Double.axpy(n - i, alpha * x[i], base + i, storage.start + i * n + i) }
    }
  }
}
