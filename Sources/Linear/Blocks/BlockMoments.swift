/// The moments of one block of rows: a pivot is subtracted from each row before any product, so that a mean far
/// from zero costs no digits. `T` is what the products of a piece are computed in; their sums are doubles. Of what is
/// symmetric only the upper triangle is right.
struct BlockMoments<S: Scalar, T: Scalar> {
  /// Rows in a piece: small beside the cache, large enough for a fast product.
  private let pieceRows = 480
  /// Pieces whose products with themselves are summed in `T` before they are added in doubles: those of a block of 4096
  /// rows. Few sums of many products each round less than one long sum.
  private let piecesInSum = 9

  private(set) var moments: Moments

  /// `check` is called between pieces and throws when the work is no longer wanted.
  init(_ x: Matrix<S>, _ z: Matrix<Double>?, _ rows: Range<Int>, _ check: () throws -> Void) rethrows {
    let (d, k) = (x.columns, z?.columns ?? 0)
    if rows.isEmpty {
      moments = Moments(d: d, k: k)
      return
    }
    let first = rows.prefix(pieceRows)
    // Rounded to T, so that the difference from it is all that is ever rounded.
    let pivotX = Self.mean(x, first).map { T($0) }
    let pivotZ = z.map { Self.mean($0, first).map { T($0) } } ?? []
    var (xx, zz) = (Matrix<Double>.zeros(0, 0), Matrix<Double>.zeros(0, 0))
    var xz = Matrix<Double>.zeros(d, k)
    var sumX = [Double](repeating: 0, count: d)
    var sumZ = [Double](repeating: 0, count: k)
    var shiftedX = Matrix<T>.zeros(min(pieceRows, rows.count), d)
    var shiftedZ = Matrix<T>.zeros(min(pieceRows, rows.count), k)
    var productXX = Matrix<T>.zeros(d, d)
    var productXZ = Matrix<T>.zeros(d, k)
    var productZZ = Matrix<T>.zeros(k, k)
    var pieces = 0
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: pieceRows) {
      try check()
      if pieces == piecesInSum, T.self != Double.self {
        Self.addUpper(productXX, &xx)
        Self.addUpper(productZZ, &zz)
        pieces = 0
      }
      let piece = start..<min(start + pieceRows, rows.upperBound)
      Self.shift(x, piece, pivotX, &shiftedX, &sumX)
      if let z { Self.shift(z, piece, pivotZ, &shiftedZ, &sumZ) }
      Self.addUpperGram(shiftedX, piece.count, &productXX, isFirst: pieces == 0)
      Self.addProduct(shiftedX, shiftedZ, piece.count, &productXZ, &xz)
      Self.addUpperGram(shiftedZ, piece.count, &productZZ, isFirst: pieces == 0)
      pieces += 1
    }
    Self.addUpper(productXX, &xx)
    Self.addUpper(productZZ, &zz)
    // Doubles are shared with their sum, which would be copied at its first change.
    (productXX, productZZ) = (.zeros(0, 0), .zeros(0, 0))
    let n = Double(rows.count)
    sumX.scale(by: 1 / n)
    sumZ.scale(by: 1 / n)
    xx.addUpperOuterProduct(sumX, times: -n)
    xz.addOuterProduct(sumX, sumZ, times: -n)
    zz.addUpperOuterProduct(sumZ, times: -n)
    moments = Moments(
      count: rows.count, meanX: zip(pivotX, sumX).map { Double($0) + $1 },
      meanZ: zip(pivotZ, sumZ).map { Double($0) + $1 }, scatterXX: xx, scatterXZ: xz, scatterZZ: zz)
  }

  private static func mean<V: Scalar>(_ a: Matrix<V>, _ rows: Range<Int>) -> [Double] {
    var sum = [Double](repeating: 0, count: a.columns)
    for i in rows {
      a.withRow(i) { row in
        for j in 0..<row.count { sum[j] += Double(row[j]) }
      }
    }
    sum.scale(by: 1 / Double(rows.count))
    return sum
  }

  /// Writes rows − pivot into the first rows of `shifted` and adds them to `sum`.
  private static func shift<V: Scalar>(
    _ a: Matrix<V>, _ rows: Range<Int>, _ pivot: [T], _ shifted: inout Matrix<T>, _ sum: inout [Double]
  ) {
    let columns = a.columns
    shifted.withUnsafeMutableBuffer { target in
      a.withUnsafeBuffer { source in
        pivot.withUnsafeBufferPointer { pivot in
          sum.withUnsafeMutableBufferPointer { sum in
            for i in rows {
              let from = UnsafeBufferPointer(rebasing: source[i * columns..<(i + 1) * columns])
              let row = i - rows.lowerBound
              let to = UnsafeMutableBufferPointer(rebasing: target[row * columns..<(row + 1) * columns])
              for j in 0..<columns {
                let difference = T(from[j]) - pivot[j]
                to[j] = difference
                sum[j] += Double(difference)
              }
            }
          }
        }
      }
    }
  }

  /// Adds the upper triangle of AᵀA, or puts it in place of what was there.
  private static func addUpperGram(_ a: Matrix<T>, _ rows: Int, _ product: inout Matrix<T>, isFirst: Bool) {
    let d = a.columns
    if d == 0 { return }
    product.withUnsafeMutableBuffer { product in
      a.withUnsafeBuffer { a in
        guard let a = a.baseAddress, let product = product.baseAddress else { return }
        T.syrk(.yes, n: d, k: rows, alpha: 1, a, lda: d, beta: isFirst ? 0 : 1, product, ldc: d)
      }
    }
  }

  /// Adds an upper triangle to `sum`, which is empty at first.
  private static func addUpper(_ product: Matrix<T>, _ sum: inout Matrix<Double>) {
    let d = product.rows
    if sum.rows != d {
      sum = product.converted()
      return
    }
    sum.withUnsafeMutableBuffer { sum in
      product.withUnsafeBuffer { product in
        for i in 0..<d {
          for j in i &* d &+ i..<(i &+ 1) &* d { sum[j] += Double(product[j]) }
        }
      }
    }
  }

  /// Adds AᵀB, by way of `product`.
  private static func addProduct(
    _ a: Matrix<T>, _ b: Matrix<T>, _ rows: Int, _ product: inout Matrix<T>, _ sum: inout Matrix<Double>
  ) {
    let (d, k) = (a.columns, b.columns)
    if d == 0 || k == 0 { return }
    product.withUnsafeMutableBuffer { product in
      a.withUnsafeBuffer { a in
        b.withUnsafeBuffer { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let product = product.baseAddress else { return }
          if k == 1 {
            T.gemv(.yes, m: rows, n: d, alpha: 1, a, lda: d, b, beta: 0, product)
          } else {
            T.gemm(.yes, .no, m: d, n: k, k: rows, alpha: 1, a, lda: d, b, ldb: k, beta: 0, product, ldc: k)
          }
        }
      }
    }
    sum.withUnsafeMutableBuffer { sum in
      product.withUnsafeBuffer { product in
        for i in 0..<sum.count { sum[i] += Double(product[i]) }
      }
    }
  }
}
