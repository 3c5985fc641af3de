extension LeadingParts {
  /// By block Lanczos with thick restarts on C = AᵀA or A·Aᵀ, the smaller of both, which is only multiplied with.
  init(lanczos a: DataOperator, rank: Int, _ options: TruncatedSVD.Options, _ random: inout RandomNumbers) throws {
    var search = try BlockLanczos(a, rank: rank, &random)
    try search.fill(&random)
    var restarts = 0
    while restarts < options.maxRestarts, !search.isComplete(tolerance: options.tolerance) {
      try search.restart()
      try search.fill(&random)
      restarts += 1
    }
    try self.init(
      a, basis: search.leadingVectors(), ofColumns: search.ofColumns, iterations: search.applications,
      converged: search.isComplete(tolerance: options.tolerance))
  }
}

/// A Krylov space of a symmetric operator C that is grown block by block and cut back to its best part.
///
/// With the basis V and the next block X, C·V = V·T + X·[0 … 0 R], so the residual of the Ritz vector V·z is
/// ‖R·z_last‖. T takes all coefficients of the orthogonalisation, hence a restart needs no case of its own.
/// An eigenvalue is found as many times as it is there, up to the size of a block.
private struct BlockLanczos {
  let ofColumns: Bool
  private let a: DataOperator
  private let rank: Int
  /// The length of a vector.
  private let side: Int
  /// The most vectors in V.
  private let capacity: Int

  /// V: the first `size` columns.
  private var basis: Matrix<Double>
  private var size = 0
  /// T: the first `size` rows and columns.
  private var projected: Matrix<Double>
  /// X: orthonormal, orthogonal to V; no columns when V is the whole space.
  private var next: Matrix<Double>
  /// R, for the last columns of V.
  private var coupling = Matrix<Double>.zeros(0, 0)
  private var ritzValues: [Double] = []
  /// Rows are z.
  private var ritzVectors = Matrix<Double>.zeros(0, 0)
  private var firstAfterRestart = true
  private(set) var applications = 0

  /// Vectors in a block: one pass over a sparse matrix serves them together.
  private static let blockSize = 8

  init(_ a: DataOperator, rank: Int, _ random: inout RandomNumbers) throws {
    self.a = a
    self.rank = rank
    ofColumns = a.columns <= a.rows
    side = min(a.rows, a.columns)
    let block = min(Self.blockSize, side)
    // Whole blocks, unless V may become the whole space.
    let wanted = 2 * rank + 6 * Self.blockSize
    capacity = min(side, (wanted + block - 1) / block * block)
    basis = .zeros(side, capacity)
    projected = .zeros(capacity, capacity)
    next = try TallQR(random.gaussians(rows: side, columns: block), a.workers).q
  }

  /// Grows the space until it is full, then finds the best vectors in it.
  mutating func fill(_ random: inout RandomNumbers) throws {
    while size < capacity, next.columns > 0 {
      try a.workers.checkCancellation()
      var image = try ofColumns ? a.transposedTimes(a.times(next)) : a.times(a.transposedTimes(next))
      applications += 1
      let width = next.columns
      append(next)
      // Only the last two blocks and, after a restart, what was kept have a part in the image that is more than
      // rounding; they are taken out first, and then all of V takes what rounding has left.
      let near = firstAfterRestart ? 0 : max(0, size - 2 * Self.blockSize)
      firstAfterRestart = false
      let large = try takeOut(near..<size, of: &image)
      var coefficients = try takeOut(0..<size, of: &image)
      for i in 0..<size {
        for j in 0..<width {
          if i >= near { coefficients[i, j] += large[i - near, j] }
          projected[i, size - width + j] = coefficients[i, j]
          projected[size - width + j, i] = coefficients[i, j]
        }
      }
      (next, coupling) = try orthonormalised(image, &random)
    }
    let axes = try SymmetricEigen(projected.rows(0..<size).columns(0..<size))
    (ritzValues, ritzVectors) = (axes.values, axes.vectors)
  }

  /// Whether the leading Ritz pairs have small residuals.
  func isComplete(tolerance: Double) -> Bool {
    let count = min(rank, size)
    guard next.columns > 0, count > 0 else { return true }
    let last = ritzVectors.rows(0..<count).columns(size - coupling.columns..<size)
    let residuals = last.timesTransposed(coupling)
    // Directions without any variance have only rounding errors to converge to.
    let floor = 1e-12 * max(0, ritzValues[0])
    return (0..<count).allSatisfy { residuals.row($0).norm <= max(tolerance * ritzValues[$0], floor) }
  }

