/// The moments of one block of rows: a pivot is subtracted from each row before any product, so that a mean far
/// from zero costs no digits. `T` is what the products of a piece are computed in; their sums are doubles.
struct BlockMoments<S: Scalar, T: Scalar> {
  /// Rows in a piece: small beside the cache, large enough for a fast product.
  private let pieceRows = 480

  private(set) var moments: Moments

  /// `check` is called between pieces and throws when the work is no longer wanted.
  init(_ x: Matrix<S>, _ z: Matrix<Double>?, _ rows: Range<Int>, _ check: () throws -> Void) rethrows {
    let (d, k) = (x.columns, z?.columns ?? 0)
    moments = Moments(d: d, k: k)
    if rows.isEmpty { return }
    let first = rows.prefix(pieceRows)
    // Rounded to T, so that the difference from it is all that is ever rounded.
    let pivotX = Self.mean(x, first).map { T($0) }
    let pivotZ = z.map { Self.mean($0, first).map { T($0) } } ?? []
    var xx = Matrix<Double>.zeros(d, d)
    var xz = Matrix<Double>.zeros(d, k)
    var zz = Matrix<Double>.zeros(k, k)
    var sumX = [Double](repeating: 0, count: d)
    var sumZ = [Double](repeating: 0, count: k)
    var shiftedX = Matrix<T>.zeros(min(pieceRows, rows.count), d)
    var shiftedZ = Matrix<T>.zeros(min(pieceRows, rows.count), k)
    var productXX = Matrix<T>.zeros(d, d)
    var productXZ = Matrix<T>.zeros(d, k)
    var productZZ = Matrix<T>.zeros(k, k)
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: pieceRows) {
      try check()
      let piece = start..<min(start + pieceRows, rows.upperBound)
      Self.shift(x, piece, pivotX, &shiftedX, &sumX)
      if let z { Self.shift(z, piece, pivotZ, &shiftedZ, &sumZ) }
      Self.addUpperGram(shiftedX, piece.count, &productXX, &xx)
      Self.addProduct(shiftedX, shiftedZ, piece.count, &productXZ, &xz)
      Self.addUpperGram(shiftedZ, piece.count, &productZZ, &zz)
    }
    let n = Double(rows.count)
    sumX.scale(by: 1 / n)
    sumZ.scale(by: 1 / n)
    xx.addOuterProduct(sumX, sumX, times: -n)
    xx.copyUpperTriangleToLower()
    xz.addOuterProduct(sumX, sumZ, times: -n)
    zz.addOuterProduct(sumZ, sumZ, times: -n)
    zz.copyUpperTriangleToLower()
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

  /// Adds the upper triangle of AᵀA, by way of `product`.
  private static func addUpperGram(
    _ a: Matrix<T>, _ rows: Int, _ product: inout Matrix<T>, _ sum: inout Matrix<Double>
  ) {
    let d = a.columns
    if d == 0 { return }
    product.withUnsafeMutableBuffer { product in
      a.withUnsafeBuffer { a in
        guard let a = a.baseAddress, let product = product.baseAddress else { return }
        T.syrk(.yes, n: d, k: rows, alpha: 1, a, lda: d, beta: 0, product, ldc: d)
      }
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
