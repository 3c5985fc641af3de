import Charts
import Linear
import PluginKit
import Statistics

/// The same probe on every layer, on one split, the layer chosen on folds inside the train rows.
public struct LayersProbe: Method {
  public static let name = "probe.layers"

  public struct Parameters: Decodable, Sendable {
    let matrices: [MatrixReference]
    let labels: LabelReference
    let names: [String]?
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let groups: LabelReference?
    let Cs: [Double]
    let folds: Int
    let standardize: Bool
    let permutations: Int
  }

  public struct Output: Encodable, Sendable {
    struct Layer: Encodable, Sendable {
      let name: String
      let probe: ArtifactReference
      let d: Int
      let accuracy, simultaneous: Estimate
      let balancedAccuracy, logLoss, foldLoss, foldAccuracy, chosenC: Double
      let p, adjustedP: Double?
      let converged: Bool
    }
    struct Maximum: Encodable, Sendable {
      let accuracy, p, chanceMean, chanceHigh: Double
      let permutations: Int
    }
    struct Selection: Encodable, Sendable {
      let m: Int
      let rule: String
    }
    let layers: [Layer]
    let chosenLayer: String
    let nested: Estimate
    let bestOnTest: String
    let maximum: Maximum?
    let selection: Selection
    let majority, shuffled: Double
    let heldOut: Bool
    let differing, differingUncorrected: Int?
    let n: Int
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let intervalOf: String
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let names = parameters.names ?? parameters.matrices.indices.map { "\($0)" }
    guard names.count == parameters.matrices.count, Set(names).count == names.count else {
      throw MethodError.invalidParameter(
        pointer: "/names", expected: "\(parameters.matrices.count) different names, one for each matrix")
    }
    let tasks = try parameters.matrices.map {
      try ProbeTask(
        context, features: $0, labels: parameters.labels, train: parameters.train, test: parameters.test,
        split: parameters.split, allowSeen: parameters.allowSeen)
    }
    guard let first = tasks.first else { throw MethodError.internal("no layers") }
    try context.checkSameRows(tasks.map(\.features.namedRows))
    let folds = try folds(parameters, first, context)
    var fitted: [LayerFit] = []
    for (k, task) in tasks.enumerated() {
      context.progress(k, of: tasks.count, "layer \(names[k])")
      fitted.append(try LayerFit(task, folds, parameters, context))
    }
    let truth = first.codes(first.rows.scored)
    // What one would choose from on the test rows: each layer with each C.
    let rivals = fitted.flatMap(\.predictions)
    let test =
      try first.rows.isHeldOut
      ? MaximumTest(
        predicted: rivals, truth: truth, replicates: parameters.permutations, seed: context.seed,
        workers: context.workers) : nil
    let single =
      try first.rows.isHeldOut
      ? MaximumTest(
        predicted: fitted.map(\.chosenPrediction), truth: truth, replicates: parameters.permutations,
        seed: context.seed, workers: context.workers) : nil
    let adjusted = single.map { holmAdjusted($0.singleP) }
    let layers = try fitted.indices.map { k in
      try layer(names[k], fitted[k], tasks[k], single?.singleP[k], adjusted?[k], tasks.count, context)
    }
    let chosen = fitted.indices.min { (fitted[$0].foldLoss, $0) < (fitted[$1].foldLoss, $1) } ?? 0
    let best = layers.indices.max { (layers[$0].accuracy.value, -$0) < (layers[$1].accuracy.value, -$1) } ?? 0
    let baselines = try Baselines(train: first.codes(first.rows.train), test: truth, classes: first.classes.names.count)
    let counts = (adjusted?.count { $0 <= 0.05 }, single?.singleP.count { $0 <= 0.05 })
    let warnings = warnings(first, fitted, rivals.count, test, counts)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(picture(layers, fitted, chosen, baselines.majority, truth.count, first.rows.isHeldOut))
    return Output(
      layers: layers, chosenLayer: names[chosen], nested: layers[chosen].accuracy, bestOnTest: names[best],
      maximum: test.map {
        Output.Maximum(
          accuracy: $0.maximum, p: $0.p, chanceMean: $0.chanceMean, chanceHigh: $0.chanceHigh,
          permutations: parameters.permutations)
      },
      selection: Output.Selection(m: rivals.count, rule: "least log loss on folds inside the train rows"),
      majority: baselines.majority, shuffled: fitted[chosen].confusion.shuffledAccuracy,
      heldOut: first.rows.isHeldOut, differing: counts.0, differingUncorrected: counts.1, n: first.rows.train.count,
      classes: first.classes.names,
      classCounts: ProbeReport.ClassCounts(
        train: first.trainCounts, test: first.rows.isHeldOut ? first.scoredCounts : nil),
      intervalOf: "nested: the layer that the folds chose, on new rows; of the others each by itself",
      warnings: warnings)
  }

