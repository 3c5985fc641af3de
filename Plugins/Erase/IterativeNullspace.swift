import Charts
import Linear
import PluginKit
import Statistics

/// Iterative null-space projection (Ravfogel, Elazar, Gonen, Twiton & Goldberg 2020).
public struct IterativeNullspace: Method {
  public static let name = "erase.inlp"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let iterations: Int
    let C: Double
    let standardize: Bool
    let stopAt: StopRule?
  }

  /// When no more is projected away; never, when there is none.
  enum StopRule: Decodable, Sendable {
    /// As many iterations as a part of the train rows, set apart, needs until its refitted loss is the labels' entropy.
    case majority
    /// An accuracy.
    case accuracy(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .accuracy(number)
      } else if try container.decode(String.self) == "majority" {
        self = .majority
      } else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number, or \"majority\"")
      }
    }
  }

  struct Step: Encodable, Sendable {
    let iteration: Int
    let removedRank: Int
    let train: Scores
    let test: Scores?
  }

  public struct More: Encodable, Sendable {
    let iterations: Int
    let steps: [Step]
    let majority: Double
    let heldOut: Bool
    let converged: Bool
    /// Rows of the train rows that chose the number of iterations; absent when none did.
    let chosenOn: Int?
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let input = try ConceptInput(
      context, features: parameters.features, labels: parameters.labels, kind: .classes, train: parameters.train,
      split: parameters.split)
    guard let classes = input.classes, classes.count > 1 else {
      throw MethodError.data(
        .degenerate, pointer: input.labelsPointer, message: "the fitted rows are of one class",
        hint: "a probe tells classes apart: give rows of another class")
    }
    let task = try ErasureTask(context.part(0, of: 2), input)
    let scored = try context.trainTest(
      train: parameters.train, test: parameters.test, split: parameters.split, of: input.table)
    let known = try scored.test.map { try input.classified(rows: $0) }
    let labels = try input.fittedClasses(Self.name) + (known ?? [])
    let features = try allRows(input, scored.test, context)
    let count = input.rows.count
    let places = InputPlaces(features: parameters.features.pointer, classes: classes)
    let (fit, chosen) = try places.explain {
      try self.fit(
        parameters, features, labels, train: Array(0..<count),
        test: known.map { Array(count..<count + $0.count) }, classes.count, context.part(1, of: 2))
    }
    return try output(parameters, task, fit, chosen, known, context)
  }

  /// The fitted rows, and below them those that are only scored.
  private func allRows(_ input: ConceptInput, _ test: [Int]?, _ context: Context) throws -> Matrix<Double> {
    let rows = input.rows + (test ?? [])
    try context.reserve(
      3 * rows.count * input.features.columnCount * MemoryLayout<Double>.stride,
      for: "the rows and what is left of them")
    return try input.features.gather(rows)
  }

  private func fit(
    _ parameters: Parameters, _ features: Matrix<Double>, _ labels: [Int], train: [Int], test: [Int]?, _ classes: Int,
    _ context: Context
  ) throws -> (NullspaceProjection.Fit, Int?) {
    var settings = NullspaceProjection(
      iterations: parameters.iterations, C: parameters.C, standardize: parameters.standardize)
    var chosenOn: Int?
    switch parameters.stopAt {
    case nil: break
    case .accuracy(let number): settings.stopAt = number
    case .majority:
      let split = try Split.random(
        rows: train.count, labels: train.map { labels[$0] }, share: 0.2, seed: context.seed)
      chosenOn = split.test.count
      let trial = try settings.fit(
        features, labels: labels, classes: classes, train: split.train.map { train[$0] },
        test: split.test.map { train[$0] }, workers: context.workers
      ) { context.part(0, of: 2).progress($0, of: $1, "choosing: \($2)") }
      settings.iterations =
        trial.steps.firstIndex { ($0.advantage?.mean ?? 0) <= ($0.advantage?.standardError ?? 0) }
        ?? parameters.iterations
    }
    let last = chosenOn == nil ? context : context.part(1, of: 2)
    let fit = try settings.fit(
      features, labels: labels, classes: classes, train: train, test: test, workers: context.workers
    ) { last.progress($0, of: $1, $2) }
    return (fit, chosenOn)
  }

  private func output(
    _ parameters: Parameters, _ task: ErasureTask, _ fit: NullspaceProjection.Fit, _ chosenOn: Int?, _ test: [Int]?,
    _ context: Context
  ) throws -> Extended<More> {
    let classes = task.input.classes?.count ?? 0
    let train = try task.input.fittedClasses(Self.name)
    let majority = try Baselines(train: train, test: test ?? train, classes: classes).majority
    context.display(picture(fit, majority, isHeldOut: test != nil, count: test?.count ?? train.count))
    let last = fit.steps.last
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input)
    if test == nil {
      warnings.append(
        Warning("in-sample", "the probes are scored on the rows that they were fitted on; give test or split"))
    }
    if let advantage = last?.advantage, advantage.mean > 1.645 * advantage.standardError {
      warnings.append(
        ErasureWarnings.noGuarantee(
          "after \(fit.steps.count - 1) iterations a probe still gains \(advantage.mean.shortText) nats on test rows"))
    } else {
      warnings.append(
        ErasureWarnings.noGuarantee(
          "the projection stops where one probe finds nothing, by erase.audit see whether others do"))
    }
    if !fit.converged {
      warnings.append(Warning("not-converged", "some of the probes stopped before their minimum"))
    }
    let eraser = fit.eraser
    let fitted = try task.result(
      .linear(eraser), task.fields(Self.name, .linear(eraser), .classes), singularValues: [], warnings: warnings,
      context)
    return Extended(
      fitted: fitted,
      more: More(
        iterations: fit.steps.count - 1,
        steps: fit.steps.enumerated().map {
          Step(iteration: $0, removedRank: $1.removedRank, train: $1.train, test: $1.test)
        },
        majority: majority, heldOut: test != nil, converged: fit.converged, chosenOn: chosenOn))
  }

  private func picture(
    _ fit: NullspaceProjection.Fit, _ majority: Double, isHeldOut: Bool, count: Int
  ) -> LineChart {
    var curves = [
      LineChart.Curve(
        "train rows", fit.steps.enumerated().map { LineChart.Sample(Double($0), $1.train.accuracy) })
    ]
    if isHeldOut {
      curves.append(
        LineChart.Curve(
          "test rows", fit.steps.enumerated().map { LineChart.Sample(Double($0), $1.test?.accuracy ?? .nan) }))
    }
    return LineChart(
      title: "Accuracy of the probe before each projection", xAxis: Axis("projections made"),
      yAxis: Axis("accuracy", domain: 0...1), curves: curves, references: [ReferenceLine("majority", majority)],
      count: count, note: "rank taken out at the end: \(fit.basis.rank)")
  }
}
