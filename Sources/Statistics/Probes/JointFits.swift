import Linear

/// Logistic regressions of several folds and penalties at once, as columns of one walk over the rows.
///
/// A fit by itself multiplies the rows by one column and waits for memory; together they multiply wide blocks. Rows
/// that a fold leaves out have residual 0 in its columns. Each fit has its own L-BFGS, the tolerance of the settings
/// and the coordinates of its own fold; with `mixed` precision the walks far from the minima read a copy in 32 bits,
/// and each end is found and checked in 64.
struct JointFits {
  /// The end of one fit.
  struct Found {
    var probe: LinearProbe
    var converged: Bool
  }

  private struct Fit: Sendable {
    let fold: Int
    let C: Double
    let objective: LogisticObjective
    var search: LimitedMemoryBFGS
  }

  private let rows: PreparedRows
  private let folds: [FoldFrame]
  private let kernel: JointKernel
  private let settings: LogisticRegression
  private let workers: Workers

  /// R·(d + 1) up to which each fit by itself, by Newton's method, is the faster way.
  private static let newtonSide = 128
  /// Walks after which Newton's method takes over from L-BFGS, where it is affordable.
  private static let patience = 200
  /// Numbers that the fits of one wave may remember.
  private static let remembered = 1 << 22

  /// nil where fits by themselves do as well: few columns, few rows, no penalty, or Newton's method asked for; and where a
  /// column hardly varies in one fold, whose digits the coordinates of all rows would cost.
  init?<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, folds: [Split], Cs: [Double], settings: LogisticRegression,
    workers: Workers
  ) throws {
    let outputs = classes == 2 ? 1 : classes
    let fewest = folds.map(\.train.count).min() ?? 0
    guard settings.solver != .newton, outputs * (features.columns + 1) > Self.newtonSide, fewest > 256,
      Cs.count * folds.count > 1, Cs.allSatisfy({ $0.isFinite && $0 > 0 }), labels.count == features.rows
    else { return nil }
    let scalings = try FoldScalings(features, folds)
    let whole = try Coordinates(
      scalings.whole, labels: labels, classes: classes, penaltyWeight: 1, standardize: true, balanced: false)
    rows = try PreparedRows(features, nil, whole, mixed: settings.precision == .mixed, workers)
    self.folds = try folds.enumerated().map { k, fold in
      let own = try Coordinates(
        scalings.folds[k], labels: fold.train.map { labels[$0] }, classes: classes,
        penaltyWeight: 1, standardize: settings.standardize, balanced: settings.classWeight == .balanced)
      return FoldFrame(own, whole: whole)
    }
    guard self.folds.allSatisfy({ $0.isLike(whole) }) else { return nil }
    var isFitted = [Bool](repeating: false, count: features.rows * folds.count)
    for (k, fold) in folds.enumerated() {
      for row in fold.train { isFitted[row * folds.count + k] = true }
    }
    kernel = JointKernel(
      columns: features.columns, outputs: outputs, labels: labels, isFitted: isFitted, folds: folds.count,
      classWeights: self.folds.map(\.coordinates.classWeights))
    self.settings = settings
    self.workers = workers
  }

  /// The fits of each C, fold by fold.
  func fit(_ Cs: [Double], progress: (_ done: Int, _ walks: Int) -> Void) throws -> [[Found]] {
    let width = width(of: Cs.count)
    var found: [[Found]] = []
    var starts = folds.map(\.coordinates.origin)
    // Each wave begins where the one before it ended.
    for wave in stride(from: 0, to: Cs.count, by: width) {
      let values = Cs[wave..<min(wave + width, Cs.count)]
      var fits = folds.indices.flatMap { fold in values.map { fit(fold, $0) } }
      var points = fits.map { starts[$0.fold] }
      if let rough = rows.rough {
        for k in fits.indices {
          fits[k].search.relativeDecrease = LogisticSolver.roughDecrease
          fits[k].search.relativeNoise = LogisticSolver.roughNoise
        }
        try walk(
          rough, folds.map { $0.inside(rough) }, &fits, &points, max(settings.tolerance, LogisticSolver.roughTolerance)
        ) { _, walks in progress(wave * folds.count, walks) }
        for k in fits.indices {
          let exact = fit(fits[k].fold, fits[k].C).search
          fits[k].search.relativeDecrease = exact.relativeDecrease
          fits[k].search.relativeNoise = exact.relativeNoise
        }
      }
      try walk(rows.exact, folds.map { $0.inside(rows.exact) }, &fits, &points, settings.tolerance) {
        progress(wave * folds.count + $0, $1)
      }
      for k in values.indices {
        found.append(
          folds.indices.map { fold in
            let place = fold * values.count + (k - values.startIndex)
            let end = fits[place].search.end
            return Found(
              probe: folds[fold].coordinates.probe(points[place]), converged: end == .enough || end == .decrease)
          })
      }
      starts = folds.indices.map { points[($0 + 1) * values.count - 1] }
    }
    return found
  }

  /// How many of the Cs go side by side.
  func width(of count: Int) -> Int {
    let numbers = folds.count * kernel.outputs * (kernel.columns + 1) * (2 * LimitedMemoryBFGS.memory + 4)
    return max(1, min(count, max(Self.remembered, kernel.labels.count * kernel.columns / 4) / numbers))
  }

  private func fit(_ fold: Int, _ C: Double) -> Fit {
    let objective = folds[fold].coordinates.objective(penaltyWeight: 1 / C)
    let canBeRescued = settings.solver == .auto && kernel.outputs * (kernel.columns + 1) <= LogisticSolver.rescueSide
    return Fit(
      fold: fold, C: C, objective: objective,
      search: LimitedMemoryBFGS(
        diagonal: objective.inverseDiagonal, maximumIterations: settings.maximumIterations,
        maximumEvaluations: canBeRescued ? Self.patience : .max))
  }

  /// Walks until every search has ended; `points` are where they begin and then where they end.
  private func walk<A: Scalar>(
    _ rows: RowBlocks<A>, _ frames: [FoldFrame.Frame], _ fits: inout [Fit], _ points: inout [[Double]],
    _ tolerance: Double, _ report: (_ done: Int, _ walks: Int) -> Void
  ) throws {
    let rules = LimitedMemoryBFGS.Rules(isEnough: { evaluation, gap in
      gap <= tolerance * evaluation.value / 10 && evaluation.gradient.allSatisfy { $0.magnitude <= tolerance }
    })
    var active = Array(fits.indices)
    var walks = 0
    while !active.isEmpty {
      try workers.checkCancellation()
      let trials = active.map { walks == 0 ? points[$0] : fits[$0].search.trial ?? points[$0] }
      let found = try kernel.evaluate(
        rows, frames, active.enumerated().map { .init(fits[$1].fold, fits[$1].objective, trials[$0]) }, workers)
      for (place, k) in active.enumerated() {
        if walks == 0 {
          try fits[k].search.begin(at: points[k], found[place], rules)
        } else {
          try fits[k].search.receive(found[place], rules)
        }
      }
      active.removeAll { fits[$0].search.trial == nil }
      walks += 1
      report(fits.count - active.count, walks)
    }
    for k in fits.indices { points[k] = fits[k].search.point }
  }
}

