internal import COpenBLAS

/// Whether an operand of a product is read as it lies or turned.
public enum Transpose: Sendable {
  case no, yes
}

/// The two kinds of numbers that matrices hold, each with its row-major BLAS on raw pointers.
///
/// The products here check nothing: sizes, strides (`lda` is the distance between rows, in elements) and memory
/// are the caller's. They are for loops over blocks of rows; whole matrices have methods of their own.
/// Sizes stay below 2³¹, the limit of the library's integers.
public protocol Scalar: BinaryFloatingPoint, BitwiseCopyable, SIMDScalar, Sendable {
  /// C ← α·op(A)·op(B) + β·C, where op(A) is m × k and C is m × n.
  static func gemm(
    _ transposeA: Transpose, _ transposeB: Transpose, m: Int, n: Int, k: Int,
    alpha: Self, _ a: UnsafePointer<Self>, lda: Int, _ b: UnsafePointer<Self>, ldb: Int,
    beta: Self, _ c: UnsafeMutablePointer<Self>, ldc: Int)

  /// y ← α·op(A)·x + β·y, where A as it lies is m × n.
  static func gemv(
    _ transpose: Transpose, m: Int, n: Int, alpha: Self, _ a: UnsafePointer<Self>, lda: Int,
    _ x: UnsafePointer<Self>, beta: Self, _ y: UnsafeMutablePointer<Self>)

  /// The upper triangle of C ← α·A·Aᵀ + β·C (`.no`, A is n × k) or α·Aᵀ·A + β·C (`.yes`, A is k × n).
  static func syrk(
    _ transpose: Transpose, n: Int, k: Int, alpha: Self, _ a: UnsafePointer<Self>, lda: Int,
    beta: Self, _ c: UnsafeMutablePointer<Self>, ldc: Int)

  /// A ← α·x·yᵀ + A, where A is m × n.
  static func ger(
    m: Int, n: Int, alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>,
    _ a: UnsafeMutablePointer<Self>, lda: Int)

  /// X ← α·op(T)⁻¹·X, where T is m × m triangular and X is m × n.
  static func trsm(
    _ triangle: Triangle, _ transpose: Transpose, m: Int, n: Int, alpha: Self,
    _ t: UnsafePointer<Self>, ldt: Int, _ x: UnsafeMutablePointer<Self>, ldx: Int)

  /// Σ xᵢ·yᵢ.
  static func dot(_ count: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>) -> Self

  /// y ← α·x + y.
  static func axpy(_ count: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// x ← α·x.
  static func scal(_ count: Int, _ alpha: Self, _ x: UnsafeMutablePointer<Self>)

  /// √Σ xᵢ², without overflow on the way.
  static func nrm2(_ count: Int, _ x: UnsafePointer<Self>) -> Self
}

/// The triangle of a square matrix that holds its numbers; the other is not read.
public enum Triangle: Sendable {
  case lower, upper
}

extension Transpose {
  fileprivate var cblas: CBLAS_TRANSPOSE { self == .no ? CblasNoTrans : CblasTrans }
}

extension Triangle {
  fileprivate var cblas: CBLAS_UPLO { self == .lower ? CblasLower : CblasUpper }
}

extension Double: Scalar {
  public static func gemm(
    _ transposeA: Transpose, _ transposeB: Transpose, m: Int, n: Int, k: Int,
    alpha: Double, _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int,
    beta: Double, _ c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transposeA.cblas, transposeB.cblas, CInt(m), CInt(n), CInt(k), alpha, a, CInt(lda),
      b, CInt(ldb), beta, c, CInt(ldc))
  }

  public static func gemv(
    _ transpose: Transpose, m: Int, n: Int, alpha: Double, _ a: UnsafePointer<Double>, lda: Int,
    _ x: UnsafePointer<Double>, beta: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    cblas_dgemv(CblasRowMajor, transpose.cblas, CInt(m), CInt(n), alpha, a, CInt(lda), x, 1, beta, y, 1)
  }

