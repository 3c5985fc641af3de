extension Matrix {
  /// A·B.
  public func times(_ b: Matrix) -> Matrix { product(.no, b, .no) }

  /// Aᵀ·B.
  public func transposedTimes(_ b: Matrix) -> Matrix { product(.yes, b, .no) }

  /// A·Bᵀ.
  public func timesTransposed(_ b: Matrix) -> Matrix { product(.no, b, .yes) }

  /// A·Bᵀ, blocks of 512 rows at once over the threads.
  /// - Throws: what cancels the workers.
  public func timesTransposed(_ b: Matrix, workers: Workers) throws -> Matrix {
    precondition(columns == b.columns, "sizes of a product do not fit")
    var result = Matrix.zeros(rows, b.rows)
    let a = self
    try workers.fill(&result, size: 512) { range, target in
      guard let target = target.baseAddress else { return }
      S.gemm(
        .no, .yes, m: range.count, n: b.rows, k: a.columns, alpha: 1, a.storage.start + range.lowerBound * a.stride,
        lda: a.stride, b.storage.start, ldb: b.stride, beta: 0, target, ldc: b.rows)
      withExtendedLifetime((a, b)) {}
    }
    return result
  }

  private func product(_ ta: Transpose, _ b: Matrix, _ tb: Transpose) -> Matrix {
    let m = ta == .no ? rows : columns
    let n = tb == .no ? b.columns : b.rows
    var result = Matrix(uninitializedRows: m, columns: n)
    result.setToProduct(of: self, ta, b, tb, alpha: 1, beta: 0)
    return result
  }

  /// C ← α·A·B + β·C. With β = 0 the old numbers are not read.
  public mutating func setToProduct(of a: Matrix, _ b: Matrix, alpha: S = 1, beta: S = 0) {
    setToProduct(of: a, .no, b, .no, alpha: alpha, beta: beta)
  }

  /// C ← α·op(A)·op(B) + β·C. With β = 0 the old numbers are not read.
  public mutating func setToProduct(
    of a: Matrix, _ transposeA: Transpose, _ b: Matrix, _ transposeB: Transpose = .no, alpha: S = 1, beta: S = 0
  ) {
    let (m, k) = transposeA == .no ? (a.rows, a.columns) : (a.columns, a.rows)
    let (kB, n) = transposeB == .no ? (b.rows, b.columns) : (b.columns, b.rows)
    precondition(k == kB && rows == m && columns == n, "sizes of a matrix product do not fit")
    makeUnique()
    if m == 0 || n == 0 { return }
    // With no inner index the library returns early and leaves C as it is.
    if k == 0 {
      if beta == 0 { storage.start.update(repeating: 0, count: count) } else { S.scal(count, beta, storage.start) }
      return
    }
    S.gemm(
      transposeA, transposeB, m: m, n: n, k: k, alpha: alpha, a.storage.start, lda: a.stride, b.storage.start,
      ldb: b.stride, beta: beta, storage.start, ldc: stride)
  }

  /// A·x.
  public func times(_ x: [S]) -> [S] {
    precondition(x.count == columns, "sizes of a matrix–vector product do not fit")
    return product(.no, x, count: rows)
  }

  /// Aᵀ·x.
  public func transposedTimes(_ x: [S]) -> [S] {
    precondition(x.count == rows, "sizes of a matrix–vector product do not fit")
    return product(.yes, x, count: columns)
  }

  private func product(_ transpose: Transpose, _ x: [S], count: Int) -> [S] {
    var y = [S](repeating: 0, count: count)
    if isEmpty { return y }
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        guard let from = x.baseAddress, let to = y.baseAddress else { return }
        S.gemv(transpose, m: rows, n: columns, alpha: 1, storage.start, lda: stride, from, beta: 0, to)
      }
    }
    return y
  }

  /// AᵀA, columns × columns, symmetric to the last bit.
  public func gram() -> Matrix { symmetricProduct(.yes, size: columns, inner: rows) }

  /// A·Aᵀ, rows × rows, symmetric to the last bit.
  public func outerGram() -> Matrix { symmetricProduct(.no, size: rows, inner: columns) }

  private func symmetricProduct(_ transpose: Transpose, size: Int, inner: Int) -> Matrix {
    var result = Matrix.zeros(size, size)
    if size == 0 || inner == 0 { return result }
    S.syrk(
      transpose, n: size, k: inner, alpha: 1, storage.start, lda: stride, beta: 0, result.storage.start, ldc: size)
    result.copyUpperTriangleToLower()
    return result
  }

  /// Makes a square matrix symmetric from its upper triangle.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public mutating func copyUpperTriangleToLower() {
    precondition(rows == columns, "only a square matrix is symmetric")
    makeUnique()
    let n = rows
    let a = storage.start
    let tile = 32
    for i0 in Swift.stride(from: 0, to: n, by: tile) {
      for j0 in Swift.stride(from: i0, to: n, by: tile) {
        for i in i0..<min(i0 + tile, n) {
          for j in max(j0, i + 1)..<max(j0, i + 1, min(j0 + tile, n)) { a[j &* n &+ i] = a[i &* n &+ j] }
        }
      }
    }
  }

  /// A + α·B.
  public func adding(_ b: Matrix, times alpha: S = 1) -> Matrix {
    var result = self
    result.add(b, times: alpha)
    return result
  }

  /// A ← A + α·B.
  public mutating func add(_ b: Matrix, times alpha: S = 1) {
    precondition(rows == b.rows && columns == b.columns, "sizes of a matrix sum do not fit")
    makeUnique()
    inPieces(count) { offset, length in S.axpy(length, alpha, b.storage.start + offset, storage.start + offset) }
  }

  /// A ← α·A.
  public mutating func scale(by alpha: S) {
    makeUnique()
    inPieces(count) { offset, length in S.scal(length, alpha, storage.start + offset) }
  }

  /// A ← A·diag(s).
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public mutating func scaleColumns(by scales: [S]) {
    precondition(scales.count == columns, "as many scales as columns are wanted")
    let (rows, columns) = (rows, columns)
    withUnsafeMutableBuffer { buffer in
      for i in 0..<rows {
        for j in 0..<columns { buffer[i &* columns &+ j] *= scales[j] }
      }
    }
  }

  /// A ← diag(s)·A.
  public mutating func scaleRows(by scales: [S]) {
    precondition(scales.count == rows, "as many scales as rows are wanted")
    makeUnique()
    for i in 0..<rows { S.scal(columns, scales[i], storage.start + i * columns) }
  }

  /// √ΣΣ aᵢⱼ².
  public var frobeniusNorm: S {
    var norms: [S] = []
    inPieces(count) { offset, length in norms.append(S.nrm2(length, storage.start + offset)) }
    return norms.count == 1 ? norms[0] : norms.norm
  }
}