/// The scaling over all rows and over the train rows of each fold, from one look at each row.
private struct FoldScalings {
  let whole: ColumnScaling
  let folds: [ColumnScaling]

  init<S: Scalar>(_ features: Matrix<S>, _ folds: [Split]) throws {
    // Rows that are in the same folds go together.
    var key = [[Bool]](repeating: [Bool](repeating: false, count: folds.count), count: features.rows)
    for (k, fold) in folds.enumerated() {
      for row in fold.train { key[row][k] = true }
    }
    var order: [[Bool]] = []
    var lists: [[Bool]: [Int]] = [:]
    for row in 0..<features.rows {
      if lists[key[row]] == nil { order.append(key[row]) }
      lists[key[row], default: []].append(row)
    }
    guard order.count <= folds.count + 1 else {
      whole = try ColumnScaling(features)
      self.folds = try folds.map { try ColumnScaling(features, rows: $0.train) }
      return
    }
    let parts = try order.map { key in
      let list = lists[key] ?? []
      return (key: key, rows: list.count, scaling: try ColumnScaling(features, rows: list))
    }
    func joined(_ isIn: ([Bool]) -> Bool) throws -> ColumnScaling {
      let own = parts.filter { isIn($0.key) }.map { (rows: $0.rows, scaling: $0.scaling) }
      guard let found = ColumnScaling.joined(own, tolerance: ColumnScaling.tolerance(of: S.self)) else {
        throw StatisticsError.empty("rows")
      }
      return found
    }
    whole = try joined { _ in true }
    self.folds = try folds.indices.map { k in try joined { $0[k] } }
  }
}

/// The coordinates of a fold, and what they are from the rows as they lie.
struct FoldFrame: Sendable {
  /// (element − shift)·factor is the fold's coordinate.
  struct Frame: Sendable {
    let shift: [Double]
    let factor: [Double]
  }

  let coordinates: Coordinates
  private let ready: Frame

  init(_ coordinates: Coordinates, whole: Coordinates) {
    self.coordinates = coordinates
    ready = Frame(
      shift: zip(zip(coordinates.shift, whole.shift), whole.factor).map { ($0.0 - $0.1) * $1 },
      factor: zip(coordinates.factor, whole.factor).map { $1 == 0 ? 0 : $0 / $1 })
  }

  /// Whether no column is much narrower in the fold than over all rows.
  func isLike(_ whole: Coordinates) -> Bool {
    coordinates.isCentral == whole.isCentral && ready.factor.allSatisfy { $0 <= 1e3 }
  }

  /// The frame for rows as they lie in `rows`, which either are scaled as all rows are or not scaled at all.
  func inside<A: Scalar>(_ rows: RowBlocks<A>) -> Frame {
    rows.isScaled ? ready : Frame(shift: coordinates.shift, factor: coordinates.factor)
  }
}
