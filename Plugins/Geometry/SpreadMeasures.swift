import Charts
import Linear
import PluginKit
import Statistics

/// How widely rows use their space, by every measure of Marbut, McKinney-Bock & Wheeler (2023).
public struct SpreadMeasures: Method {
  public static let name = "geometry.spread"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference?
    let synthetic: SyntheticSpread?
    let eigenvalues: [Double]?
    let window: Int?
  }

  public struct Output: Encodable, Sendable {
    let averageCosine: Double?
    let centredAverageCosine: Double?
    let iv: Double?
    let earlyEnrichment: Double?
    let uncentredEarlyEnrichment: Double?
    let participationRatio: Double?
    let effectiveRank: Double?
    let topEigenvalueShare: Double?
    let explainedRatios: [Double]?
    let vasicek: [Double?]?
    let vasicekRatio: [Double?]?
    let vasicekRatioMeanSquaredError: Double?
    let window: Int?
    let zeroRows: Int
    let n: Int?
    let d: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    if let eigenvalues = parameters.eigenvalues {
      guard parameters.features == nil, parameters.synthetic == nil else {
        throw MethodError.invalidParameter(pointer: "/eigenvalues", expected: "one of features, synthetic, eigenvalues")
      }
      return try ofSpectrum(
        InputPlaces(features: "/eigenvalues").explain { try Spectrum(eigenvalues: eigenvalues) }, context)
    }
    let rows: Matrix<Double>
    switch (parameters.features, parameters.synthetic) {
    case (let features?, nil): rows = try context.matrix(features)
    case (nil, let synthetic?):
      try context.reserve(synthetic.rows * synthetic.columns * 8, for: "the drawn rows")
      var numbers = context.random("synthetic")
      rows = synthetic.drawn(&numbers)
    default:
      throw MethodError.invalidParameter(pointer: "/features", expected: "one of features, synthetic, eigenvalues")
    }
    return try ofRows(rows, parameters, context)
  }

  private func ofSpectrum(_ spectrum: Spectrum, _ context: Context) throws -> Output {
    show(spectrum, nil, context)
    return Output(
      averageCosine: nil, centredAverageCosine: nil, iv: nil, earlyEnrichment: spectrum.earlyEnrichment,
      uncentredEarlyEnrichment: nil, participationRatio: spectrum.participationRatio,
      effectiveRank: spectrum.effectiveRank, topEigenvalueShare: spectrum.topShare, explainedRatios: spectrum.shares,
      vasicek: nil, vasicekRatio: nil, vasicekRatioMeanSquaredError: nil, window: nil, zeroRows: 0, n: nil,
      d: spectrum.values.count, warnings: [])
  }

  private func ofRows(_ rows: Matrix<Double>, _ parameters: Parameters, _ context: Context) throws -> Output {
    let (n, d) = (rows.rows, rows.columns)
    guard n > 1, d > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: "/features", message: "\(n) rows of \(d) columns have no spread", hint: "give two rows"
      )
    }
    let window = parameters.window ?? max(1, min((n - 1) / 2, Int(Double(n).squareRoot().rounded())))
    guard window >= 1, 2 * window <= n else {
      throw MethodError.invalidParameter(
        pointer: "/window", expected: "1 to half the rows, \(n / 2), found \(window)")
    }
    try context.reserve((2 * n + 4 * d) * d * 8, for: "the rows and their covariance")
    let moments = try Moments(rows, workers: context.workers)
    let (spectrum, raw, axes) = try InputPlaces(features: "/features").explain {
      var second = moments.scatterXX
      second.addOuterProduct(moments.meanX, moments.meanX, times: Double(n))
      second.copyUpperTriangleToLower()
      let axes = try SymmetricEigen(second)
      return (
        try Spectrum(eigenvalues: SymmetricEigen.values(of: moments.covariance())),
        try Spectrum(eigenvalues: axes.values.map { max(0, $0) }), axes
      )
    }
    try context.checkCancellation()
    let cosine = Self.averageCosine(rows)
    var centred = rows
    centred.addToRows(moments.meanX.map { -$0 })
    let entropies = (0..<d).map { j in Vasicek.entropy(rows.column(j), window: window) }
    let ratios = (0..<d).map { j -> Double? in
      guard let entropy = entropies[j] else { return nil }
      return Vasicek.ratio(entropy, of: rows.column(j))
    }
    let known = ratios.compactMap { $0 }
    let error = known.isEmpty ? nil : fixedSum(known.map { ($0 - 1) * ($0 - 1) }) / Double(known.count)
    let warnings = warnings(entropies, cosine.zeroRows, n, d)
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(spectrum, n, context)
    return Output(
      averageCosine: cosine.mean, centredAverageCosine: Self.averageCosine(centred).mean,
      iv: Isotropy.value(rows, axes.vectors), earlyEnrichment: spectrum.earlyEnrichment,
      uncentredEarlyEnrichment: raw.earlyEnrichment, participationRatio: spectrum.participationRatio,
      effectiveRank: spectrum.effectiveRank, topEigenvalueShare: spectrum.topShare, explainedRatios: spectrum.shares,
      vasicek: entropies, vasicekRatio: ratios, vasicekRatioMeanSquaredError: error, window: window,
      zeroRows: cosine.zeroRows, n: n, d: d, warnings: warnings)
  }

  /// The mean over all pairs of different rows, exactly: (‖Σu‖² − n)/(n(n − 1)) of unit rows u. Rows of zeros have no cosine
  /// and are left out.
  static func averageCosine(_ rows: Matrix<Double>) -> (mean: Double?, zeroRows: Int) {
    var unit = rows
    unit.normaliseRows()
    var (sum, own, count) = ([Double](repeating: 0, count: rows.columns), 0.0, 0)
    for i in 0..<unit.rows {
      let row = unit.row(i)
      let length = row.dot(row)
      guard length > 0 else { continue }
      sum.add(row)
      own += length
      count += 1
    }
    let pairs = Double(count) * Double(count - 1)
    return (pairs > 0 ? (sum.dot(sum) - own) / pairs : nil, rows.rows - count)
  }

  private func warnings(_ entropies: [Double?], _ zeroRows: Int, _ n: Int, _ d: Int) -> [Warning] {
    var warnings: [Warning] = []
    let repeated = entropies.indices.filter { entropies[$0] == nil }
    if !repeated.isEmpty {
      warnings.append(
        Warning(
          "repeated-values",
          "\(repeated.count.counted("column")) (\(repeated.map(String.init).listed())) repeat a value so often that the "
            + "entropy is without bound; it is left out there"))
    }
    if zeroRows > 0 {
      warnings.append(Warning("zero-rows", "\(zeroRows.counted("row")) of zeros have no cosine and are left out of it"))
    }
    if n <= d {
      warnings.append(
        Warning("few-rows", "\(n) rows for \(d) columns: some eigenvalues are 0 because of the sample alone"))
    }
    return warnings
  }

  private func show(_ spectrum: Spectrum, _ n: Int?, _ context: Context) {
    guard let shares = spectrum.shares else { return }
    let d = Double(shares.count)
    var sum = 0.0
    let curve = shares.enumerated().map { place, share -> LineChart.Sample in
      sum += share
      return LineChart.Sample(Double(place + 1), sum)
    }
    context.display(
      LineChart(
        title: "Variance held by the first directions", xAxis: Axis("directions", leastStep: 1),
        yAxis: Axis("share of variance", domain: 0...1),
        curves: [.init("these rows", curve), .init("flat", curve.map { LineChart.Sample($0.x, $0.x / d) })],
        count: n,
        note: "eigenvalue early enrichment \((spectrum.earlyEnrichment ?? 0).shortText): twice the area between"))
  }
}
