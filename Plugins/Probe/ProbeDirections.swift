import Charts
import JSON
import Linear
import PluginKit
import Statistics

/// The angles between probes, and how far their weights can be trusted.
public struct ProbeDirections: Method {
  public static let name = "probe.directions"

  public struct Parameters: Decodable, Sendable {
    let probes: [ModelReference]
    let names: [String]?
    let features: MatrixReference?
    let labels: LabelReference?
    let train: RowsReference?
    let split: FileReference?
    let resamples: Int
  }

  public struct Output: Encodable, Sendable {
    struct Pair: Encodable, Sendable {
      let first, second: String
      let cosine: Double?
      let scoreCorrelation: Double?
      let angles: [Double]
    }
    struct Direction: Encodable, Sendable {
      let name: String
      let norm: Double
      let stability: Double?
      let topWeights: [Int]
      let pattern: ArtifactReference?
      let topPatterns: [Int]?
    }
    let cosines: [[Double]]?
    let angles: [[[Double]]]
    let scoreCorrelations: [[Double]]?
    let pairs: [Pair]
    let directions: [Direction]
    let chanceCosine: Double
    let d: Int
    let warnings: [Warning]
  }

  private static let mostShown = 10

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let saved = try parameters.probes.map { try SavedProbe(context, $0) }
    guard let first = saved.first else { throw MethodError.internal("no probes") }
    let d = first.model.d
    for probe in saved where probe.model.d != d {
      throw MethodError.data(
        .shape, pointer: probe.pointer, message: "a probe of \(probe.model.d) columns beside one of \(d)",
        hint: "angles are between probes of the same features")
    }
    let names = parameters.names ?? (1...saved.count).map { "probe \($0)" }
    guard names.count == saved.count, Set(names).count == names.count else {
      throw MethodError.invalidParameter(
        pointer: "/names", expected: "\(saved.count) different names, one for each probe")
    }
    let spread = try self.spread(parameters, d, context)
    let weights = saved.map { $0.probe.rawWeights }
    let bases = try weights.map { try DirectionGeometry.basis($0) }
    let angles = bases.map { a in bases.map { DirectionGeometry.principalAngles(a, $0) } }
    let single = weights.allSatisfy { $0.rows == 1 }
    let vectors = weights.map { $0.row(0) }
    let cosines = single ? vectors.map { a in vectors.map { DirectionGeometry.cosine(a, $0) } } : nil
    let correlations =
      single
      ? spread.map { spread in
        vectors.map { a in vectors.map { DirectionGeometry.correlation(a, $0, spread.covariance) } }
      } : nil
    var directions: [Output.Direction] = []
    for (k, probe) in saved.enumerated() {
      let part = context.part(k, of: saved.count)
      directions.append(try direction(names[k], probe, weights[k], spread, parameters, part))
    }
    var pairs: [Output.Pair] = []
    for i in saved.indices {
      for j in saved.indices where j > i {
        pairs.append(
          Output.Pair(
            first: names[i], second: names[j], cosine: cosines?[i][j], scoreCorrelation: correlations?[i][j],
            angles: angles[i][j]))
      }
    }
    let warnings = warnings(directions)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let chance = (2 / (Double.pi * Double(d))).squareRoot()
    show(pairs, directions, chance, d, context)
    return Output(
      cosines: cosines, angles: angles, scoreCorrelations: correlations, pairs: pairs, directions: directions,
      chanceCosine: chance, d: d, warnings: warnings)
  }

  private struct Spread {
    let rows: Matrix<Double>
    let covariance: Matrix<Double>
    let labels: [Int]?
    let classes: [String]
  }

  private func spread(_ parameters: Parameters, _ d: Int, _ context: Context) throws -> Spread? {
    guard let reference = parameters.features else {
      guard parameters.labels == nil else {
        throw MethodError.invalidParameter(pointer: "/features", expected: "features beside labels")
      }
      return nil
    }
    let source = try context.rows(reference)
    guard source.columnCount == d else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(source.columnCount) columns, and the probes have \(d)")
    }
    let rows: [Int]
    var codes: [Int]?
    var classes: [String] = []
    if let labels = parameters.labels {
      let task = try ProbeTask(
        context, features: reference, labels: labels, train: parameters.train, test: nil, split: parameters.split,
        allowSeen: true)
      (rows, codes, classes) = (task.rows.train, task.codes(task.rows.train), task.classes.names)
    } else {
      rows = try context.trainRows(train: parameters.train, split: parameters.split, of: source.namedRows)
    }
    try context.reserve((rows.count * 2 + d) * d * 8, for: "the rows and their covariance")
    let matrix: Matrix<Double> = try source.gather(rows)
    return Spread(
      rows: matrix, covariance: try Moments(matrix, workers: context.workers).covariance(), labels: codes,
      classes: classes)
  }

  private func direction(
    _ name: String, _ saved: SavedProbe, _ weights: Matrix<Double>, _ spread: Spread?, _ parameters: Parameters,
    _ context: Context
  ) throws -> Output.Direction {
    let norms = (0..<weights.columns).map { j in weights.column(j).norm }
    let top = Array(norms.indices.sorted { (-norms[$0], $0) < (-norms[$1], $1) }.prefix(Self.mostShown))
    guard let spread else {
      return Output.Direction(
        name: name, norm: weights.frobeniusNorm, stability: nil, topWeights: top, pattern: nil, topPatterns: nil)
    }
    let patterns = DirectionGeometry.patterns(weights, spread.covariance)
    let sizes = (0..<patterns.columns).map { j in patterns.column(j).norm }
    return Output.Direction(
      name: name, norm: weights.frobeniusNorm, stability: try stability(saved, spread, parameters, context),
      topWeights: top, pattern: try context.save(patterns, "pattern"),
      topPatterns: Array(sizes.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }.prefix(Self.mostShown)))
  }

  /// The mean cosine between the weights of two refits to rows drawn anew.
  private func stability(
    _ saved: SavedProbe, _ spread: Spread, _ parameters: Parameters, _ context: Context
  ) throws -> Double? {
    guard let labels = spread.labels, saved.model.classes == spread.classes else { return nil }
    var settings = LogisticRegression(
      C: saved.model.C?.value ?? 1, standardize: saved.model.standardize, tolerance: 1e-6)
    settings.classWeight = saved.model.classWeight ?? .none
    var found: [[Double]] = []
    for draw in 0..<parameters.resamples {
      try context.checkCancellation()
      context.progress(draw, of: parameters.resamples, "refit \(draw + 1) of \(parameters.resamples)")
      var numbers = context.random("resample", draw)
      let rows = (0..<labels.count).map { _ in numbers.below(labels.count) }
      guard Set(rows.map { labels[$0] }).count == spread.classes.count else { continue }
      let fit = try InputPlaces(features: "/features").explain {
        try settings.fit(
          spread.rows.rows(at: rows), labels: rows.map { labels[$0] }, classes: spread.classes.count,
          workers: context.workers)
      }
      found.append(fit.probe.rawWeights.elements)
    }
    var (sum, pairs) = (0.0, 0.0)
    for i in found.indices {
      for j in found.indices where j > i {
        sum += DirectionGeometry.cosine(found[i], found[j])
        pairs += 1
      }
    }
    return pairs > 0 ? sum / pairs : nil
  }

  private func warnings(_ directions: [Output.Direction]) -> [Warning] {
    let unknown = directions.filter { $0.stability == nil }
    var warnings: [Warning] = []
    if !unknown.isEmpty {
      warnings.append(
        Warning(
          "weights",
          "nothing is known of how stable the weights of \(unknown.map(\.name).listed()) are: give features and labels "
            + "before you read them as important columns"))
    }
    for direction in directions {
      guard let stability = direction.stability, stability < 0.7 else { continue }
      warnings.append(
        Warning(
          "weights",
          "'\(direction.name)': cosine between resamples \(stability.shortText): do not interpret single weights; read the "
            + "pattern"))
    }
    return warnings
  }

  private func show(
    _ pairs: [Output.Pair], _ directions: [Output.Direction], _ chance: Double, _ d: Int, _ context: Context
  ) {
    if !pairs.isEmpty {
      context.display(
        BarChart(
          title: "Cosines between probes", axis: Axis("|cosine| of the nearest directions", domain: 0...1),
          bars: pairs.map { pair in
            .init("\(pair.first), \(pair.second)", pair.cosine?.magnitude ?? cosine(ofDegrees: pair.angles.first ?? 90))
          }, references: [ReferenceLine("chance", chance)], note: "\(d) columns"))
    }
    let rows = directions.map { direction -> [JSON] in
      [
        .string(direction.name), direction.stability.map { JSON.real($0) } ?? .null,
        .string(direction.topWeights.map(String.init).joined(separator: ", ")),
        .string((direction.topPatterns ?? []).map(String.init).joined(separator: ", ")),
      ]
    }
    context.display(
      "Directions",
      .table(
        Display.Table(
          columns: ["probe", "cosine between resamples", "largest weights", "largest patterns"], rows: rows)))
  }
}
