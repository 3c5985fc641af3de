/// A table of confusions of rows that count more than once or not at all.
public struct WeightedConfusion: Sendable {
  private let classes: Int
  private let counts: [Double]

  /// The lists are of the same rows; labels are in 0 ..< classes.
  public init(truth: [Int], predicted: [Int], classes: Int, weights: [Double]) {
    var counts = [Double](repeating: 0, count: classes * classes)
    for i in truth.indices { counts[truth[i] * classes + predicted[i]] += weights[i] }
    self.classes = classes
    self.counts = counts
  }

  /// Accuracy, balanced accuracy and macro F1, as those of `Confusion`.
  public var measures: [Double] {
    var (right, total) = (0.0, 0.0)
    var own = [Double](repeating: 0, count: classes)
    var given = own
    for t in 0..<classes {
      right += counts[t * classes + t]
      for p in 0..<classes {
        own[t] += counts[t * classes + p]
        given[p] += counts[t * classes + p]
        total += counts[t * classes + p]
      }
    }
    var (recalls, f1, present, occurring) = (0.0, 0.0, 0.0, 0.0)
    for c in 0..<classes {
      let hits = counts[c * classes + c]
      if own[c] > 0 {
        recalls += hits / own[c]
        present += 1
      }
      if own[c] + given[c] > 0 {
        f1 += 2 * hits / (own[c] + given[c])
        occurring += 1
      }
    }
    return [right / total, recalls / present, f1 / occurring]
  }
}
