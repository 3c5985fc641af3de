import Linear
import Statistics

/// One threshold on one direction: the rule with the largest Youden index among fixed directions, for each class against
/// the others.
///
/// Equal class means leave room for it: with x = −3 (¼), 1 (¾) in one class and 3 (¼), −1 (¾) in the other, both means are
/// 0, a logistic probe reads 50 %, and x > 0 is right on 75 %.
struct ThresholdProbe: LeakProbe {
  var name: String { "threshold" }
  /// Directions to try beside the principal axes, in the space of the erased rows, unit rows.
  var given: Matrix<Double>?
  var axes = 10
  var random = 100

  func predictions(
    _ rows: ScaledRows, labels: [Int], weights: [Double], seed: UInt64, workers: Workers
  ) throws -> [[Int]] {
    let directions = try directions(rows.fitted, seed: seed)
    let (fitted, scored) = (rows.fitted.timesTransposed(directions), rows.scored.timesTransposed(directions))
    let classes = weights.count
    var best = [Rule?](repeating: nil, count: classes)
    for k in 0..<directions.rows {
      let column = fitted.column(k)
      let order = column.indices.sorted { (column[$0], $0) < (column[$1], $1) }
      for c in 0..<(classes == 2 ? 1 : classes) {
        let rule = Rule(column, order, k, isClass: labels.map { $0 == c })
        if rule.index > best[c]?.index ?? 0 { best[c] = rule }
      }
    }
    if classes == 2 {
      guard let rule = best[0] else { return [] }
      return [(0..<scored.rows).map { rule.holds(scored[$0, rule.direction]) ? 0 : 1 }]
    }
    let counts = try classCounts(labels, classes: classes)
    let common = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
    return [
      (0..<scored.rows).map { row in
        let held = (0..<classes).filter { c in best[c].map { $0.holds(scored[row, $0.direction]) } ?? false }
        return held.max { (best[$0]?.index ?? 0, -$0) < (best[$1]?.index ?? 0, -$1) } ?? common
      }
    ]
  }

  /// Unit rows: those given, the widest axes of the rows, and random ones.
  func directions(_ rows: Matrix<Double>, seed: UInt64) throws -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed, step: "directions")
    let drawn: Matrix<Double> = numbers.gaussians(rows: random, columns: rows.columns)
    var parts = [try QuadraticProbe.axes(rows, at: axes), drawn]
    if let given, given.columns == rows.columns { parts.append(given) }
    return Matrix.stack(parts)
  }

  /// The largest Youden index over all directions and classes of these rows, and that of the rows with their labels dealt
  /// out anew, largest over the same directions each time.
  static func largest(
    _ rows: Matrix<Double>, _ directions: Matrix<Double>, labels: [Int], classes: Int, shuffles: [[Int]],
    workers: Workers
  ) throws -> (index: Double, shuffled: [Double]) {
    let scores = rows.timesTransposed(directions)
    let found = try workers.map(directions.rows) { k -> [Double] in
      let column = scores.column(k)
      let order = column.indices.sorted { (column[$0], $0) < (column[$1], $1) }
      return ([labels] + shuffles).map { labels in
        (0..<(classes == 2 ? 1 : classes)).map { Rule.index(column, order, labels, of: $0) }.max() ?? 0
      }
    }
    let all = (0...shuffles.count).map { place in found.map { $0[place] }.max() ?? 0 }
    return (all[0], Array(all.dropFirst()))
  }

  private struct Rule {
    let direction: Int
    let threshold: Double
    let isAbove: Bool
    /// Sensitivity + specificity − 1.
    let index: Double

    init(_ values: [Double], _ order: [Int], _ direction: Int, isClass: [Bool]) {
      self.direction = direction
      let total = Double(isClass.count { $0 })
      let rest = Double(values.count) - total
      var (gap, best, place) = (0.0, 0.0, 0)
      for (i, row) in order.enumerated() {
        gap += isClass[row] ? 1 / max(1, total) : -1 / max(1, rest)
        // Between equal values there is no threshold.
        if i + 1 < order.count, values[order[i + 1]] == values[row] { continue }
        if gap.magnitude > best.magnitude { (best, place) = (gap, i) }
      }
      let own = values[order[place]]
      let next = place + 1 < order.count ? values[order[place + 1]] : own
      threshold = (own + next) / 2
      isAbove = best < 0
      index = best.magnitude
    }

    func holds(_ value: Double) -> Bool { (value > threshold) == isAbove }

    /// The index alone.
    static func index(_ values: [Double], _ order: [Int], _ labels: [Int], of label: Int) -> Double {
      var total = 0
      for own in labels where own == label { total += 1 }
      let (up, down) = (1 / Double(max(1, total)), 1 / Double(max(1, labels.count - total)))
      var (gap, best) = (0.0, 0.0)
      values.withUnsafeBufferPointer { values in
        order.withUnsafeBufferPointer { order in
          labels.withUnsafeBufferPointer { labels in
            for i in 0..<order.count {
              gap += labels[order[i]] == label ? up : -down
              if i + 1 < order.count, values[order[i + 1]] == values[order[i]] { continue }
              if gap.magnitude > best { best = gap.magnitude }
            }
          }
        }
      }
      return best
    }
  }
}