  public static func syrk(
    _ transpose: Transpose, n: Int, k: Int, alpha: Double, _ a: UnsafePointer<Double>, lda: Int,
    beta: Double, _ c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, transpose.cblas, CInt(n), CInt(k), alpha, a, CInt(lda), beta, c, CInt(ldc))
  }

  public static func ger(
    m: Int, n: Int, alpha: Double, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>,
    _ a: UnsafeMutablePointer<Double>, lda: Int
  ) {
    cblas_dger(CblasRowMajor, CInt(m), CInt(n), alpha, x, 1, y, 1, a, CInt(lda))
  }

  public static func trsm(
    _ triangle: Triangle, _ transpose: Transpose, m: Int, n: Int, alpha: Double,
    _ t: UnsafePointer<Double>, ldt: Int, _ x: UnsafeMutablePointer<Double>, ldx: Int
  ) {
    cblas_dtrsm(
      CblasRowMajor, CblasLeft, triangle.cblas, transpose.cblas, CblasNonUnit, CInt(m), CInt(n), alpha,
      t, CInt(ldt), x, CInt(ldx))
  }

  public static func dot(_ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>) -> Double {
    cblas_ddot(CInt(count), x, 1, y, 1)
  }

  public static func axpy(
    _ count: Int, _ alpha: Double, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    cblas_daxpy(CInt(count), alpha, x, 1, y, 1)
  }

  public static func scal(_ count: Int, _ alpha: Double, _ x: UnsafeMutablePointer<Double>) {
    cblas_dscal(CInt(count), alpha, x, 1)
  }

  public static func nrm2(_ count: Int, _ x: UnsafePointer<Double>) -> Double {
    cblas_dnrm2(CInt(count), x, 1)
  }
}

extension Float: Scalar {
  public static func gemm(
    _ transposeA: Transpose, _ transposeB: Transpose, m: Int, n: Int, k: Int,
    alpha: Float, _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int,
    beta: Float, _ c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA.cblas, transposeB.cblas, CInt(m), CInt(n), CInt(k), alpha, a, CInt(lda),
      b, CInt(ldb), beta, c, CInt(ldc))
  }

  public static func gemv(
    _ transpose: Transpose, m: Int, n: Int, alpha: Float, _ a: UnsafePointer<Float>, lda: Int,
    _ x: UnsafePointer<Float>, beta: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemv(CblasRowMajor, transpose.cblas, CInt(m), CInt(n), alpha, a, CInt(lda), x, 1, beta, y, 1)
  }

  public static func syrk(
    _ transpose: Transpose, n: Int, k: Int, alpha: Float, _ a: UnsafePointer<Float>, lda: Int,
    beta: Float, _ c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    cblas_ssyrk(
      CblasRowMajor, CblasUpper, transpose.cblas, CInt(n), CInt(k), alpha, a, CInt(lda), beta, c, CInt(ldc))
  }

  public static func ger(
    m: Int, n: Int, alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    _ a: UnsafeMutablePointer<Float>, lda: Int
  ) {
    cblas_sger(CblasRowMajor, CInt(m), CInt(n), alpha, x, 1, y, 1, a, CInt(lda))
  }

  public static func trsm(
    _ triangle: Triangle, _ transpose: Transpose, m: Int, n: Int, alpha: Float,
    _ t: UnsafePointer<Float>, ldt: Int, _ x: UnsafeMutablePointer<Float>, ldx: Int
  ) {
    cblas_strsm(
      CblasRowMajor, CblasLeft, triangle.cblas, transpose.cblas, CblasNonUnit, CInt(m), CInt(n), alpha,
      t, CInt(ldt), x, CInt(ldx))
  }

  public static func dot(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Float {
    cblas_sdot(CInt(count), x, 1, y, 1)
  }

  public static func axpy(
    _ count: Int, _ alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    cblas_saxpy(CInt(count), alpha, x, 1, y, 1)
  }

  public static func scal(_ count: Int, _ alpha: Float, _ x: UnsafeMutablePointer<Float>) {
    cblas_sscal(CInt(count), alpha, x, 1)
  }

  public static func nrm2(_ count: Int, _ x: UnsafePointer<Float>) -> Float {
    cblas_snrm2(CInt(count), x, 1)
  }
}
