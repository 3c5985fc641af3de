import Linear

import func Glibc.exp
import func Glibc.log

/// The entropy of a sample by the spacings of its order statistics (Vasicek 1976).
enum Vasicek {
  /// mean log((n/2m)·(x₍ᵢ₊ₘ₎ − x₍ᵢ₋ₘ₎)) with places beyond the ends put at them, in nats; nil where values repeat so that a
  /// spacing is 0.
  static func entropy(_ values: [Double], window m: Int) -> Double? {
    let sorted = values.sorted()
    let n = sorted.count
    var terms: [Double] = []
    terms.reserveCapacity(n)
    for i in 0..<n {
      let spacing = sorted[min(i + m, n - 1)] - sorted[max(i - m, 0)]
      guard spacing > 0 else { return nil }
      terms.append(log(Double(n) / Double(2 * m) * spacing))
    }
    return terms.reduce(0, +) / Double(n)
  }

  /// The entropy divided by that of the uniform law on the sample's range; nil where the range is 1, whose entropy is 0.
  static func ratio(_ entropy: Double, of values: [Double]) -> Double? {
    let range = (values.max() ?? 0) - (values.min() ?? 0)
    let uniform = range > 0 ? log(range) : 0
    return uniform.magnitude > 1e-9 ? entropy / uniform : nil
  }
}

/// I(V): how even the sum of exp(c·x) is over directions c (Mu & Viswanath 2018).
enum Isotropy {
  /// min Z(c)/max Z(c) over both signs of the unit vectors `axes`; sums are kept as logarithms, so that long rows do not
  /// overflow.
  static func value(_ rows: Matrix<Double>, _ axes: Matrix<Double>) -> Double? {
    let products = rows.timesTransposed(axes)
    var (least, most) = (Double.infinity, -Double.infinity)
    for j in 0..<products.columns {
      let column = products.column(j)
      for sign in [1.0, -1] {
        let largest = column.reduce(-Double.infinity) { max($0, sign * $1) }
        let sum = column.reduce(0) { $0 + exp(sign * $1 - largest) }
        let logarithm = largest + log(sum)
        (least, most) = (min(least, logarithm), max(most, logarithm))
      }
    }
    return most > -.infinity ? exp(least - most) : nil
  }
}
