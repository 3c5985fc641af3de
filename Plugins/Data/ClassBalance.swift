import func Glibc.log10
import func Glibc.log2
import func Glibc.pow

/// How evenly rows are spread over classes.
enum ClassBalance {
  /// Σ −share·log₂ share.
  static func entropyBits(_ counts: [Int]) -> Double {
    let total = Double(max(1, counts.reduce(0, +)))
    return counts.reduce(0) { sum, count in
      count == 0 ? sum : sum - Double(count) / total * log2(Double(count) / total)
    }
  }
}

extension Double {
  var logarithm10: Double { log10(self) }
  var powerOf10: Double { pow(10, self) }
}
