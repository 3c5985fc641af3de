import Charts
import Linear
import PluginKit
import Statistics

/// Makes classes alike in mean and covariance, by a map for each (Belrose et al. 2023).
public struct QuadraticErasure: Method {
  public static let name = "erase.quadratic"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let shrinkage: Double
    let maxIter: Int
    let tol: Double
    let target: QuadraticFit.Target
  }

  public struct More: Encodable, Sendable {
    let iterations: Int
    let converged: Bool
    let wasserstein: [Double]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: .classes, train: parameters.train,
        split: parameters.split))
    try checkRows(task.input, shrinkage: parameters.shrinkage)
    let settings = QuadraticFit(
      shrinkage: parameters.shrinkage, target: parameters.target, maximumIterations: parameters.maxIter,
      tolerance: parameters.tol)
    let fit = try task.input.places.explain {
      try settings.fit(task.input.classMoments(context), workers: context.workers)
    }
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input) + [ErasureWarnings.readsLabels]
    if parameters.shrinkage > 0 {
      warnings.append(
        Warning(
          "shrinkage", "with shrinkage the covariances of the classes agree after the map only as far as it is small"))
    }
    if !fit.converged {
      warnings.append(
        Warning("not-converged", "the barycentre still moved after \(fit.iterations) iterations; raise maxIter"))
    }
    context.display(
      BarChart(
        title: "How far each class is moved in shape",
        axis: Axis("Wasserstein distance", unit: "units of the features"),
        bars: zip(task.input.classes ?? [], fit.distances).map { BarChart.Bar($0, $1) }, count: task.input.rows.count,
        note: "of its covariance from that of all classes' barycentre"))
    let total = task.moments.scatterXX.diagonal.reduce(0, +) / Double(task.moments.count)
    let fitted = try task.result(
      .quadratic(fit.eraser), task.fields(Self.name, .quadratic(fit.eraser), .classes),
      singularValues: fit.singularValues,
      change: (fit.meanSquaredChange, total > 0 ? fit.meanSquaredChange / total : 0), warnings: warnings, context)
    return Extended(
      fitted: fitted, more: More(iterations: fit.iterations, converged: fit.converged, wasserstein: fit.distances))
  }

  private func checkRows(_ input: ConceptInput, shrinkage: Double) throws {
    let (d, counts) = (input.features.columnCount, input.classCounts ?? [])
    let least = shrinkage > 0 ? 2 : d + 1
    guard let few = counts.firstIndex(where: { $0 < least }) else { return }
    throw MethodError.data(
      .tooFewSamples, pointer: "/labels",
      message: "class '\(input.classes?[few] ?? "")' has \(counts[few].counted("fitted row")), and a covariance of "
        + "\(d.counted("column")) needs \(least)",
      hint: shrinkage > 0 ? "leave the class out" : "give shrinkage, fewer columns, or more rows")
  }
}
