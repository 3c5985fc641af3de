import Charts
import Linear
import PluginKit
import Statistics

/// Which features of a later layer come linearly from an earlier one (Szablewski & Masiak 2025).
public struct ActivationTransport: Method {
  public static let name = "alignment.transport"

  public enum Solver: String, Decodable, Sendable { case ridge, linear }

  public struct Parameters: Decodable, Sendable {
    let source: MatrixReference
    let target: MatrixReference
    let directions: MatrixReference?
    let method: Solver
    let alpha: Double
    let alphas: [Double]?
    let folds: Int
    let ranks: [Int]?
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
  }

  public struct Output: Encodable, Sendable {
    struct Rank: Encodable, Sendable {
      let rank: Int
      let explained: Double?
      let ceiling: Double
      let efficiency: Double?
    }
    let transport: ArtifactReference
    let bias: ArtifactReference
    let alpha: Double
    let explained: Double?
    let explainedPerFeature: [Double?]
    let canonicalCorrelations: [Double]
    let ceiling: [Double]
    let ranks: [Rank]
    let subspaceSize: Int?
    let isHeldOut: Bool
    let n: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (from, to) = (try context.rows(parameters.source), try context.rows(parameters.target))
    try context.checkSameRows(from.namedRows, to.namedRows)
    let rows = try context.trainTest(
      train: parameters.train, test: parameters.test, split: parameters.split, of: from.namedRows)
    let (dx, dy) = (from.columnCount, to.columnCount)
    try context.reserve(5 * (from.rowCount + dx + dy) * (dx + dy) * 8, for: "the rows and their maps")
    let (x, y): (Matrix<Double>, Matrix<Double>) = (try from.gather(rows.train), try to.gather(rows.train))
    let places = InputPlaces(features: parameters.source.pointer, rows: rows.train)
    let alpha = try places.explain { try chosenAlpha(x, y, parameters, context) }
    let probe = try places.explain { try Self.fit(x, y, alpha, context.workers) }
    let (scoredX, scoredY): (Matrix<Double>, Matrix<Double>) =
      rows.isHeldOut ? (try from.gather(rows.scored), try to.gather(rows.scored)) : (x, y)
    let predicted = try places.explain { try probe.scores(scoredX) }
    let share = ExplainedShare(scoredY, predicted)
    let features = try perFeature(parameters, scoredY, predicted, share, context)
    let canonical = try places.explain { try CanonicalCorrelation(x, y) }
    let padded =
      canonical.correlations
      + [Double](
        repeating: 0, count: max(0, min(dx, dy) - canonical.correlations.count))
    var sum = 0.0
    let ceiling = padded.map { rho -> Double in
      sum += rho * rho
      return sum / Double(dy)
    }
    let size = (ceiling.last ?? 0) > 0 ? ceiling.firstIndex { $0 >= 0.95 * (ceiling.last ?? 0) }.map { $0 + 1 } : nil
    let wanted = Set((parameters.ranks ?? Array(1...max(1, ceiling.count))).filter { $0 <= ceiling.count }).sorted()
    let whitened = try places.explain {
      try RankedShare(y, probe.scores(x), scored: scoredY, predicted: predicted)
    }
    let ranks = wanted.map { rank -> Output.Rank in
      let explained = whitened.explained(rank: rank)
      let limit = ceiling[rank - 1]
      return Output.Rank(
        rank: rank, explained: explained, ceiling: limit, efficiency: limit > 0 ? explained.map { $0 / limit } : nil)
    }
    let warnings = warnings(rows.train.count, max(dx, dy), rows.isHeldOut)
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(ranks, features, rows.scored.count, context)
    return Output(
      transport: try context.save(probe.rawWeights.transposed(), "transport"),
      bias: try context.save(vector: probe.rawBias, "bias"), alpha: alpha, explained: share.total,
      explainedPerFeature: features, canonicalCorrelations: padded, ceiling: ceiling, ranks: ranks, subspaceSize: size,
      isHeldOut: rows.isHeldOut, n: rows.train.count, warnings: warnings)
  }

  private static func fit(
    _ x: Matrix<Double>, _ y: Matrix<Double>, _ alpha: Double, _ workers: Workers
  ) throws -> LinearProbe {
    try RidgeRegression(lambdas: [alpha], standardize: false).fit(x, targets: y, workers: workers).probe
  }

