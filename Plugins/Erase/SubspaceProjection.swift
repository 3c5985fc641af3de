import Linear
import Statistics

/// Matrix subspace projection (Li et al. 2020) in closed form: one k × d matrix M reads attributes out of vectors, z·Mᵀ ≈ y,
/// and writes them back, y·M ≈ z.
///
/// M minimises a·‖Z·Mᵀ − Y‖² + b·‖Y·M − Z‖², so that b·(YᵀY)·M + a·M·(ZᵀZ) = (a + b)·YᵀZ: a Sylvester equation, solved in
/// the eigenvectors of both sides.
struct SubspaceProjection: Sendable, Equatable {
  /// M, k × d.
  let matrix: Matrix<Double>
  /// M⁺, d × k.
  let pseudoInverse: Matrix<Double>
  /// a·‖Z·Mᵀ − Y‖² + b·‖Y·M − Z‖².
  let objective: Double
  /// ‖M·Mᵀ − I‖_F: 0 where Mᵀ may stand for M⁺.
  let orthogonalityDefect: Double
  /// Of M, largest first.
  let singularValues: [Double]

  /// - Parameters:
  ///   - moments: of vectors beside attributes, −1 and 1 or real, 0 where unknown.
  ///   - readWeight: a.
  ///   - writeWeight: b.
  /// - Throws: `StatisticsError` for weights that are not above 0 or no attributes; `NumericError`.
  init(_ moments: Moments, readWeight: Double = 1, writeWeight: Double = 1) throws {
    for (name, weight) in [("readWeight", readWeight), ("writeWeight", writeWeight)] {
      guard weight > 0, weight.isFinite else {
        throw StatisticsError.parameter(name: name, expected: "above 0", found: "\(weight)")
      }
    }
    guard moments.count > 0, !moments.meanX.isEmpty, !moments.meanZ.isEmpty else {
      throw StatisticsError.empty("rows with attributes")
    }
    let n = Double(moments.count)
    var zz = moments.scatterXX
    zz.addOuterProduct(moments.meanX, moments.meanX, times: n)
    var yy = moments.scatterZZ
    yy.addOuterProduct(moments.meanZ, moments.meanZ, times: n)
    var zy = moments.scatterXZ
    zy.addOuterProduct(moments.meanX, moments.meanZ, times: n)
    let (a, b) = (readWeight, writeWeight)
    let (left, right) = (try SymmetricEigen(yy.symmetrised), try SymmetricEigen(zz.symmetrised))
    // In both bases the equation is one division for each entry.
    var inner = left.vectors.times(zy.transposed()).timesTransposed(right.vectors)
    let limit = 1e-14 * max(left.values.first ?? 0, right.values.first ?? 0)
    for i in 0..<inner.rows {
      for j in 0..<inner.columns {
        let sum = b * max(0, left.values[i]) + a * max(0, right.values[j])
        inner[i, j] = sum > limit ? (a + b) * inner[i, j] / sum : 0
      }
    }
    let solution = left.vectors.transposedTimes(inner).times(right.vectors)
    let parts = try SVD(solution)
    let gram = solution.outerGram()
    matrix = solution
    singularValues = parts.singularValues
    // Attributes that depend on each other are one direction less, whatever rounding says.
    pseudoInverse = parts.pseudoInverse(tolerance: 1e-10 * (parts.singularValues.first ?? 0))
    orthogonalityDefect = gram.adding(.identity(gram.rows), times: -1).frobeniusNorm
    let (traceY, traceZ) = (yy.diagonal.reduce(0, +), zz.diagonal.reduce(0, +))
    let cross = solution.timesTransposed(zy.transposed()).diagonal.reduce(0, +)
    let read = solution.times(zz).timesTransposed(solution).diagonal.reduce(0, +) - 2 * cross + traceY
    let write = yy.times(gram).diagonal.reduce(0, +) - 2 * cross + traceZ
    objective = a * read + b * write
  }

  /// Directions that M reads.
  var rank: Int { singularValues.prefix { $0 > 1e-10 * (singularValues.first ?? 0) }.count }

  /// An orthonormal basis of what M does not read, (d − rank) × d.
  /// - Throws: `NumericError`.
  func complement() throws(NumericError) -> Matrix<Double> {
    let axes = try SymmetricEigen(matrix.gram())
    return axes.vectors.rows(rank..<axes.vectors.rows)
  }

  /// The rows with some attributes set: z′ = z + M⁺·(y − M·z), or with Mᵀ for M⁺ as the paper has it.
  /// - Parameter wanted: a number for each attribute to set, nil for one to leave.
  /// - Throws: `StatisticsError` for sizes that do not fit.
  func edited(
    _ rows: Matrix<Double>, wanted: [Double?], transposed: Bool = false
  ) throws(StatisticsError) -> Matrix<Double> {
    guard rows.columns == matrix.columns else {
      throw .lengthMismatch(what: "columns", expected: matrix.columns, found: rows.columns)
    }
    guard wanted.count == matrix.rows else {
      throw .lengthMismatch(what: "attributes", expected: matrix.rows, found: wanted.count)
    }
    let read = rows.timesTransposed(matrix)
    let change = Matrix<Double>(rows: rows.rows, columns: wanted.count) { target in
      for (k, value) in wanted.enumerated() {
        guard let value else { continue }
        for i in 0..<rows.rows { target[i * wanted.count + k] = value - read[i, k] }
      }
    }
    return rows.adding(transposed ? change.times(matrix) : change.timesTransposed(pseudoInverse))
  }
}
