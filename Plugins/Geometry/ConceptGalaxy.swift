import Charts
import Linear
import PluginKit
import Statistics

import func Glibc.log

/// The shape of the cloud of atoms in each layer: a power law of its eigenvalues, and how far it is from a Gaussian (Li,
/// Michaud, Baek, Engels, Sun & Tegmark 2024).
public struct ConceptGalaxy: Method {
  public static let name = "geometry.galaxy"

  public struct Parameters: Decodable, Sendable {
    let layers: [MatrixReference]?
    let eigenvalues: [Double]?
    let firstRank: Int
    let lastRank: Int?
    let components: Int
    let sample: Int
    let floor: Double
  }

  public struct Output: Encodable, Sendable {
    struct Layer: Encodable, Sendable {
      let layer: Int
      let slope: Double?
      let low: Double?
      let high: Double?
      let ranks: Int?
      let logDeterminant: Double?
      let effectiveRank: Double?
      let clusteringEntropy: Double?
      let gaussianEntropy: Double?
      let gaussianSlope: Double?
      let gaussianClusteringEntropy: Double?
      let n: Int?
    }
    let layers: [Layer]
    let warnings: [Warning]
  }

  /// The nearest atoms are looked for among all of the sample.
  private static let mostSampled = 20_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    var spectra: [(name: String, spectrum: Spectrum)] = []
    var found: [Output.Layer] = []
    var warnings: [Warning] = []
    switch (parameters.layers, parameters.eigenvalues) {
    case (nil, let eigenvalues?):
      let spectrum = try InputPlaces(features: "/eigenvalues").explain { try Spectrum(eigenvalues: eigenvalues) }
      spectra.append(("eigenvalues", spectrum))
      found.append(layer(0, spectrum, nil, nil, parameters))
    case (let layers?, nil):
      for (index, reference) in layers.enumerated() {
        context.progress(index, of: layers.count, "layer \(index)")
        let atoms: Matrix<Double> = try context.matrix(reference)
        let (spectrum, own, gauss) = try InputPlaces(features: reference.pointer).explain {
          try self.cloud(atoms, index, parameters, context)
        }
        spectra.append(("layer \(index)", spectrum))
        found.append(layer(index, spectrum, own, gauss, parameters))
        if atoms.rows <= atoms.columns {
          warnings.append(
            Warning(
              "few-atoms",
              "layer \(index): \(atoms.rows) atoms for \(atoms.columns) columns; the last eigenvalues are 0 or sampling noise, "
                + "so fit fewer ranks"))
        }
      }
    default:
      throw MethodError.invalidParameter(pointer: "/layers", expected: "one of layers, eigenvalues")
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      LineChart(
        title: "Eigenvalues by rank", xAxis: Axis("rank", scale: .logarithmic),
        yAxis: Axis("eigenvalue", scale: .logarithmic),
        curves: spectra.map { name, spectrum in
          .init(name, spectrum.values.enumerated().map { LineChart.Sample(Double($0 + 1), $1) })
        }))
    if found.count > 1 {
      context.display(
        LineChart(
          title: "Slope of the power law by layer", xAxis: Axis("layer", leastStep: 1), yAxis: Axis("slope"),
          curves: [
            .init("atoms", found.compactMap { l in l.slope.map { LineChart.Sample(Double(l.layer), $0) } }),
            .init("Gaussian", found.compactMap { l in l.gaussianSlope.map { LineChart.Sample(Double(l.layer), $0) } }),
          ]))
    }
    return Output(layers: found, warnings: warnings)
  }

  /// What a cloud of points shows beside its spectrum.
  private struct Cloud {
    let spectrum: Spectrum
    let gaussianEntropy: Double?
    let clusteringEntropy: Double?
    let n: Int
  }

  private func layer(
    _ index: Int, _ spectrum: Spectrum, _ cloud: Cloud?, _ gauss: Cloud?, _ parameters: Parameters
  ) -> Output.Layer {
    // The last rank is each layer's own, whatever the layers before it had.
    func law(_ spectrum: Spectrum) -> Spectrum.PowerLaw? {
      let last = min(parameters.lastRank ?? spectrum.values.count, spectrum.values.count)
      return parameters.firstRank <= last ? spectrum.powerLaw(ranks: parameters.firstRank...last) : nil
    }
    let own = law(spectrum)
    return Output.Layer(
      layer: index, slope: own?.slope, low: own?.low, high: own?.high, ranks: own?.ranks,
      logDeterminant: spectrum.logDeterminant, effectiveRank: spectrum.effectiveRank,
      clusteringEntropy: cloud?.clusteringEntropy, gaussianEntropy: cloud?.gaussianEntropy,
      gaussianSlope: gauss.flatMap { law($0.spectrum)?.slope }, gaussianClusteringEntropy: gauss?.clusteringEntropy,
      n: cloud?.n)
  }

  private func cloud(
    _ atoms: Matrix<Double>, _ index: Int, _ parameters: Parameters, _ context: Context
  ) throws -> (Spectrum, Cloud, Cloud) {
    guard atoms.rows > 2 else { throw StatisticsError.empty("three atoms") }
    try context.reserve((2 * atoms.rows + 4 * atoms.columns) * atoms.columns * 8, for: "the atoms and their covariance")
    let own = try measured(atoms, parameters, context.random("sample", index), context)
    // Two controls: the slope of points that have no axes at all, and the entropy of points of a Gaussian law with these
    // axes, which has the bias of the neighbours without the clumps.
    var numbers = context.random("gaussian", index)
    var drawn: Matrix<Double> = numbers.gaussians(rows: atoms.rows, columns: atoms.columns)
    let round = try Spectrum(eigenvalues: SymmetricEigen.values(of: Moments(drawn).covariance()))
    drawn.scaleColumns(by: own.spectrum.values.map { $0.squareRoot() })
    let shaped = try measured(drawn, parameters, context.random("sample", index), context)
    let gauss = Cloud(
      spectrum: round, gaussianEntropy: shaped.gaussianEntropy, clusteringEntropy: shaped.clusteringEntropy, n: shaped.n
    )
    return (own.spectrum, own, gauss)
  }

  private func measured(
    _ atoms: Matrix<Double>, _ parameters: Parameters, _ random: RandomNumbers, _ context: Context
  ) throws -> Cloud {
    let moments = try Moments(atoms, workers: context.workers)
    let axes = try SymmetricEigen(moments.covariance())
    let spectrum = try Spectrum(eigenvalues: axes.values)
    let count = min(parameters.components, axes.values.count { $0 > 1e-12 * (axes.values.first ?? 0) })
    guard count > 0 else {
      return Cloud(spectrum: spectrum, gaussianEntropy: nil, clusteringEntropy: nil, n: atoms.rows)
    }
    var numbers = random
    let rows =
      atoms.rows > min(parameters.sample, Self.mostSampled)
      ? numbers.sample(min(parameters.sample, Self.mostSampled), of: atoms.rows) : Array(0..<atoms.rows)
    let projected = atoms.rows(at: rows).timesTransposed(axes.vectors.rows(0..<count))
    let d = Double(count)
    let gaussian = d / 2 * (1 + log(2 * Double.pi)) + 0.5 * fixedSum(axes.values.prefix(count).map { log($0) })
    let near = try NearestNeighbours(among: projected, k: 1, workers: context.workers)
    let neighbour = NeighbourEntropy.value(
      near.distances.map { $0.first ?? 0 }, columns: count, floor: parameters.floor)
    return Cloud(
      spectrum: spectrum, gaussianEntropy: gaussian, clusteringEntropy: gaussian - neighbour, n: rows.count)
  }
}

/// The entropy of points from the distances to their nearest neighbours (Kozachenko & Leonenko 1987).
enum NeighbourEntropy {
  /// ψ(n) − ψ(1) + ln V_d + d·mean ln max(r, floor), in nats, with V_d the volume of the unit ball.
  static func value(_ distances: [Double], columns d: Int, floor: Double) -> Double {
    let n = Double(distances.count)
    let half = Double(d) / 2
    let volume = half * log(Double.pi) - logGammaOfHalf(d + 2)
    let mean = fixedSum(distances.map { log(max($0, floor)) }) / n
    return digamma(n) - digamma(1) + volume + Double(d) * mean
  }

  /// ln Γ(k/2), by Γ(x + 1) = x·Γ(x) from Γ(1) = 1 or Γ(½) = √π.
  static func logGammaOfHalf(_ k: Int) -> Double {
    var sum = k.isMultiple(of: 2) ? 0 : 0.5 * log(Double.pi)
    var x = k.isMultiple(of: 2) ? 1.0 : 0.5
    while x < Double(k) / 2 {
      sum += log(x)
      x += 1
    }
    return sum
  }
}
