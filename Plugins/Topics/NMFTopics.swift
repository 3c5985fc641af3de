import Charts
import Linear
import PluginKit
import Statistics

/// Rows as sums of non-negative parts; each row's largest part is its topic.
public struct NMFTopics: Method {
  public static let name = "topics.nmf"

  public enum Start: String, Decodable, Sendable { case nndsvd }

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let k: Int
    let `init`: Start
    let solver: NMF.Solver
    let maxIter: Int
    let tol: Double
    let l1: Double
    let papers: PapersReference?
  }

  public struct Own: Encodable, Sendable {
    let W: ArtifactReference
    let H: ArtifactReference
    let model: ArtifactReference
    let residual: Double
    let relativeResidual: Double
    let trace: [Double]
    let iterations: Int
    let converged: Bool
    let strength: [Double]
    let dead: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    let rows = try CanonicalRows(parameters.matrix, parameters.papers, context)
    try context.reserve(
      4 * 8 * (rows.matrix.rows + rows.matrix.columns) * parameters.k, for: "the factors")
    let operand = FactorOperand(rows.matrix)
    let fit = try InputPlaces(features: parameters.matrix.pointer).explain {
      try NMF(
        k: parameters.k, solver: parameters.solver, maximumSweeps: parameters.maxIter, tolerance: parameters.tol,
        l1: parameters.l1
      ).fit(operand, workers: context.workers) { context.progress($0, of: $1, $2) }
    }
    let strength = fit.strength
    // Components are numbered as topics are; those that no row has last.
    let partition = Partition(fit.labels)
    let order = partition.names + (0..<parameters.k).filter { !partition.names.contains($0) }
    let (w, h) = (fit.w.columns(at: order), fit.h.rows(at: order))
    let topics = TopicRows(weights: NMFFit.scaled(w, h))
    let model = try TopicModel(
      .factors(h), metric: .cosine, topics: order.indices.map(String.init), fitted: rows.matrix, labels: topics.labels,
      context.workers)
    let dead = strength.count { $0 == 0 }
    let warnings = context.tell(
      TopicWarnings.about(topics, rows, metric: .cosine) + own(fit, topics, parameters, dead: dead))
    try context.show(topics, of: rows, metric: .cosine)
    context.display(
      LineChart(
        title: "Residual", xAxis: Axis("sweep"), yAxis: Axis("‖A − WH‖"),
        curves: [.init("residual", fit.trace.enumerated().map { .init(Double(10 * $0), $1) })], count: rows.count))
    let norm = rows.matrix.frobeniusNorm
    return TopicOutput(
      saved: try context.save(topics, of: rows.order, rowIDs: rows.rowIDs, madeFrom: rows.madeFrom),
      own: Own(
        W: try context.save(w.rows(at: rows.order.places), "W", rowIDs: rows.rowIDs),
        H: try context.save(h, "H"),
        model: try model.save(context), residual: fit.residual,
        relativeResidual: norm > 0 ? fit.residual / norm : 0, trace: fit.trace, iterations: fit.sweeps,
        converged: fit.converged, strength: order.map { strength[$0] }, dead: dead), warnings: warnings)
  }

  private func own(_ fit: NMFFit, _ topics: TopicRows, _ parameters: Parameters, dead: Int) -> [Warning] {
    var warnings: [Warning] = []
    if topics.sizes.count < parameters.k {
      warnings.append(
        Warning(
          "fewer-topics",
          "\(parameters.k) topics were asked for; only \(topics.sizes.count) are the largest part of some row"))
    }
    if dead > 0 {
      warnings.append(
        Warning("dead-components", "\(dead.counted("component is", "components are")) zero: the rows have fewer parts"))
    }
    if !fit.converged {
      warnings.append(
        Warning("not-converged", "the sweeps were stopped by maxIter while the residual still fell"))
    }
    return warnings
  }
}

extension FeatureMatrix {
  var frobeniusNorm: Double {
    switch self {
    case .dense(let matrix): matrix.frobeniusNorm
    case .sparse(let matrix): matrix.frobeniusNorm
    }
  }
}
