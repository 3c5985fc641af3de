/// The leading part of a singular value decomposition, A ≈ U·diag(σ)·Vᵀ: latent semantic analysis, principal
/// components.
///
///     let lsa = try TruncatedSVD(tfidf, rank: 100, random: context.random("lsa"), workers: workers)
///     let scores = lsa.scores
///
/// Signs are set by the right vectors: of each component the entry of largest magnitude is positive (of entries
/// within 1e-12 of the largest, the first). Components of equal singular value are some basis of their subspace.
public struct TruncatedSVD: Sendable {
  public enum Method: String, Sendable {
    /// LAPACK on the matrix itself or on the smaller of its Gram matrices.
    case exact
    /// Block Lanczos with thick restarts on the smaller Gram matrix, which is never formed
    /// (Wu & Simon 2000; Golub & Underwood 1977 for blocks).
    case lanczos
    /// Subspace iteration from random vectors (Halko, Martinsson & Tropp 2011, algorithm 4.4 and 5.1).
    case randomized
  }

  /// How the work is done; the defaults suit any matrix.
  public struct Options: Sendable {
    /// nil: exact when the smaller side has at most 2000 rows or the rank is near to it, else Lanczos.
    public var method: Method?
    /// Whether the mean of each column is taken off first.
    public var centered = false
    /// Columns of the random start beyond the rank (randomised).
    public var oversample = 10
    /// Multiplications with A·Aᵀ after the first (randomised).
    public var powerIterations = 5
    /// The residual ‖AᵀA·v − σ²·v‖ / σ² at which a component has converged (Lanczos).
    /// Its singular value is then off by less than half of that.
    public var tolerance = 1e-6
    /// After so many restarts what there is is given back, with `converged` false (Lanczos).
    public var maxRestarts = 200

    public init() {}
  }

  /// U·diag(σ), n × r: the rows of A in the space of the components.
  public internal(set) var scores: Matrix<Double>
  /// σ, r numbers, largest first.
  public let singularValues: [Double]
  /// Vᵀ, r × m, orthonormal rows.
  public internal(set) var components: Matrix<Double>
  /// What was taken off each column; nil when not centred.
  public let mean: [Double]?
  /// Σ σ² / ΣΣ a², from 0 to 1.
  public let explainedEnergy: Double
  public let method: Method
  /// Applications of AᵀA to a block; 0 for exact.
  public let iterations: Int
  public let converged: Bool

  /// - Parameters:
  ///   - a: n × m, finite.
  ///   - rank: r, cut to min(n, m).
  ///   - random: the numbers that start Lanczos and the randomised method.
  /// - Throws: `NumericError`, and what cancels the workers.
  public init(
    _ a: Matrix<Double>, rank: Int, options: Options = Options(), random: RandomNumbers = RandomNumbers(seed: 0),
    workers: Workers = .serial
  ) throws {
    if let place = a.firstNonFinite() { throw NumericError.notFinite(row: place.row, column: place.column) }
    try self.init(
      DataOperator(a, centered: options.centered, workers: workers), rank: rank, options: options, random: random)
  }

  /// As for a dense matrix; a sparse one stays sparse, also when centred.
  public init(
    _ a: SparseMatrix, rank: Int, options: Options = Options(), random: RandomNumbers = RandomNumbers(seed: 0),
    workers: Workers = .serial
  ) throws {
    if let k = a.values.firstIndex(where: { !$0.isFinite }) {
      let row = (0..<a.rows).first { a.rowPointers[$0 + 1] > k } ?? 0
      throw NumericError.notFinite(row: row, column: Int(a.columnIndices[k]))
    }
    try self.init(
      DataOperator(a, centered: options.centered, workers: workers), rank: rank, options: options, random: random)
  }

  private init(_ a: DataOperator, rank: Int, options: Options, random: RandomNumbers) throws {
    let side = min(a.rows, a.columns)
    let rank = max(0, min(rank, side))
    let method = options.method ?? (side <= 2000 || rank * 4 >= side ? .exact : .lanczos)
    var random = random
    let parts: LeadingParts =
      if side == 0 || rank == 0 {
        LeadingParts(
          u: .zeros(a.rows, rank), values: .init(repeating: 0, count: rank), vt: .zeros(rank, a.columns),
          iterations: 0, converged: true)
      } else {
        switch method {
        case .exact: try LeadingParts(exact: a, rank: rank)
        case .lanczos: try LeadingParts(lanczos: a, rank: rank, options, &random)
        case .randomized: try LeadingParts(randomized: a, rank: rank, options, &random)
        }
      }
    let signed = SVD(u: parts.u, singularValues: parts.values, vt: parts.vt)
    var scores = signed.u
    scores.scaleColumns(by: signed.singularValues)
    self.scores = scores
    singularValues = signed.singularValues
    components = signed.vt
    mean = a.mean
    let total = a.squaredNorm
    explainedEnergy = total > 0 ? min(1, singularValues.reduce(0) { $0 + $1 * $1 } / total) : 0
    self.method = method
    iterations = parts.iterations
    converged = parts.converged
  }

