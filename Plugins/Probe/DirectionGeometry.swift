import Linear

import func Glibc.acos
import func Glibc.asin
import func Glibc.cos

/// Angles between linear maps, and what they read.
enum DirectionGeometry {
  static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    let size = a.norm * b.norm
    return size > 0 ? max(-1, min(1, a.dot(b) / size)) : 0
  }

  /// aᵀSb/√(aᵀSa·bᵀSb): the correlation of the scores of rows of covariance S.
  static func correlation(_ a: [Double], _ b: [Double], _ covariance: Matrix<Double>) -> Double {
    let (left, right) = (covariance.times(a), covariance.times(b))
    let size = (a.dot(left) * b.dot(right)).squareRoot()
    return size > 0 ? max(-1, min(1, a.dot(right) / size)) : 0
  }

  /// Orthonormal rows that span what the rows span; the rows of K classes less their mean, which tells no classes apart.
  static func basis(_ weights: Matrix<Double>) throws -> Matrix<Double> {
    var rows = weights
    if rows.rows > 1 {
      let middle = (0..<rows.columns).map { j in weights.column(j).reduce(0, +) / Double(weights.rows) }
      for i in 0..<rows.rows {
        rows.withMutableRow(i) { row in
          for j in 0..<row.count { row[j] -= middle[j] }
        }
      }
    }
    let svd = try SVD(rows)
    return svd.vt.rows(0..<svd.rank(tolerance: 1e-10 * (svd.singularValues.first ?? 0)))
  }

  /// In degrees, the smallest first (Björck & Golub 1973): cosines from the products, sines where those lose digits.
  static func principalAngles(_ a: Matrix<Double>, _ b: Matrix<Double>) -> [Double] {
    let count = min(a.rows, b.rows)
    guard count > 0, let cosines = try? SVD(a.timesTransposed(b)).singularValues else { return [] }
    let (small, large) = a.rows <= b.rows ? (a, b) : (b, a)
    let rest = small.adding(small.timesTransposed(large).times(large), times: -1)
    let sines = (try? SVD(rest).singularValues.reversed()).map(Array.init) ?? []
    return (0..<count).map { k in
      let cosine = min(1, cosines[k])
      let angle = cosine * cosine > 0.5 && k < sines.count ? asin(min(1, sines[k])) : acos(cosine)
      return angle * 180 / .pi
    }
  }

  /// Cov(x)·w/Var(wᵀx) of each row w (Haufe et al. 2014), R × d.
  static func patterns(_ weights: Matrix<Double>, _ covariance: Matrix<Double>) -> Matrix<Double> {
    var result = weights.times(covariance)
    for r in 0..<weights.rows {
      let variance = weights.row(r).dot(result.row(r))
      guard variance > 0 else { continue }
      result.withMutableRow(r) { row in
        for j in 0..<row.count { row[j] /= variance }
      }
    }
    return result
  }
}

func cosine(ofDegrees angle: Double) -> Double { cos(angle * .pi / 180) }
