import Charts
import Linear
import PluginKit
import Statistics

import func Glibc.acos

func arccosine(_ x: Double) -> Double { acos(x) }

/// Clusters of atoms that together are one feature of two dimensions (Engels, Michaud, Liao, Gurnee & Tegmark 2024).
public struct MultidimensionalFeatures: Method {
  public static let name = "dictionary.multidim"

  public enum Clustering: String, Decodable, Sendable { case graph, spectral }

  public struct Parameters: Decodable, Sendable {
    struct Direction: Decodable, Sendable {
      let v: [Double]
      let c: Double
    }
    let points: MatrixReference?
    let atoms: MatrixReference?
    let codes: MatrixReference?
    let clustering: Clustering
    let topk: Int
    let cutoff: Double
    let clusters: Int
    let cluster: Int?
    let sizeLimit: Int
    let sampleLimit: Int
    let components: Int
    let bins: Int
    let angles: [Double]?
    let epsilon: Double
    let direction: Direction?
  }

  public struct Output: Encodable, Sendable {
    struct Plane: Encodable, Sendable {
      let first: Int
      let second: Int
      let informationBits: [Double]
      let separability: Double
      let mixture: Double
      let mixtureDirection: [Double]
      let mixtureOffset: Double
      let mixtureAtDirection: Double?
      let circleDeviation: Double?
      /// (1 − M)·S.
      let score: Double
    }
    struct Cluster: Encodable, Sendable {
      let cluster: Int
      let atoms: [Int]
      let rows: Int
      let meanCosine: Double?
      let planes: [Plane]
      let score: Double
    }
    let planes: [Plane]?
    let labels: [Int]?
    let clusters: [Cluster]?
    let reconstruction: ArtifactReference?
    let reconstructedRows: [Int]?
    let separabilityBias: Double
    let n: Int
    let warnings: [Warning]
  }

