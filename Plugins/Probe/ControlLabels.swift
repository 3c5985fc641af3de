import Linear

import func Glibc.log2

/// Labels that say nothing but which item a row is of (Hewitt & Liang 2019).
enum ControlLabels {
  /// Each type gets one label, drawn from the shares of the labels; without types the labels are dealt out anew.
  /// - Parameter types: the type of each row.
  static func draw(_ labels: [Int], types: [Int]?, seed: UInt64, repeat index: Int) -> [Int] {
    var numbers = RandomNumbers(seed: seed, step: "control", index: index)
    guard let types else {
      var dealt = labels
      numbers.shuffle(&dealt)
      return dealt
    }
    var label: [Int: Int] = [:]
    for type in Set(types).sorted() { label[type] = labels[numbers.below(labels.count)] }
    return types.map { label[$0] ?? 0 }
  }

  /// Σ −share·log₂ share.
  static func entropyBits(_ counts: [Int]) -> Double {
    let total = Double(counts.reduce(0, +))
    return counts.reduce(0) { sum, count in
      count == 0 ? sum : sum - Double(count) / total * log2(Double(count) / total)
    }
  }
}
