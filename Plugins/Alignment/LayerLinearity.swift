import Charts
import Linear
import PluginKit
import Statistics

import func Glibc.log

/// How linear each layer of a network is, as a map of its rows (Razzhigaev et al. 2024).
public struct LayerLinearity: Method {
  public static let name = "alignment.linearity"

  public struct Parameters: Decodable, Sendable {
    let layers: [MatrixReference]
    let rcond: Double
    let holdout: Double
    let maps: Bool
    let reductionFactor: Int
    let sample: Int
  }

  public struct Output: Encodable, Sendable {
    struct Pair: Encodable, Sendable {
      let from: Int
      let to: Int
      let score: Double?
      let chanceScore: Double?
      let heldOutScore: Double?
      let residualScore: Double?
      let procrustes: Double?
      let normRatio: Double?
      let rank: Int
      let map: ArtifactReference?
    }
    struct Layer: Encodable, Sendable {
      let layer: Int
      let anisotropy: Double?
      let intrinsicDimension: Double?
      let duplicates: Int
      let n: Int
      let d: Int
    }
    let pairs: [Pair]
    let layers: [Layer]
    let warnings: [Warning]
  }

  private static let mostSampled = 4096

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let sources = try parameters.layers.map { try context.rows($0) }
    try context.checkSameRows(sources.map(\.namedRows))
    var (pairs, layers): ([Output.Pair], [Output.Layer]) = ([], [])
    var warnings: [Warning] = []
    var before: Matrix<Double>?
    for (index, source) in sources.enumerated() {
      try context.checkCancellation()
      context.progress(index, of: sources.count, "layer \(index)")
      try context.reserve(6 * source.rowCount * source.columnCount * 8, for: "two layers and their decompositions")
      let rows: Matrix<Double> = try source.matrix()
      guard rows.rows > 1, rows.columns > 0 else {
        throw MethodError.data(
          .tooFewSamples, pointer: source.pointer, message: "\(rows.rows) rows of \(rows.columns) columns",
          hint: "give at least two rows")
      }
      let places = InputPlaces(features: source.pointer)
      if let before {
        pairs.append(try places.explain { try pair(index - 1, before, rows, parameters, context) })
      }
      layers.append(try places.explain { try layer(index, rows, parameters, context) })
      before = rows
    }
    let widest = sources.dropLast().map(\.columnCount).max() ?? 0
    let n = sources.first?.rowCount ?? 0
    if !pairs.isEmpty, n <= widest + 1 {
      warnings.append(
        Warning(
          "interpolation",
          "\(n) rows for \(widest) columns: a linear map fits any target exactly, so the score is 1 whatever the layer does"
        ))
    } else if !pairs.isEmpty, n < 10 * widest {
      warnings.append(
        Warning(
          "few-rows",
          "\(n) rows for \(widest) columns: read the score beside chanceScore, or score held-out rows by holdout"))
    }
    let duplicates = layers.map(\.duplicates).max() ?? 0
    if duplicates > 0 {
      warnings.append(
        Warning(
          "duplicates",
          "\(duplicates.counted("row")) of a layer have a copy at distance 0: the intrinsic dimension leaves them out"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(pairs, layers, n, context)
    return Output(pairs: pairs, layers: layers, warnings: warnings)
  }

  private func pair(
    _ from: Int, _ x: Matrix<Double>, _ y: Matrix<Double>, _ parameters: Parameters, _ context: Context
  ) throws -> Output.Pair {
    let basis = try RowBasis(x, rcond: parameters.rcond)
    let sameWidth = x.columns == y.columns
    let update = sameWidth ? y.adding(x, times: -1) : nil
    return Output.Pair(
      from: from, to: from + 1, score: basis.explainedShare(of: y),
      chanceScore: Double(basis.rank) / Double(x.rows - 1), heldOutScore: try heldOut(x, y, parameters, context),
      residualScore: update.flatMap { basis.explainedShare(of: $0) }, procrustes: try Procrustes(x, onto: y).similarity,
      normRatio: update.flatMap { x.frobeniusNorm > 0 ? $0.frobeniusNorm / x.frobeniusNorm : nil }, rank: basis.rank,
      map: parameters.maps ? try context.save(basis.map(to: y), "map-\(from)-\(from + 1)") : nil)
  }

  /// The share of held-out rows about the mean of the fitted ones; nil when none are held out.
  private func heldOut(
    _ x: Matrix<Double>, _ y: Matrix<Double>, _ parameters: Parameters, _ context: Context
  ) throws -> Double? {
    let count = Int((parameters.holdout * Double(x.rows)).rounded())
    guard count > 0, x.rows - count > 1 else { return nil }
    var numbers = context.random("holdout")
    let order = numbers.permutation(x.rows)
    let (held, kept) = (order.prefix(count).sorted(), order.dropFirst(count).sorted())
    let (a, b) = (x.rows(at: kept), y.rows(at: kept))
    let basis = try RowBasis(a, rcond: parameters.rcond)
    var moved = x.rows(at: held)
    moved.addToRows(basis.mean.map { -$0 })
    var predicted = moved.times(basis.map(to: b))
    let mean = columnMeans(b)
    predicted.addToRows(mean)
    var about = y.rows(at: held)
    let rest = about.adding(predicted, times: -1).frobeniusNorm
    about.addToRows(mean.map { -$0 })
    let all = about.frobeniusNorm
    return all > 0 ? 1 - rest * rest / (all * all) : nil
  }

  private func layer(
    _ index: Int, _ rows: Matrix<Double>, _ parameters: Parameters, _ context: Context
  ) throws -> Output.Layer {
    let spectrum = try Spectrum(
      eigenvalues: SymmetricEigen.values(of: Moments(rows, workers: context.workers).covariance()))
    var numbers = context.random("sample", index)
    let limit = min(parameters.sample, Self.mostSampled)
    let sampled = rows.rows > limit ? rows.rows(at: numbers.sample(limit, of: rows.rows)) : rows
    let dimension = try TwoNearest.dimension(
      sampled, reductionFactor: parameters.reductionFactor, workers: context.workers)
    return Output.Layer(
      layer: index, anisotropy: spectrum.topShare, intrinsicDimension: dimension.value,
      duplicates: dimension.duplicates,
      n: rows.rows, d: rows.columns)
  }

  private func show(_ pairs: [Output.Pair], _ layers: [Output.Layer], _ n: Int, _ context: Context) {
    func curve(_ name: String, _ value: (Output.Pair) -> Double?) -> LineChart.Curve {
      .init(name, pairs.compactMap { pair in value(pair).map { .init(Double(pair.to), $0) } })
    }
    if !pairs.isEmpty {
      context.display(
        LineChart(
          title: "Linearity from each layer to the next", xAxis: Axis("to layer", leastStep: 1),
          yAxis: Axis("share explained", domain: 0...1),
          curves: [
            curve("best linear map", \.score), curve("of the update alone", \.residualScore),
            curve("rotation and scale", \.procrustes), curve("chance", \.chanceScore),
          ].filter { !$0.samples.isEmpty }, count: n, note: "fitted and scored on the same rows"))
    }
    context.display(
      LineChart(
        title: "Anisotropy by layer", xAxis: Axis("layer", leastStep: 1),
        yAxis: Axis("largest eigenvalue's share", domain: 0...1),
        curves: [
          .init("anisotropy", layers.compactMap { layer in layer.anisotropy.map { .init(Double(layer.layer), $0) } })
        ],
        count: n))
  }
}

/// What the columns of centred rows span.
struct RowBasis: Sendable {
  let mean: [Double]
  let rank: Int
  private let parts: SVD

  /// - Parameter rcond: singular values up to this share of the largest are left out. The official code has no such limit,
  ///   and divides by 0 where columns depend on each other.
  init(_ rows: Matrix<Double>, rcond: Double) throws {
    mean = columnMeans(rows)
    var centred = rows
    centred.addToRows(mean.map { -$0 })
    parts = try SVD(centred)
    let noise = rows.elements.reduce(0) { max($0, $1.magnitude) } * 0x1p-52 * Double(rows.count).squareRoot()
    rank = parts.rank(tolerance: max(rcond * (parts.singularValues.first ?? 0), noise, parts.defaultTolerance))
  }

  /// ‖UᵀY‖²/‖Y‖² of centred rows: the share that the best linear map explains; nil where Y is constant.
  func explainedShare(of rows: Matrix<Double>) -> Double? {
    var centred = rows
    centred.addToRows(columnMeans(rows).map { -$0 })
    let all = centred.frobeniusNorm
    let noise = rows.elements.reduce(0) { max($0, $1.magnitude) } * 0x1p-52 * Double(rows.count).squareRoot()
    guard all > noise else { return nil }
    let kept = parts.u.columns(0..<rank).transposedTimes(centred).frobeniusNorm
    return min(1, kept * kept / (all * all))
  }

  /// The least-squares map of centred rows, d₁ × d₂.
  func map(to rows: Matrix<Double>) -> Matrix<Double> {
    var centred = rows
    centred.addToRows(columnMeans(rows).map { -$0 })
    let limit = rank < parts.singularValues.count ? parts.singularValues[rank] : 0
    return parts.solve(centred, tolerance: limit)
  }
}

/// The dimension of a cloud from the ratio of the distances to the two nearest points (Facco et al. 2017).
enum TwoNearest {
  /// The slope through the origin of −ln(1 − F) over ln μ, of the lowest 1/`reductionFactor` of the ratios; nil where fewer
  /// than two are left. Points with a copy have no ratio.
  static func dimension(
    _ rows: Matrix<Double>, reductionFactor: Int, workers: Workers
  ) throws -> (value: Double?, duplicates: Int) {
    guard rows.rows > 2 else { return (nil, 0) }
    let near = try NearestNeighbours(among: rows, k: 2, workers: workers)
    let ratios = near.distances.compactMap { $0[0] > 0 ? $0[1] / $0[0] : nil }.sorted()
    let duplicates = rows.rows - ratios.count
    let n = Double(ratios.count)
    let kept = ratios.count / max(1, reductionFactor)
    // The last point's −ln(1 − F) has no bound.
    let points = ratios.prefix(max(0, min(kept, ratios.count - 1))).enumerated().map { place, ratio in
      (x: log(ratio), y: -log(1 - Double(place + 1) / n))
    }
    let xx = points.reduce(0) { $0 + $1.x * $1.x }
    guard points.count > 1, xx > 0 else { return (nil, duplicates) }
    return (points.reduce(0) { $0 + $1.x * $1.y } / xx, duplicates)
  }
}