  /// The penalty of the least squared error over folds of neighbouring rows; the one that is given where there is no list.
  private func chosenAlpha(
    _ x: Matrix<Double>, _ y: Matrix<Double>, _ parameters: Parameters, _ context: Context
  ) throws -> Double {
    guard parameters.method == .ridge else { return 0 }
    guard let alphas = parameters.alphas, alphas.count > 1 else { return parameters.alphas?.first ?? parameters.alpha }
    guard x.rows >= 2 * parameters.folds else {
      throw StatisticsError.parameter(
        name: "folds", expected: "at most half the fitted rows, \(x.rows / 2)", found: "\(parameters.folds)")
    }
    var errors = [Double](repeating: 0, count: alphas.count)
    for fold in 0..<parameters.folds {
      let held = fold * x.rows / parameters.folds..<(fold + 1) * x.rows / parameters.folds
      let kept = (0..<x.rows).filter { !held.contains($0) }
      let (a, b) = (x.rows(at: kept), y.rows(at: kept))
      for (place, alpha) in alphas.enumerated() {
        try context.checkCancellation()
        context.progress(fold * alphas.count + place, of: parameters.folds * alphas.count, "fold \(fold + 1)")
        let probe = try Self.fit(a, b, alpha, context.workers)
        let rest = try y.rows(held).adding(probe.scores(x.rows(held)), times: -1).frobeniusNorm
        errors[place] += rest * rest
      }
    }
    return alphas[errors.indices.min { (errors[$0], $0) < (errors[$1], $1) } ?? 0]
  }

  private func perFeature(
    _ parameters: Parameters, _ truth: Matrix<Double>, _ predicted: Matrix<Double>, _ share: ExplainedShare,
    _ context: Context
  ) throws -> [Double?] {
    guard let reference = parameters.directions else { return share.columns }
    let directions: Matrix<Double> = try context.matrix(reference)
    guard directions.columns == truth.columns else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "directions of \(directions.columns) columns for a target of \(truth.columns)",
        hint: "one direction a row, in the target's space")
    }
    return ExplainedShare(truth.timesTransposed(directions), predicted.timesTransposed(directions)).columns
  }

  private func warnings(_ n: Int, _ d: Int, _ isHeldOut: Bool) -> [Warning] {
    var warnings: [Warning] = []
    if n < 10 * d {
      warnings.append(
        Warning(
          "few-rows",
          "\(n) fitted rows for \(d) columns: with fewer than ten rows a column all canonical correlations tend to 1 and the "
            + "ceiling says little"))
    }
    if !isHeldOut {
      warnings.append(Warning("in-sample", "scored on the fitted rows: give test rows or a split"))
    }
    return warnings
  }

  private func show(_ ranks: [Output.Rank], _ features: [Double?], _ n: Int, _ context: Context) {
    context.display(
      LineChart(
        title: "Transport by rank", xAxis: Axis("rank", leastStep: 1), yAxis: Axis("share of whitened variance"),
        curves: [
          .init("ceiling", ranks.map { .init(Double($0.rank), $0.ceiling) }),
          .init("transport", ranks.compactMap { rank in rank.explained.map { .init(Double(rank.rank), $0) } }),
        ], count: n))
    let known = features.enumerated().compactMap { place, value in value.map { (place, $0) } }
    context.display(
      BarChart(
        title: "Features that are carried over, and features that are not", axis: Axis("R²"),
        bars: known.sorted { (-$0.1, $0.0) < (-$1.1, $1.0) }.prefix(40).map { BarChart.Bar("feature \($0.0)", $0.1) },
        count: n, note: known.count > 40 ? "the 40 best of \(known.count)" : nil))
  }
}

/// How much of the whitened target a transport of low rank explains, so that it can be held against the ceiling, which is a
/// share of whitened variance too.
struct RankedShare: Sendable {
  private let truth: Matrix<Double>
  private let predicted: Matrix<Double>
  private let axes: Matrix<Double>
  private let columns: Int

  /// - Parameters:
  ///   - fitted: the target's fitted rows, which whiten.
  ///   - predictions: of the fitted rows; their principal axes after whitening order the ranks.
  init(
    _ fitted: Matrix<Double>, _ predictions: Matrix<Double>, scored: Matrix<Double>, predicted: Matrix<Double>
  ) throws {
    let mean = columnMeans(fitted)
    func centred(_ rows: Matrix<Double>) -> Matrix<Double> {
      var result = rows
      result.addToRows(mean.map { -$0 })
      return result
    }
    let parts = try SVD(centred(fitted))
    let rank = parts.rank()
    var whitening = parts.vt.rows(0..<rank)
    whitening.scaleRows(by: parts.singularValues.prefix(rank).map { 1 / $0 })
    truth = centred(scored).timesTransposed(whitening)
    self.predicted = centred(predicted).timesTransposed(whitening)
    axes = try SVD(centred(predictions).timesTransposed(whitening)).vt
    columns = fitted.columns
  }

  /// The mean over whitened directions of 1 − Σ(y − ŷ)²/Σ(y − ȳ)²; directions in which the target never varies count 0.
  func explained(rank: Int) -> Double? {
    let basis = axes.rows(0..<min(rank, axes.rows))
    let shares = ExplainedShare(truth, predicted.timesTransposed(basis).times(basis)).columns
    guard shares.contains(where: { $0 != nil }) else { return nil }
    return fixedSum(shares.map { $0 ?? 0 }) / Double(max(1, columns))
  }
}
