internal import COpenBLAS

/// The routines of LAPACK on row-major matrices. What they read as column-major is the transpose of ours, so each
/// comment says which decomposition of the transpose serves. All matrices here have at least one element.
enum LAPACK {
  /// The longest side whose workspace (about 4·n² doubles) is counted in 32 bits.
  static let largestSide = 20_000

  static func check(_ a: Matrix<Double>, side: Int) throws(NumericError) {
    if side > largestSide || max(a.rows, a.columns) > Int(Int32.max) {
      throw .tooLarge(rows: a.rows, columns: a.columns)
    }
    if let place = a.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
  }

  /// A = L·Lᵀ in the lower triangle; the upper is left as it was.
  /// - Returns: the index of the first pivot that is not positive.
  static func cholesky(_ a: inout Matrix<Double>) -> Int? {
    a.makeUnique()
    var info: CInt = 0
    var n = CInt(a.rows)
    dpotrf_("U", &n, a.storage.start, &n, &info, 1)
    return info > 0 ? Int(info) - 1 : nil
  }

  /// The lower triangle of A⁻¹ in place of that of L.
  static func inverseFromCholesky(_ l: inout Matrix<Double>) {
    l.makeUnique()
    var info: CInt = 0
    var n = CInt(l.rows)
    dpotri_("U", &n, l.storage.start, &n, &info, 1)
  }

  /// Aᵀ = P·L·U in place of A.
  /// - Returns: the index of the first pivot that is zero.
  static func lu(_ a: inout Matrix<Double>, _ pivots: inout [CInt]) -> Int? {
    a.makeUnique()
    var info: CInt = 0
    var n = CInt(a.rows)
    dgetrf_(&n, &n, a.storage.start, &n, &pivots, &info)
    return info > 0 ? Int(info) - 1 : nil
  }

  /// Solves A·x = b for each row b of `right`, in its place.
  static func solve(lu: Matrix<Double>, _ pivots: [CInt], _ right: inout Matrix<Double>) {
    right.makeUnique()
    var info: CInt = 0
    var n = CInt(lu.rows)
    var count = CInt(right.rows)
    dgetrs_("T", &n, &count, lu.storage.start, &n, pivots, right.storage.start, &n, &info, 1)
  }

  /// All eigenvalues, ascending; with `vectors` the eigenvectors, as rows, in place of A, else A is destroyed.
  static func symmetricEigen(_ a: inout Matrix<Double>, vectors: Bool) throws(NumericError) -> [Double] {
    a.makeUnique()
    let memory = a.storage.start
    var n = CInt(a.rows)
    var values = [Double](repeating: 0, count: a.rows)
    try withWorkspace("symmetric eigenproblem") { work, lwork, iwork, liwork, info in
      dsyevd_(vectors ? "V" : "N", "U", &n, memory, &n, &values, work, &lwork, iwork, &liwork, &info, 1, 1)
    }
    return values
  }

  /// The `count` largest eigenvalues, ascending, and their eigenvectors as rows. A is destroyed.
  static func largestEigen(
    _ a: inout Matrix<Double>, count: Int
  ) throws(NumericError) -> (values: [Double], vectors: Matrix<Double>) {
    a.makeUnique()
    let memory = a.storage.start
    let vectors = Matrix<Double>.zeros(count, a.rows)
    let rows = vectors.storage.start
    var n = CInt(a.rows)
    var first = CInt(a.rows - count + 1)
    var unused = 0.0
    var tolerance = 0.0
    var found: CInt = 0
    // The routine wants room for all n values.
    var values = [Double](repeating: 0, count: a.rows)
    var support = [CInt](repeating: 0, count: 2 * a.rows)
    try withWorkspace("symmetric eigenproblem") { work, lwork, iwork, liwork, info in
      var last = n
      dsyevr_(
        "V", "I", "U", &n, memory, &n, &unused, &unused, &first, &last, &tolerance, &found, &values, rows, &last,
        &support, work, &lwork, iwork, &liwork, &info, 1, 1, 1)
    }
    if Int(found) != count { throw .notConverged("symmetric eigenproblem") }
    return (Array(values.prefix(count)), vectors)
  }

  /// A = U·S·Vᵀ for an m × n matrix, k = min(m, n): U is m × k, Vᵀ is k × n.
  ///
  /// The routine sees Aᵀ = V·S·Uᵀ, and its two results, read row by row, are Vᵀ and U.
  static func svd(
    _ a: Matrix<Double>
  ) throws(NumericError) -> (u: Matrix<Double>, values: [Double], vt: Matrix<Double>) {
    do {
      return try svd(a, byIteration: false)
    } catch {
      // Divide and conquer stops at some matrices that the slower QR iteration can do.
      return try svd(a, byIteration: true)
    }
  }