  /// Other rows in the space of the components: (x − mean)·V.
  public func project(_ rows: Matrix<Double>) -> Matrix<Double> {
    shifted(rows.timesTransposed(components))
  }

  /// Other rows in the space of the components: (x − mean)·V.
  public func project(_ rows: SparseMatrix) -> Matrix<Double> {
    shifted(rows.times(components.transposed()))
  }

  private func shifted(_ scores: Matrix<Double>) -> Matrix<Double> {
    guard let mean else { return scores }
    var result = scores
    result.addOuterProduct([Double](repeating: 1, count: scores.rows), components.times(mean), times: -1)
    return result
  }

  /// The singular values and components of the rows of both parts together, from those of each part alone: exact for
  /// what the parts kept. For parts that were not centred.
  /// - Throws: `NumericError`.
  public static func merge(
    _ a: TruncatedSVD, _ b: TruncatedSVD, rank: Int
  ) throws -> (singularValues: [Double], components: Matrix<Double>) {
    func scaled(_ part: TruncatedSVD) -> Matrix<Double> {
      var rows = part.components
      for (i, value) in part.singularValues.enumerated() {
        rows.withMutableRow(i) { row in
          for j in 0..<row.count { row[j] *= value }
        }
      }
      return rows
    }
    let parts = try SVD(Matrix.stack([scaled(a), scaled(b)]))
    let kept = min(rank, parts.singularValues.count)
    return (Array(parts.singularValues.prefix(kept)), parts.vt.rows(0..<kept))
  }
}

/// Leading parts before their signs are set.
struct LeadingParts {
  let u: Matrix<Double>
  let values: [Double]
  let vt: Matrix<Double>
  let iterations: Int
  let converged: Bool
}

extension LeadingParts {
  /// The most multiplications that LAPACK's decomposition of the whole matrix is given; beyond it the Gram matrix is
  /// faster.
  private static let wholeMatrixLimit = 5e8

  /// By LAPACK: on the whole matrix when it is small, else on the smaller Gram matrix.
  init(exact a: DataOperator, rank: Int) throws {
    let side = Double(min(a.rows, a.columns))
    if side * Double(a.rows) * Double(a.columns) <= Self.wholeMatrixLimit {
      let parts = try SVD(a.dense())
      self.init(
        u: parts.u.columns(0..<rank), values: Array(parts.singularValues.prefix(rank)), vt: parts.vt.rows(0..<rank),
        iterations: 0, converged: true)
      return
    }
    let ofColumns = a.columns <= a.rows
    let axes = try SymmetricEigen(try a.gram(ofColumns: ofColumns), largest: rank).vectors.transposed()
    // Beside large squares small ones drown, and their vectors with them: one multiplication more brings both back.
    let image = try TallQR(ofColumns ? a.times(axes) : a.transposedTimes(axes), a.workers).q
    try self.init(a, basis: image, ofColumns: !ofColumns, iterations: 0, converged: true)
  }

  /// The best parts within a basis of one side (Rayleigh and Ritz).
  ///
  /// - Parameter basis: orthonormal columns, at least as many as are wanted; all are used and kept.
  init(
    _ a: DataOperator, basis: Matrix<Double>, ofColumns: Bool, iterations: Int, converged: Bool
  ) throws {
    let image = try TallQR(ofColumns ? a.times(basis) : a.transposedTimes(basis), a.workers)
    // A ≈ Q·R·Vᵀ for a basis V of the column side; for the other side Aᵀ ≈ Q·R·Uᵀ.
    let small = try SVD(image.r)
    let outer = try BlockProducts.times(image.q, small.u, a.workers)
    let inner = small.vt.timesTransposed(basis)
    self.init(
      u: ofColumns ? outer : inner.transposed(), values: small.singularValues,
      vt: ofColumns ? inner : outer.transposed(), iterations: iterations, converged: converged)
  }

  /// By subspace iteration: orthonormalised after each half of a multiplication with A·Aᵀ.
  init(randomized a: DataOperator, rank: Int, _ options: TruncatedSVD.Options, _ random: inout RandomNumbers) throws {
    let width = min(rank + max(0, options.oversample), min(a.rows, a.columns))
    let start: Matrix<Double> = random.gaussians(rows: a.columns, columns: width)
    var q = try TallQR(a.times(start), a.workers).q
    for _ in 0..<max(0, options.powerIterations) {
      let turned = try TallQR(a.transposedTimes(q), a.workers).q
      q = try TallQR(a.times(turned), a.workers).q
    }
    let all = try LeadingParts(
      a, basis: q, ofColumns: false, iterations: options.powerIterations + 1, converged: true)
    self.init(
      u: all.u.columns(0..<rank), values: Array(all.values.prefix(rank)), vt: all.vt.rows(0..<rank),
      iterations: all.iterations, converged: true)
  }
}
