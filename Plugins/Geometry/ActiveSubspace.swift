import Charts
import Linear
import PluginKit
import Statistics

/// How many directions hold the variance of activations (Wang, Ge, Shu, He & Qiu 2025).
public struct ActiveSubspace: Method {
  public static let name = "geometry.active_subspace"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let threshold: Double
    let thresholds: [Double]
    let centred: Bool
    let weights: MatrixReference?
  }

  public struct Output: Encodable, Sendable {
    struct Weights: Encodable, Sendable {
      let effectiveRank: Double?
      let directions: [Int?]
      let singularValues: [Double]
    }
    let rank: Int?
    let directions: [Int?]
    let thresholds: [Double]
    let effectiveRank: Double?
    let participationRatio: Double?
    let singularValues: [Double]
    let basis: ArtifactReference?
    let mean: ArtifactReference?
    let weights: Weights?
    let n: Int
    let d: Int
    let warnings: [Warning]
  }

  /// Up to here the rows themselves are decomposed, which keeps all digits of small singular values; beyond, their
  /// covariance is, which keeps half of them.
  private static let mostFlops = 2e10

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    try context.reserve(4 * source.rowCount * source.columnCount * 8, for: "the rows and their decomposition")
    var rows: Matrix<Double> = try source.matrix()
    let largest = rows.elements.reduce(0) { max($0, $1.magnitude) }
    var mean: [Double]?
    if parameters.centred {
      let middle = columnMeans(rows)
      rows.addToRows(middle.map { -$0 })
      mean = middle
    }
    // What is left of equal rows is the rounding of their mean.
    let noise = largest * 0x1p-52 * Double(max(1, rows.count)).squareRoot()
    let (all, axes) = try InputPlaces(features: parameters.features.pointer).explain {
      try Self.decomposed(rows, context.workers)
    }
    let values = all.map { $0 > noise ? $0 : 0 }
    let spectrum = try InputPlaces(features: parameters.features.pointer).explain {
      try Spectrum(singularValues: values)
    }
    let rank = spectrum.directions(holding: parameters.threshold)
    var warnings: [Warning] = []
    if rank == nil { warnings.append(Warning("constant", "the rows are all equal: no direction is active")) }
    if rows.rows <= rows.columns {
      warnings.append(
        Warning(
          "few-rows",
          "\(rows.rows.counted("row")) for \(rows.columns.counted("column")): the number of directions cannot exceed the "
            + "rows, so it says more of the sample than of the space"))
    }
    if !parameters.centred {
      warnings.append(Warning("uncentred", "the mean was left in: where it is large it is the first direction"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(spectrum, rank, parameters, rows.rows, context)
    return Output(
      rank: rank, directions: parameters.thresholds.map { spectrum.directions(holding: $0) },
      thresholds: parameters.thresholds, effectiveRank: spectrum.effectiveRank,
      participationRatio: spectrum.participationRatio, singularValues: values,
      basis: try rank.map { try context.save(axes.rows(0..<$0), "basis") },
      mean: try mean.map { try context.save(vector: $0, "mean") }, weights: try weights(parameters, context),
      n: rows.rows, d: rows.columns, warnings: warnings)
  }

  private static func decomposed(_ rows: Matrix<Double>, _ workers: Workers) throws -> ([Double], Matrix<Double>) {
    let (n, d) = (Double(rows.rows), Double(rows.columns))
    if n * d * min(n, d) <= mostFlops || rows.rows <= rows.columns {
      let parts = try SVD(rows)
      return (parts.singularValues, parts.vt)
    }
    let gram = try workers.sum(over: rows.rows) {
      rows.rows($0).gram()
    } merge: {
      $0.add($1)
    }
    let axes = try SymmetricEigen(gram ?? .zeros(rows.columns, rows.columns))
    return (axes.values.map { max(0, $0).squareRoot() }, axes.vectors)
  }

  private func weights(_ parameters: Parameters, _ context: Context) throws -> Output.Weights? {
    guard let reference = parameters.weights else { return nil }
    let matrix: Matrix<Double> = try context.matrix(reference)
    return try InputPlaces(features: reference.pointer).explain {
      let values = try SVD(matrix).singularValues
      let spectrum = try Spectrum(singularValues: values)
      return Output.Weights(
        effectiveRank: spectrum.effectiveRank,
        directions: parameters.thresholds.map { spectrum.directions(holding: $0) },
        singularValues: values)
    }
  }

  private func show(_ spectrum: Spectrum, _ rank: Int?, _ parameters: Parameters, _ n: Int, _ context: Context) {
    guard let shares = spectrum.shares, let rank else { return }
    var sum = 0.0
    let samples = shares.enumerated().map { place, share -> LineChart.Sample in
      sum += share
      return LineChart.Sample(Double(place + 1), sum)
    }
    context.display(
      LineChart(
        title: "Variance held by the first directions", xAxis: Axis("directions", leastStep: 1),
        yAxis: Axis("share of variance", domain: 0...1), curves: [.init("activations", samples)],
        choice: .init("\(rank) directions", x: Double(rank)),
        references: [ReferenceLine("threshold", parameters.threshold)], count: n))
  }
}
