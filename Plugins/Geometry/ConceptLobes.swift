import Charts
import Linear
import PluginKit
import Statistics

/// Groups of atoms that occur together, and whether they lie together too (Li, Michaud, Baek, Engels, Sun & Tegmark 2024).
public struct ConceptLobes: Method {
  public static let name = "geometry.lobes"

  public struct Parameters: Decodable, Sendable {
    let occurrences: MatrixReference?
    let counts: [[Double]]?
    let atoms: MatrixReference?
    let affinity: CoOccurrence.Kind
    let k: Int
    let permutations: Int
  }

  public struct Output: Encodable, Sendable {
    /// One number for each table of counts.
    struct Affinities: Encodable, Sendable {
      let simpleMatching, jaccard, dice, overlap, phi: [Double?]
    }
    struct Geometry: Encodable, Sendable {
      let adjustedMutualInformation: Double
      let informationZ: Double?
      let balancedAccuracy: Double?
      let chanceBalancedAccuracy: Double?
      let balancedAccuracyZ: Double?
      let heldOutAtoms: Int
    }
    let affinities: Affinities?
    let affinityMatrix: ArtifactReference?
    let undefined: [Int]
    let labels: ArtifactReference?
    let sizes: [Int]?
    let geometry: Geometry?
    let warnings: [Warning]
  }