  private func folds(_ parameters: Parameters, _ task: ProbeTask, _ context: Context) throws -> [Split] {
    if let few = task.trainCounts.firstIndex(where: { $0 < 2 }) {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.labels.pointer,
        message: "1 train row of class '\(task.classes.names[few])', and folds need two",
        hint: "give the class more rows, or leave it out")
    }
    let groups = try parameters.groups.map { try task.groups($0, of: task.rows.train, context) }
    return try task.places.explain {
      try Split.folds(
        parameters.folds, rows: task.rows.train.count, labels: task.codes(task.rows.train), groups: groups,
        seed: context.seed)
    }
  }

  private func layer(
    _ name: String, _ fit: LayerFit, _ task: ProbeTask, _ p: Double?, _ adjusted: Double?, _ count: Int,
    _ context: Context
  ) throws -> Output.Layer {
    let saved = try task.save(
      fit.fit.probe, by: Self.name, ProbeChoices(C: LossWeight(fit.chosenC), standardize: fit.standardize), context)
    return Output.Layer(
      name: name, probe: saved.probe, d: task.features.columnCount,
      accuracy: try Proportion.wilson(right: fit.confusion.right, of: fit.confusion.n),
      simultaneous: try Proportion.wilson(
        right: fit.confusion.right, of: fit.confusion.n, level: 1 - 0.05 / Double(count)),
      balancedAccuracy: fit.scores.balancedAccuracy, logLoss: fit.scores.logLoss, foldLoss: fit.foldLoss,
      foldAccuracy: fit.foldAccuracy, chosenC: fit.chosenC, p: p, adjustedP: adjusted, converged: fit.fit.converged)
  }

  private func warnings(
    _ task: ProbeTask, _ fitted: [LayerFit], _ rivals: Int, _ test: MaximumTest?, _ counts: (Int?, Int?)
  ) -> [Warning] {
    var warnings = ProbeWarnings.aboutFeatures(task)
    if !task.rows.isHeldOut {
      warnings.insert(
        Warning("in-sample", "scored on the rows that were fitted; read foldAccuracy, or give test or split"), at: 0)
    }
    if let test, rivals > 1 {
      warnings.append(
        Warning(
          "selected-on-test",
          "the best of \(rivals) fits on these test rows reads \(test.maximum.shortText), where chance gives "
            + "\(test.chanceMean.shortText) on average (p = \(test.p.shortText)): read `nested`, whose layer was chosen "
            + "without them"))
    }
    if let after = counts.0, let before = counts.1, fitted.count > 1 {
      warnings.append(
        Warning(
          "multiple", "\(after) of \(fitted.count) layers differ from shuffled labels after Holm, \(before) before"))
    }
    let stopped = fitted.count { !$0.fit.converged }
    if stopped > 0 {
      warnings.append(Warning("not-converged", "the fits of \(stopped.counted("layer")) stopped above the tolerance"))
    }
    return warnings
  }

  private func picture(
    _ layers: [Output.Layer], _ fitted: [LayerFit], _ chosen: Int, _ majority: Double, _ n: Int, _ isHeldOut: Bool
  ) -> LineChart {
    let places = layers.indices.map(Double.init)
    return LineChart(
      title: "Accuracy by layer", xAxis: Axis("layer", leastStep: 1), yAxis: Axis("accuracy", domain: 0...1),
      curves: [
        LineChart.Curve(
          isHeldOut ? "test rows" : "train rows", zip(places, layers).map { .init($0, $1.accuracy.value) }),
        LineChart.Curve("folds inside train", zip(places, layers).map { .init($0, $1.foldAccuracy) }),
      ],
      bands: [
        LineChart.Band(
          "simultaneous 95 % interval",
          zip(places, layers).map { .init($0, $1.simultaneous.low, $1.simultaneous.high) })
      ], choice: .init("chosen on folds", x: Double(chosen)), references: [ReferenceLine("majority", majority)],
      count: n,
      note: "layers in the order given")
  }
}

/// One layer's fits.
struct LayerFit: Sendable {
  let fit: LogisticFit
  let chosenC, foldLoss, foldAccuracy: Double
  let standardize: Bool
  let scores: Scores
  let confusion: Confusion
  /// Of the scored rows, at each C.
  let predictions: [[Int]]
  let chosenPrediction: [Int]

  init(_ task: ProbeTask, _ folds: [Split], _ parameters: LayersProbe.Parameters, _ context: Context) throws {
    let (train, scored) = (try task.trainRows(context, copies: 3), try task.scoredRows(context))
    var settings = LogisticRegression(standardize: parameters.standardize, tolerance: 1e-6)
    let result = try task.trainPlaces.explain {
      try PenaltyPath(Cs: parameters.Cs, settings: settings).fit(
        train.features, labels: train.labels, classes: train.classes, folds: folds, workers: context.workers)
    }
    var all: [[Int]] = []
    var best: (fit: LogisticFit, logs: Matrix<Double>)?
    var start: LinearProbe?
    for point in result.points {
      settings.C = point.C
      let fit = try task.trainPlaces.explain {
        try settings.fit(
          train.features, labels: train.labels, classes: train.classes, start: start, workers: context.workers)
      }
      start = fit.probe
      let logs = try fit.probe.logProbabilities(scored.features)
      all.append(logs.largestColumns())
      if point.C == result.chosen.C { best = (fit, logs) }
    }
    guard let best else { throw MethodError.internal("no C was chosen") }
    fit = best.fit
    (chosenC, foldLoss, foldAccuracy) = (result.chosen.C, result.chosen.logLoss, result.chosen.accuracy)
    standardize = parameters.standardize
    scores = try Scores(logProbabilities: best.logs, truth: scored.labels)
    predictions = all
    chosenPrediction = best.logs.largestColumns()
    confusion = try Confusion(truth: scored.labels, predicted: chosenPrediction, classes: scored.classes)
  }
}