  private static func svd(
    _ a: Matrix<Double>, byIteration: Bool
  ) throws(NumericError) -> (u: Matrix<Double>, values: [Double], vt: Matrix<Double>) {
    var copy = a
    copy.makeUnique()
    let side = min(a.rows, a.columns)
    let u = Matrix<Double>.zeros(a.rows, side)
    let vt = Matrix<Double>.zeros(side, a.columns)
    let (from, left, right) = (copy.storage.start, u.storage.start, vt.storage.start)
    var values = [Double](repeating: 0, count: side)
    var n = CInt(a.columns)
    var m = CInt(a.rows)
    var k = CInt(side)
    try withWorkspace("singular value decomposition", integers: 8 * side) { work, lwork, iwork, _, info in
      var height = n
      if byIteration {
        dgesvd_("S", "S", &n, &m, from, &height, &values, right, &height, left, &k, work, &lwork, &info, 1, 1)
      } else {
        dgesdd_("S", &n, &m, from, &height, &values, right, &height, left, &k, work, &lwork, iwork, &info, 1)
      }
    }
    withExtendedLifetime(copy) {}
    return (u, values, vt)
  }

  /// The singular values alone, largest first.
  static func singularValues(_ a: Matrix<Double>) throws(NumericError) -> [Double] {
    var copy = a
    copy.makeUnique()
    let side = min(a.rows, a.columns)
    let from = copy.storage.start
    var values = [Double](repeating: 0, count: side)
    var n = CInt(a.columns)
    var m = CInt(a.rows)
    var one: CInt = 1
    var (noLeft, noRight) = (0.0, 0.0)
    try withWorkspace("singular value decomposition", integers: 8 * side) { work, lwork, iwork, _, info in
      var height = n
      var width = one
      dgesdd_("N", &n, &m, from, &height, &values, &noRight, &one, &noLeft, &width, work, &lwork, iwork, &info, 1)
    }
    withExtendedLifetime(copy) {}
    return values
  }

  /// A = Q·R for an m × n matrix, k = min(m, n): Q is m × k, R is k × n.
  ///
  /// The routine sees Aᵀ = L·Qᵀ, and L, read row by row, is R.
  static func qr(_ a: Matrix<Double>) throws(NumericError) -> (q: Matrix<Double>, r: Matrix<Double>) {
    let side = min(a.rows, a.columns)
    let (copy, scales) = try factored(a)
    var m = CInt(a.rows)
    var k = CInt(side)
    let r = triangle(copy)
    // The reflectors that make Q lie in the first k numbers of each row.
    var q = copy.columns(0..<side)
    q.makeUnique()
    let reflectors = q.storage.start
    try withWorkspace("QR decomposition") { work, lwork, _, _, info in
      var rows = k
      var height = k
      dorglq_(&rows, &m, &k, reflectors, &height, scales, work, &lwork, &info)
    }
    return (q, r)
  }

  /// R alone.
  static func triangle(of a: Matrix<Double>) throws(NumericError) -> Matrix<Double> { triangle(try factored(a).parts) }

  /// R and the reflectors, and what scales these.
  private static func factored(
    _ a: Matrix<Double>
  ) throws(NumericError) -> (parts: Matrix<Double>, scales: [Double]) {
    var copy = a
    copy.makeUnique()
    let memory = copy.storage.start
    var n = CInt(a.columns)
    var m = CInt(a.rows)
    var scales = [Double](repeating: 0, count: min(a.rows, a.columns))
    try withWorkspace("QR decomposition") { work, lwork, _, _, info in
      var height = n
      dgelqf_(&n, &m, memory, &height, &scales, work, &lwork, &info)
    }
    return (copy, scales)
  }

  private static func triangle(_ parts: Matrix<Double>) -> Matrix<Double> {
    let side = min(parts.rows, parts.columns)
    var r = parts.rows(0..<side)
    for i in 1..<max(1, side) { r.withMutableRow(i) { $0[..<i].update(repeating: 0) } }
    return r
  }

  /// Asks a routine for the size of its workspace, then runs it with one.
  private static func withWorkspace(
    _ what: String, integers: Int = 1,
    _ call: (
      _ work: UnsafeMutablePointer<Double>, _ lwork: inout CInt, _ iwork: UnsafeMutablePointer<CInt>,
      _ liwork: inout CInt, _ info: inout CInt
    ) -> Void
  ) throws(NumericError) {
    var info: CInt = 0
    var size = 0.0
    var integerSize = CInt(clamping: integers)
    var query: CInt = -1
    var integerQuery: CInt = -1
    call(&size, &query, &integerSize, &integerQuery, &info)
    if info != 0 { throw .notConverged(what) }
    var lwork = max(1, CInt(clamping: Int(size)))
    var liwork = max(1, integerSize)
    let work = UnsafeMutablePointer<Double>.allocate(capacity: Int(lwork))
    let iwork = UnsafeMutablePointer<CInt>.allocate(capacity: Int(liwork))
    defer {
      work.deallocate()
      iwork.deallocate()
    }
    call(work, &lwork, iwork, &liwork, &info)
    if info != 0 { throw .notConverged(what) }
  }
}