  /// The affinities are n² numbers, and their eigenvectors n³ steps.
  private static let mostAtoms = 4000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    if let counts = parameters.counts {
      guard parameters.occurrences == nil else {
        throw MethodError.invalidParameter(pointer: "/counts", expected: "one of occurrences, counts")
      }
      return try ofCounts(counts)
    }
    guard let reference = parameters.occurrences else {
      throw MethodError.invalidParameter(pointer: "/occurrences", expected: "one of occurrences, counts")
    }
    let source = try context.rows(reference)
    let m = source.columnCount
    guard m <= Self.mostAtoms else {
      throw MethodError.data(
        .memory, pointer: reference.pointer, message: "\(m) atoms, at most \(Self.mostAtoms) are compared pair by pair",
        hint: "take a sample of the columns")
    }
    try context.reserve((5 * m + 2 * source.rowCount) * m * 8, for: "the affinities of \(m) atoms")
    let occurrences = try binary(source, reference)
    let kind = parameters.affinity
    let matrix = CoOccurrence.matrix(occurrences, kind)
    var warnings: [Warning] = []
    if !matrix.undefined.isEmpty {
      warnings.append(
        Warning(
          "undefined",
          "\(matrix.undefined.count.counted("atom")) (\(matrix.undefined.map(String.init).listed())) occur in no chunk or in "
            + "all of them: the affinity is not defined there, and counts as 0"))
    }
    guard parameters.k <= m else {
      throw MethodError.invalidParameter(pointer: "/k", expected: "at most the \(m) atoms, found \(parameters.k)")
    }
    // Phi lies between −1 and 1; an affinity must not be below 0.
    var affinity = matrix.values
    if kind == .phi {
      affinity.withUnsafeMutableBuffer { buffer in for i in buffer.indices { buffer[i] += 1 } }
    }
    let labels = try InputPlaces(features: reference.pointer).explain {
      try SpectralClustering.labels(
        affinity: affinity, k: parameters.k, seed: context.seed, workers: context.workers)
    }
    let geometry = try geometry(labels, parameters, context)
    warnings += geometry?.warnings ?? []
    for warning in warnings { context.warn(warning.code, warning.message) }
    let named = Labels(codes: labels, classes: (0..<parameters.k).map { "lobe \($0)" })
    show(labels, parameters, context)
    return Output(
      affinities: nil, affinityMatrix: try context.save(matrix.values, "affinity"), undefined: matrix.undefined,
      labels: try context.save(named, "labels"), sizes: named.classCounts, geometry: geometry?.result,
      warnings: warnings)
  }

  private func ofCounts(_ counts: [[Double]]) throws -> Output {
    for (place, table) in counts.enumerated() {
      guard table.count == 4, table.allSatisfy({ $0 >= 0 }) else {
        throw MethodError.invalidParameter(
          pointer: "/counts/\(place)", expected: "four counts from 0: both, the first alone, the second alone, neither")
      }
    }
    let tables = counts.map { CoOccurrence(both: $0[0], first: $0[1], second: $0[2], neither: $0[3]) }
    func all(_ kind: CoOccurrence.Kind) -> [Double?] { tables.map { $0.affinity(kind) } }
    return Output(
      affinities: Output.Affinities(
        simpleMatching: all(.simpleMatching), jaccard: all(.jaccard), dice: all(.dice), overlap: all(.overlap),
        phi: all(.phi)),
      affinityMatrix: nil, undefined: [], labels: nil, sizes: nil, geometry: nil, warnings: [])
  }

  private func binary(_ source: RowSource, _ reference: MatrixReference) throws -> Matrix<Double> {
    var matrix: Matrix<Double> = try source.matrix()
    matrix.withUnsafeMutableBuffer { buffer in
      for i in buffer.indices { buffer[i] = buffer[i] > 0 ? 1 : 0 }
    }
    guard matrix.rows > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: reference.pointer, message: "there are no chunks")
    }
    return matrix
  }

  // MARK: - Where the atoms lie

  private func geometry(
    _ labels: [Int], _ parameters: Parameters, _ context: Context
  ) throws -> (result: Output.Geometry, warnings: [Warning])? {
    guard let reference = parameters.atoms else { return nil }
    let atoms: Matrix<Double> = try context.matrix(reference)
    guard atoms.rows == labels.count else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(atoms.rows) atoms for \(labels.count) columns of occurrences",
        hint: "one row an atom, in the order of the columns")
    }
    return try InputPlaces(features: reference.pointer).explain {
      var unit = atoms
      unit.normaliseRows()
      var cosines = unit.outerGram()
      cosines.withUnsafeMutableBuffer { buffer in for i in buffer.indices { buffer[i] = max(0, buffer[i] + 1) } }
      let near = try SpectralClustering.labels(
        affinity: cosines, k: parameters.k, seed: context.seed, workers: context.workers)
      let score = LobeScore(atoms: atoms, near: near, classes: parameters.k, seed: context.seed)
      let found = try score.of(labels, workers: context.workers)
      let controls = try (0..<parameters.permutations).map { index in
        try context.checkCancellation()
        context.progress(index, of: parameters.permutations, "shuffled labels \(index + 1)")
        var numbers = context.random("permutation", index)
        var dealt = labels
        numbers.shuffle(&dealt)
        return try score.of(dealt, workers: context.workers)
      }
      var warnings: [Warning] = []
      if found.accuracy == nil {
        warnings.append(
          Warning(
            "few-atoms", "a lobe has fewer than two atoms on one side of the split: no map from place to lobe is scored"
          ))
      }
      let accuracies = controls.compactMap(\.accuracy)
      return (
        Output.Geometry(
          adjustedMutualInformation: found.information,
          informationZ: Self.z(found.information, controls.map(\.information)), balancedAccuracy: found.accuracy,
          chanceBalancedAccuracy: accuracies.isEmpty ? nil : fixedSum(accuracies) / Double(accuracies.count),
          balancedAccuracyZ: found.accuracy.flatMap { Self.z($0, accuracies) }, heldOutAtoms: score.test.count),
        warnings
      )
    }
  }

  /// How many deviations above the mean of the controls; nil when these do not vary.
  private static func z(_ value: Double, _ controls: [Double]) -> Double? {
    guard controls.count > 1 else { return nil }
    let mean = fixedSum(controls) / Double(controls.count)
    let deviation = (fixedSum(controls.map { ($0 - mean) * ($0 - mean) }) / Double(controls.count - 1)).squareRoot()
    return deviation > 0 ? (value - mean) / deviation : nil
  }

  private func show(_ labels: [Int], _ parameters: Parameters, _ context: Context) {
    guard let reference = parameters.atoms, let atoms: Matrix<Double> = try? context.matrix(reference),
      atoms.columns >= 2, let parts = try? Moments(atoms).covariance(),
      let axes = try? SymmetricEigen(parts, largest: 2)
    else {
      let sizes = (0..<parameters.k).map { lobe in labels.count { $0 == lobe } }
      context.display(
        BarChart(
          title: "Atoms of each lobe", axis: Axis("atoms"),
          bars: sizes.enumerated().map { BarChart.Bar("lobe \($0)", Double($1)) }, count: labels.count))
      return
    }
    let places = atoms.timesTransposed(axes.vectors)
    context.display(
      ScatterChart(
        title: "Atoms by place, coloured by lobe",
        points: labels.indices.map {
          .init(x: places[$0, 0], y: places[$0, 1], category: "lobe \(labels[$0])", title: "atom \($0)")
        }, xAxis: Axis("first component"), yAxis: Axis("second component"), categoryTitle: "lobe",
        note: "colours from co-occurrence, places from the atoms"))
  }
}
