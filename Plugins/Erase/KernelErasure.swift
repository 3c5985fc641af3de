import Linear
import PluginKit
import Statistics

/// Erases a concept from the features of a kernel (Ravfogel, Vargas, Goldberg & Cotterell 2022).
public struct KernelErasure: Method {
  public static let name = "erase.kernel"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let kernel: Kernel.Kind
    let gamma: Double?
    let degree: Int
    let coef0: Double
    let landmarks: Int
    let rtol: Double
  }

  public struct More: Encodable, Sendable {
    let kernel: Kernel.Kind
    let gamma: Double
    let landmarks: Int
    let featureRank: Int
    let featureCorrelations: [Double]
    let featureChangeRelative: Double
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split))
    let (features, fit) = try task.input.places.explain { try self.fit(parameters, task, context) }
    let eraser = try task.input.places.explain { try KernelEraser(features: features, eraser: fit.eraser) }
    var fields = task.fields(Self.name, .kernel(eraser), parameters.zKind)
    (fields.rtol, fields.kernel) = (parameters.rtol, features.kernel)
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input)
    warnings.append(
      Warning(
        "one-kernel",
        "guarded against predictors that are linear in these \(features.landmarks.rows) features of this kernel; other "
          + "kernels and networks may find the concept: look with erase.audit"))
    let fitted = try task.result(
      .kernel(eraser), fields, singularValues: fit.singularValues, warnings: warnings, context)
    return Extended(
      fitted: fitted,
      more: More(
        kernel: parameters.kernel, gamma: features.kernel.gamma, landmarks: features.landmarks.rows,
        featureRank: fit.covarianceRank, featureCorrelations: fit.canonicalCorrelations,
        featureChangeRelative: fit.meanSquaredChangeRelative))
  }

  private func fit(
    _ parameters: Parameters, _ task: ErasureTask, _ context: Context
  ) throws -> (NystromFeatures, LEACEFit) {
    let rows: Matrix<Double> = try task.input.fittedRows(context)
    let count = min(parameters.landmarks, rows.rows)
    try context.reserve(4 * (rows.rows + count) * count * MemoryLayout<Double>.stride, for: "the kernel's features")
    // 1/(d · mean variance): distances between rows are then about 2.
    let variance = task.moments.scatterXX.diagonal.reduce(0, +) / Double(max(1, task.moments.count))
    let kernel = Kernel(
      kind: parameters.kernel, gamma: parameters.gamma ?? (variance > 0 ? 1 / variance : 1), degree: parameters.degree,
      coef0: parameters.coef0)
    var numbers = context.random("landmarks")
    let chosen = try KMeans(k: count, metric: .euclidean).start(
      rows, using: &numbers, workers: context.workers)
    let features = try NystromFeatures(kernel: kernel, landmarks: rows.rows(at: chosen.sorted()))
    let places = task.input.rows
    let sum = try context.workers.sum(over: rows.rows, size: 1024) { range in
      try Moments(block: features.features(rows.rows(range)), task.input.columns(Array(places[range])))
    } merge: {
      $0.merge($1)
    }
    let moments = sum ?? Moments(d: count, k: task.input.coding.columns)
    return (features, try LEACE(tolerance: parameters.rtol).fit(moments))
  }
}
