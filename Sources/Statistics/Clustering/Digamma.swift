internal import Glibc
import Linear

/// ψ(x), the derivative of ln Γ, for x > 0 (recurrence to 6, then the asymptotic series; Abramowitz & Stegun 6.3.5 and
/// 6.3.18). Right to about 1e-12.
public func digamma(_ x: Double) -> Double {
  var (x, shift) = (x, 0.0)
  while x < 6 {
    shift -= 1 / x
    x += 1
  }
  let y = 1 / (x * x)
  let series =
    y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * 691.0 / 32760)))))
  return shift + log(x) - 1 / (2 * x) - series
}

extension RandomNumbers {
  /// A number of the gamma law with the given shape ≥ 1 and scale 1 (Marsaglia & Tsang 2000).
  mutating func gamma(shape: Double) -> Double {
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = gaussian()
      let v = 1 + c * x
      guard v > 0 else { continue }
      let cube = v * v * v
      if log(1 - unit()) < 0.5 * x * x + d - d * cube + d * log(cube) { return d * cube }
    }
  }
}