/// Cuts a range that may be longer than the library's 32-bit integers.
private func inPieces(_ count: Int, _ body: (_ offset: Int, _ length: Int) -> Void) {
  let limit = 1 << 30
  for offset in stride(from: 0, to: count, by: limit) { body(offset, min(limit, count - offset)) }
}

extension Array where Element: Scalar {
  /// Σ xᵢ·yᵢ.
  public func dot(_ y: [Element]) -> Element {
    precondition(count == y.count, "lengths of an inner product differ")
    return withUnsafeBufferPointer { x in
      y.withUnsafeBufferPointer { y in
        guard let a = x.baseAddress, let b = y.baseAddress else { return 0 }
        return Element.dot(x.count, a, b)
      }
    }
  }

  /// x ← x + α·y.
  public mutating func add(_ y: [Element], times alpha: Element = 1) {
    precondition(count == y.count, "lengths of a vector sum differ")
    withUnsafeMutableBufferPointer { x in
      y.withUnsafeBufferPointer { y in
        guard let a = y.baseAddress, let b = x.baseAddress else { return }
        Element.axpy(y.count, alpha, a, b)
      }
    }
  }

  /// x ← α·x.
  public mutating func scale(by alpha: Element) {
    withUnsafeMutableBufferPointer { x in
      guard let base = x.baseAddress else { return }
      Element.scal(x.count, alpha, base)
    }
  }

  /// √Σ xᵢ².
  public var norm: Element {
    withUnsafeBufferPointer { x in
      guard let base = x.baseAddress else { return 0 }
      return Element.nrm2(x.count, base)
    }
  }
}