  /// Cuts the space back to its best vectors, so many that half of the room beyond the wanted ones is free.
  mutating func restart() throws {
    let free = max(1, (capacity - rank) / 2 / Self.blockSize) * Self.blockSize
    let kept = max(0, capacity - free)
    let vectors = try ritzBasis(kept)
    size = 0
    append(vectors)
    projected = .zeros(capacity, capacity)
    for i in 0..<kept { projected[i, i] = ritzValues[i] }
    firstAfterRestart = true
  }

  /// The leading Ritz vectors, side × rank.
  func leadingVectors() throws -> Matrix<Double> { try ritzBasis(min(rank, size)) }

  private func ritzBasis(_ count: Int) throws -> Matrix<Double> {
    var vectors = Matrix<Double>.zeros(side, count)
    try BlockProducts.add(
      basis, columns: 0..<size, ritzVectors.rows(0..<count).transposed(), times: 1, to: &vectors, beta: 0, a.workers)
    return vectors
  }

  private mutating func append(_ columns: Matrix<Double>) {
    let (size, width, capacity, side) = (size, columns.columns, capacity, side)
    basis.withUnsafeMutableBuffer { basis in
      columns.withUnsafeBuffer { columns in
        for i in 0..<side {
          for j in 0..<width { basis[i &* capacity &+ size &+ j] = columns[i &* width &+ j] }
        }
      }
    }
    self.size += width
  }

  /// Y ← Y − V·(VᵀY) for some columns of V.
  /// - Returns: VᵀY.
  private func takeOut(_ columns: Range<Int>, of y: inout Matrix<Double>) throws -> Matrix<Double> {
    let part = try BlockProducts.transposedTimes(basis, columns: columns, y, a.workers)
    try BlockProducts.add(basis, columns: columns, part, times: -1, to: &y, a.workers)
    return part
  }

  /// X·R of a block that is orthogonal to V.
  private func orthonormalised(
    _ y: Matrix<Double>, _ random: inout RandomNumbers
  ) throws -> (x: Matrix<Double>, r: Matrix<Double>) {
    let scale = projected.diagonal.prefix(size).reduce(0) { max($0, $1.magnitude) }
    if y.columns <= side - size {
      let parts = try TallQR(y, a.workers)
      if parts.r.diagonal.allSatisfy({ $0 > 1e-10 * scale }) { return (parts.q, parts.r) }
    }
    return try orthonormalisedOneByOne(y, negligible: 1e-10 * scale, &random)
  }

  /// As above, where C maps the space nearly into itself: a direction that vanished gives way to a random one, whose
  /// coupling is zero.
  private func orthonormalisedOneByOne(
    _ y: Matrix<Double>, negligible: Double, _ random: inout RandomNumbers
  ) throws -> (x: Matrix<Double>, r: Matrix<Double>) {
    let count = min(y.columns, side - size)
    var x = Matrix<Double>.zeros(side, 0)
    var r = Matrix<Double>.zeros(count, y.columns)
    func rest(of column: Matrix<Double>) throws -> (Matrix<Double>, [Double]) {
      var vector = column
      var coefficients = [Double](repeating: 0, count: x.columns)
      for _ in 0..<2 {
        _ = try takeOut(0..<size, of: &vector)
        let part = x.transposedTimes(vector)
        vector.add(x.times(part), times: -1)
        coefficients.add(part.elements)
      }
      return (vector, coefficients)
    }
    func take(_ vector: Matrix<Double>) {
      var unit = vector
      unit.scale(by: 1 / vector.frobeniusNorm)
      x = Matrix.stack([x.transposed(), unit.transposed()]).transposed()
    }
    for j in 0..<y.columns {
      let (vector, coefficients) = try rest(of: y.columns(j..<j + 1))
      for (i, value) in coefficients.enumerated() { r[i, j] = value }
      let norm = vector.frobeniusNorm
      if norm > negligible, x.columns < count {
        r[x.columns, j] = norm
        take(vector)
      }
    }
    var attempts = 0
    while x.columns < count, attempts < 4 * count {
      attempts += 1
      let start: Matrix<Double> = random.gaussians(rows: side, columns: 1)
      let (vector, _) = try rest(of: start)
      if vector.frobeniusNorm > 1e-8 * start.frobeniusNorm { take(vector) }
    }
    return (x, r.rows(0..<x.columns))
  }
}
