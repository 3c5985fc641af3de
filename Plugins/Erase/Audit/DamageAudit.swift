import Linear
import PluginKit
import Statistics

/// What erasure costs, on rows that the eraser has not seen.
struct DamageAudit: Encodable, Sendable {
  struct Worst: Encodable, Sendable {
    let row: Int
    let id: String?
    let squaredChange: Double
  }

  struct Task: Encodable, Sendable {
    let before, after: Estimate
    let majority: Double
  }

  /// ‖x − x′‖², its mean over rows; and of the rows' total variance.
  let meanSquaredChange, meanSquaredChangeRelative: Estimate
  /// The mean of |‖a − b‖² − ‖a′ − b′‖²|/‖a − b‖² over neighbours in the table.
  let distanceDistortion: Double
  /// The mean share of the ten nearest rows that stay among the ten nearest.
  let neighbourRecall: Double
  let worst: [Worst]
  let task: Task?

  /// Rows that the recall of neighbours is taken over at most.
  private static let mostRows = 1000

  init(_ rows: AuditRows, task: TaskPredictions?, seed: UInt64, workers: Workers) throws {
    var (changes, places) = ([Double](), [Int]())
    var (distortion, pairs) = (0.0, 0)
    for fit in rows.fits {
      for (row, next) in zip(fit.scored, fit.scored.dropFirst() + [-1]) {
        let (a, after) = (rows.features.row(row), fit.erased.row(row))
        changes.append(Self.square(a, after))
        places.append(row)
        guard next >= 0 else { continue }
        let (before, now) = (Self.square(a, rows.features.row(next)), Self.square(after, fit.erased.row(next)))
        if before > 0 { (distortion, pairs) = (distortion + (before - now).magnitude / before, pairs + 1) }
      }
    }
    let scored = rows.scored
    let scaling = try ColumnScaling(rows.features, rows: scored)
    let total = fixedSum(scaling.deviation.map { $0 * $0 })
    let change = Resampling.mean(changes, seed: seed)
    meanSquaredChange = change
    let factor = total > 0 ? 1 / total : 0
    meanSquaredChangeRelative = Estimate(
      value: change.value * factor, low: change.low * factor, high: change.high * factor, level: change.level,
      method: change.method, n: change.n)
    distanceDistortion = pairs > 0 ? distortion / Double(pairs) : 0
    neighbourRecall = try Self.recall(rows, workers)
    worst = changes.indices.sorted { (-changes[$0], places[$0]) < (-changes[$1], places[$1]) }.prefix(5).map {
      Worst(row: places[$0], id: rows.rowIDs?[places[$0]], squaredChange: changes[$0])
    }
    self.task = try task.map { task in
      func estimate(_ predicted: [Int]) throws -> Estimate {
        try Proportion.wilson(right: zip(task.truth, predicted).count { $0 == $1 }, of: task.truth.count)
      }
      return Task(
        before: try estimate(task.before), after: try estimate(task.after),
        majority: Double(task.majorityRight) / Double(task.truth.count))
    }
  }

  private static func square(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for j in a.indices {
      let difference = a[j] - b[j]
      sum += difference * difference
    }
    return sum
  }

  private static func recall(_ rows: AuditRows, _ workers: Workers) throws -> Double {
    guard let fit = rows.fits.first else { return 1 }
    let step = max(1, fit.scored.count / mostRows)
    let part = stride(from: 0, to: fit.scored.count, by: step).map { fit.scored[$0] }
    let count = min(10, part.count - 1)
    guard count > 0 else { return 1 }
    let (before, after) = (rows.features.rows(at: part), fit.erased.rows(at: part))
    let near = try [before, after].map {
      try NeighbourProbe.nearest($0, among: $0, count: count, skipsSelf: true, workers: workers)
    }
    let shared = zip(near[0], near[1]).reduce(0) { $0 + Set($1.0).intersection($1.1).count }
    return Double(shared) / Double(count * part.count)
  }
}