  /// Clusters by spectrum need all similarities at once.
  private static let mostSpectral = 4000
  /// Each atom is compared with each, a block of them at a time.
  private static let mostAtoms = 50_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    if let direction = parameters.direction, direction.v.count != 2 {
      throw MethodError.invalidParameter(pointer: "/direction/v", expected: "two numbers")
    }
    switch (parameters.points, parameters.atoms, parameters.codes) {
    case (let points?, nil, nil): return try ofPoints(points, parameters, context)
    case (nil, let atoms?, let codes?): return try ofDictionary(atoms, codes, parameters, context)
    default:
      throw MethodError.invalidParameter(pointer: "/points", expected: "points, or atoms and codes")
    }
  }

  private func ofPoints(
    _ reference: MatrixReference, _ parameters: Parameters, _ context: Context
  ) throws -> Output {
    let points: Matrix<Double> = try context.matrix(reference)
    guard points.columns == 2, points.rows > 1 else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(points.rows) rows of \(points.columns) columns",
        hint: "give at least two points of two coordinates")
    }
    let plane = try plane(points.column(0), points.column(1), (0, 1), parameters, context)
    show(points.column(0), points.column(1), plane, "Points", context)
    return Output(
      planes: [plane], labels: nil, clusters: nil, reconstruction: nil, reconstructedRows: nil,
      separabilityBias: bias(points.rows, parameters), n: points.rows, warnings: [])
  }

  private func ofDictionary(
    _ atomReference: MatrixReference, _ codeReference: MatrixReference, _ parameters: Parameters, _ context: Context
  ) throws -> Output {
    let atoms: Matrix<Double> = try context.matrix(atomReference)
    guard atoms.rows <= Self.mostAtoms else {
      throw MethodError.data(
        .memory, pointer: atomReference.pointer,
        message: "\(atoms.rows) atoms, at most \(Self.mostAtoms) are compared with each other",
        hint: "take the atoms that fire most")
    }
    let codes = try context.sparse(codeReference).matrix
    guard codes.columns == atoms.rows else {
      throw MethodError.data(
        .shape, pointer: codeReference.pointer, message: "codes of \(codes.columns) atoms, and there are \(atoms.rows)",
        hint: "one column an atom")
    }
    if let entry = codes.values.firstIndex(where: { !$0.isFinite }) {
      throw MethodError.data(
        .nonFinite, pointer: codeReference.pointer, message: "code \(entry) is not finite", hint: "leave the row out")
    }
    let labels = try InputPlaces(features: atomReference.pointer).explain {
      try self.labels(atoms, atomReference, parameters, context)
    }
    var members = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
    for (atom, label) in labels.enumerated() { members[label].append(atom) }
    var warnings: [Warning] = []
    let large = members.indices.filter { members[$0].count > parameters.sizeLimit }
    if !large.isEmpty {
      warnings.append(
        Warning(
          "large-clusters",
          "\(large.count.counted("cluster")) of more than \(parameters.sizeLimit) atoms are not looked at: raise cutoff"
        ))
    }
    var found: [Output.Cluster] = []
    let asked = members.indices.filter { (2...parameters.sizeLimit).contains(members[$0].count) }
    for (place, label) in asked.enumerated() {
      try context.checkCancellation()
      context.progress(place, of: asked.count, "cluster \(label)")
      if let cluster = try cluster(label, members[label], atoms, codes, parameters, context) { found.append(cluster) }
    }
    found.sort { ($1.score, $0.cluster) < ($0.score, $1.cluster) }
    var wanted: (rows: [Int], values: Matrix<Double>)?
    if let cluster = parameters.cluster {
      guard members.indices.contains(cluster) else {
        throw MethodError.invalidParameter(pointer: "/cluster", expected: "below the \(members.count) clusters")
      }
      wanted = AtomClusters.reconstruction(
        atoms, codes: codes, members: Set(members[cluster]), limit: parameters.sampleLimit)
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    if let best = found.first, let plane = best.planes.first {
      let values = AtomClusters.reconstruction(
        atoms, codes: codes, members: Set(best.atoms), limit: parameters.sampleLimit
      ).values
      let projected = try Self.principal(values, parameters.components)
      show(
        projected.column(plane.first), projected.column(plane.second), plane, "Cluster \(best.cluster), the best",
        context)
    }
    return Output(
      planes: nil, labels: labels, clusters: Array(found.prefix(1000)),
      reconstruction: try wanted.map { try context.save($0.values, "reconstruction") }, reconstructedRows: wanted?.rows,
      separabilityBias: bias(codes.rows, parameters), n: codes.rows, warnings: warnings)
  }

  private func labels(
    _ atoms: Matrix<Double>, _ reference: MatrixReference, _ parameters: Parameters, _ context: Context
  ) throws -> [Int] {
    switch parameters.clustering {
    case .graph:
      return try AtomClusters.graph(
        atoms, topk: parameters.topk, cutoff: parameters.cutoff, workers: context.workers)
    case .spectral:
      guard atoms.rows <= Self.mostSpectral else {
        throw MethodError.data(
          .memory, pointer: reference.pointer,
          message: "\(atoms.rows) atoms, at most \(Self.mostSpectral) are clustered by their spectrum",
          hint: "use clustering graph, which keeps no table of all similarities")
      }
      try context.reserve(5 * atoms.rows * atoms.rows * 8, for: "the similarities of \(atoms.rows) atoms")
      return try AtomClusters.spectral(
        atoms, k: min(parameters.clusters, atoms.rows), seed: context.seed, workers: context.workers)
    }
  }

  private func cluster(
    _ label: Int, _ members: [Int], _ atoms: Matrix<Double>, _ codes: SparseMatrix, _ parameters: Parameters,
    _ context: Context
  ) throws -> Output.Cluster? {
    let (rows, values) = AtomClusters.reconstruction(
      atoms, codes: codes, members: Set(members), limit: parameters.sampleLimit)
    guard rows.count > 1 else { return nil }
    let projected = try InputPlaces(features: "/atoms").explain { try Self.principal(values, parameters.components) }
    guard projected.columns > 1 else { return nil }
    var planes: [Output.Plane] = []
    for first in 0..<projected.columns {
      for second in first + 1..<max(first + 1, projected.columns) {
        planes.append(
          try plane(projected.column(first), projected.column(second), (first, second), parameters, context))
      }
    }
    planes.sort { ($1.score, $0.first, $0.second) < ($0.score, $1.first, $1.second) }
    var unit = atoms.rows(at: members)
    unit.normaliseRows()
    let gram = unit.outerGram()
    let pairs = Double(members.count * (members.count - 1))
    let sum = fixedSum(gram.elements) - fixedSum(gram.diagonal)
    return Output.Cluster(
      cluster: label, atoms: members, rows: rows.count, meanCosine: sum / pairs, planes: planes,
      score: fixedSum(planes.map(\.score)) / Double(planes.count))
  }

  /// Rows in their principal components, those that vary.
  private static func principal(_ values: Matrix<Double>, _ limit: Int) throws -> Matrix<Double> {
    let axes = try SymmetricEigen(Moments(values).covariance())
    let varying = axes.values.prefix { $0 > 1e-12 * (axes.values.first ?? 0) }.count
    var centred = values
    centred.addToRows(columnMeans(values).map { -$0 })
    return centred.timesTransposed(axes.vectors.rows(0..<min(limit, varying)))
  }

  private func plane(
    _ x: [Double], _ y: [Double], _ axes: (Int, Int), _ parameters: Parameters, _ context: Context
  ) throws -> Output.Plane {
    let scores = PlaneScores(x: x, y: y, bins: parameters.bins, epsilon: parameters.epsilon)
    // A quarter turn brings both coordinates back in place of each other.
    let angles = parameters.angles ?? (0..<100).map { Double.pi / 2 * Double($0) / 100 }
    let bits = try context.workers.map(angles.count) { scores.information(angle: angles[$0]) }
    try context.checkCancellation()
    let best = scores.bestMixture()
    let separability = bits.min() ?? 0
    return Output.Plane(
      first: axes.0, second: axes.1, informationBits: bits, separability: separability, mixture: best.share,
      mixtureDirection: [best.v.0, best.v.1], mixtureOffset: best.c,
      mixtureAtDirection: parameters.direction.flatMap { scores.mixture(($0.v[0], $0.v[1]), $0.c) },
      circleDeviation: scores.circleDeviation, score: (1 - best.share) * separability)
  }

  /// What the histogram gives for points that have no information, (bins − 1)²/(2·n·ln 2).
  private func bias(_ n: Int, _ parameters: Parameters) -> Double {
    Double((parameters.bins - 1) * (parameters.bins - 1)) / (2 * Double(max(1, n)) * 0.6931471805599453)
  }

  private func show(_ x: [Double], _ y: [Double], _ plane: Output.Plane, _ title: String, _ context: Context) {
    context.display(
      ScatterChart(
        title: "\(title): separability \(plane.separability.shortText) bits, mixture \(plane.mixture.shortText)",
        points: x.indices.prefix(ScatterChart.pointLimit).map { .init(x: x[$0], y: y[$0], title: "row \($0)") },
        xAxis: Axis("component \(plane.first)"), yAxis: Axis("component \(plane.second)")))
  }
}