/// A main task's classes, read from rows before and after erasure by probes that were fitted on other rows.
struct TaskPredictions: Sendable {
  /// Rows of the table that were scored.
  let rows: [Int]
  let truth: [Int]
  let before: [Int]
  let after: [Int]
  let majorityRight: Int
  let classes: [String]

  /// Rows without a class of the task take no part.
  init?(_ rows: AuditRows, _ labels: Labels, workers: Workers) throws {
    var (scored, truth, before, after) = ([Int](), [Int](), [Int](), [Int]())
    var majorityRight = 0
    let classes = labels.classes.count
    for fit in rows.fits {
      for fold in fit.folds {
        let train = fold.train.filter { labels.codes[$0] >= 0 }
        let test = fold.test.filter { labels.codes[$0] >= 0 }
        let own = train.map { labels.codes[$0] }
        let counts = try classCounts(own, classes: classes)
        guard classes > 1, !test.isEmpty, counts.allSatisfy({ $0 > 0 }) else { return nil }
        let common = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
        let split = try Split(train: train, test: test, rows: rows.labels.count)
        before += try HeldOutAudit.logProbabilities(rows.features, own, classes, split, C: 1, workers).largestColumns()
        after += try HeldOutAudit.logProbabilities(fit.erased, own, classes, split, C: 1, workers).largestColumns()
        scored += test
        truth += test.map { labels.codes[$0] }
        majorityRight += test.count { labels.codes[$0] == common }
      }
    }
    (self.rows, self.truth, self.before, self.after) = (scored, truth, before, after)
    (self.majorityRight, self.classes) = (majorityRight, labels.classes)
  }
}

/// Whether a main task's hits and false alarms differ between the concept's classes, before and after.
struct FairnessAudit: Encodable, Sendable {
  struct Gap: Encodable, Sendable {
    let taskClass: String
    /// Largest less smallest rate over the classes of the concept.
    let truePositiveBefore, truePositiveAfter: Estimate
    let falsePositiveBefore, falsePositiveAfter: Estimate
  }

  let gaps: [Gap]
  /// The root mean square of the true-positive gaps over the task's classes.
  let rootMeanSquareBefore, rootMeanSquareAfter: Estimate

  init(_ rows: AuditRows, _ task: TaskPredictions, seed: UInt64) {
    let groups = task.rows.map { rows.labels[$0] }
    let (truth, count) = (task.truth, rows.classes.count)
    func gap(_ predicted: [Int], _ c: Int, positive: Bool, _ part: [Int]) -> Double? {
      var (hits, totals) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
      for i in part where (truth[i] == c) == positive && groups[i] >= 0 {
        totals[groups[i]] += 1
        if predicted[i] == c { hits[groups[i]] += 1 }
      }
      let rates = totals.indices.filter { totals[$0] > 0 }.map { Double(hits[$0]) / Double(totals[$0]) }
      guard rates.count > 1, let high = rates.max(), let low = rates.min() else { return nil }
      return high - low
    }
    func estimate(_ body: @escaping ([Int]) -> Double?) -> Estimate {
      Resampling.statistic(truth.count, replicates: 200, seed: seed, body)
    }
    gaps = task.classes.indices.map { c in
      Gap(
        taskClass: task.classes[c],
        truePositiveBefore: estimate { gap(task.before, c, positive: true, $0) },
        truePositiveAfter: estimate { gap(task.after, c, positive: true, $0) },
        falsePositiveBefore: estimate { gap(task.before, c, positive: false, $0) },
        falsePositiveAfter: estimate { gap(task.after, c, positive: false, $0) })
    }
    func root(_ predicted: [Int]) -> Estimate {
      estimate { part in
        let own = task.classes.indices.compactMap { gap(predicted, $0, positive: true, part) }
        return own.isEmpty ? nil : (own.reduce(0) { $0 + $1 * $1 } / Double(own.count)).squareRoot()
      }
    }
    (rootMeanSquareBefore, rootMeanSquareAfter) = (root(task.before), root(task.after))
  }
}
