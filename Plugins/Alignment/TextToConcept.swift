import Charts
import JSON
import Linear
import PluginKit
import Statistics

/// Maps the features of any model into a space that it shares with texts, so that concepts can be named in words (Moayeri,
/// Rezaei, Sanjabi & Feizi 2023).
public struct TextToConcept: Method {
  public static let name = "alignment.text_to_concept"

  public struct Parameters: Decodable, Sendable {
    struct Rule: Decodable, Sendable {
      let name: String
      let has: [String]
      let lacks: [String]
    }
    let features: MatrixReference
    let target: MatrixReference
    let texts: MatrixReference?
    let concepts: LabelReference?
    let lambda: Double
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let labels: LabelReference?
    let drifted: MatrixReference?
    let top: Int
    let quantile: Double
    let rules: [Rule]?
  }

  public struct Output: Encodable, Sendable {
    struct Concept: Encodable, Sendable {
      let concept: String
      let prompts: Int
      let top: [Int]
      let threshold: Double?
      let drift: Double?
      let driftT: Double?
      let driftP: Double?
      let driftHolmP: Double?
    }
    struct Rule: Encodable, Sendable {
      let name: String
      let rows: [Int]
    }
    let map: ArtifactReference
    let bias: ArtifactReference
    let trainExplained: Double?
    let trainMeanSquare: Double
    let heldOutExplained: Double?
    let heldOutMeanSquare: Double?
    let logits: ArtifactReference?
    let concepts: [Concept]?
    let accuracy: Double?
    let directAccuracy: Double?
    let retainedAccuracy: Double?
    let majority: Double?
    let rules: [Rule]?
    let isHeldOut: Bool
    let n: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (own, joint) = (try context.rows(parameters.features), try context.rows(parameters.target))
    try context.checkSameRows(own.namedRows, joint.namedRows)
    let rows = try context.trainTest(
      train: parameters.train, test: parameters.test, split: parameters.split, of: own.namedRows)
    let (d1, d2) = (own.columnCount, joint.columnCount)
    try context.reserve(4 * (own.rowCount + d1) * (d1 + d2) * 8, for: "both spaces and the map")
    let (a, b): (Matrix<Double>, Matrix<Double>) = (try own.gather(rows.train), try joint.gather(rows.train))
    let places = InputPlaces(features: parameters.features.pointer, rows: rows.train)
    let fit = try places.explain {
      try RidgeRegression(lambdas: [parameters.lambda], standardize: false).fit(a, targets: b, workers: context.workers)
    }
    let fitted = try places.explain { try fit.probe.scores(a) }
    let (train, scoredA): (ExplainedShare, Matrix<Double>) = (
      ExplainedShare(b, fitted), rows.isHeldOut ? try own.gather(rows.scored) : a
    )
    let scoredB: Matrix<Double> = rows.isHeldOut ? try joint.gather(rows.scored) : b
    let moved = try places.explain { try fit.probe.scores(scoredA) }
    let held = rows.isHeldOut ? ExplainedShare(scoredB, moved) : nil
    var warnings: [Warning] = []
    if !rows.isHeldOut { warnings.append(Warning("in-sample", "scored on the fitted rows: give test rows or a split")) }
    if fit.rank < d1, parameters.lambda == 0 {
      warnings.append(
        Warning(
          "dependent-columns", "the features have rank \(fit.rank) of \(d1): the smallest of all best maps is taken"))
    }
    let vectors = try conceptVectors(parameters, d2, context)
    let scores = vectors.map { ConceptScores(moved, $0.vectors) }
    let result = try vectors.flatMap {
      try concepts($0, scores, fitted, fit.probe, rows, parameters, context)
    }
    let accuracies = try accuracies(parameters, vectors, scores, scoredB, rows, own, context)
    warnings += result?.warnings ?? []
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(result?.concepts, context)
    return Output(
      map: try context.save(fit.probe.rawWeights, "map"), bias: try context.save(vector: fit.probe.rawBias, "bias"),
      trainExplained: train.total, trainMeanSquare: train.meanSquare, heldOutExplained: held?.total,
      heldOutMeanSquare: held?.meanSquare,
      logits: try scores.map { scores in
        try context.save(scores.cosines, "logits", rowIDs: own.rowIDs.map { ids in rows.scored.map { ids[$0] } })
      },
      concepts: result?.concepts, accuracy: accuracies?.mapped, directAccuracy: accuracies?.direct,
      retainedAccuracy: accuracies.flatMap { $0.direct > 0 ? $0.mapped / $0.direct : nil },
      majority: accuracies?.majority, rules: result?.rules, isHeldOut: rows.isHeldOut, n: rows.train.count,
      warnings: warnings)
  }

  private struct Named {
    let names: [String]
    let prompts: [Int]
    let vectors: Matrix<Double>
  }

  /// For each concept the mean of its prompts' unit vectors, of length 1 again.
  private func conceptVectors(_ parameters: Parameters, _ d: Int, _ context: Context) throws -> Named? {
    guard let reference = parameters.texts else {
      if parameters.rules != nil || parameters.drifted != nil {
        throw MethodError.invalidParameter(pointer: "/texts", expected: "texts for rules and drifted")
      }
      return nil
    }
    var texts: Matrix<Double> = try context.matrix(reference)
    guard texts.columns == d else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "texts of \(texts.columns) columns for a target of \(d)",
        hint: "both are of the space that texts and items share")
    }
    texts.normaliseRows()
    let labels =
      try parameters.concepts.map { try context.labels($0) }
      ?? Labels(codes: Array(0..<texts.rows), classes: (0..<texts.rows).map { "concept \($0)" })
    guard labels.count == texts.rows else {
      throw MethodError.data(
        .shape, pointer: "/concepts", message: "\(labels.count) concepts for \(texts.rows) texts",
        hint: "name the concept of each text")
    }
    var vectors = Matrix<Double>.zeros(labels.classes.count, d)
    for (row, code) in labels.codes.enumerated() where code >= 0 {
      let text = texts.row(row)
      vectors.withMutableRow(code) { target in for j in 0..<d { target[j] += text[j] } }
    }
    vectors.normaliseRows()
    return Named(names: labels.classes, prompts: labels.classCounts, vectors: vectors)
  }

  private func concepts(
    _ named: Named, _ scores: ConceptScores?, _ fitted: Matrix<Double>, _ probe: LinearProbe, _ rows: TrainTest,
    _ parameters: Parameters, _ context: Context
  ) throws -> (concepts: [Output.Concept], rules: [Output.Rule]?, warnings: [Warning])? {
    guard let scores else { return nil }
    // Thresholds are set on the fitted rows and used on the scored ones.
    let own = ConceptScores(fitted, named.vectors)
    let thresholds = named.names.indices.map { quantile(own.column($0), parameters.quantile) }
    let tests = try drift(named, scores, probe, parameters, context)
    let known = tests?.compactMap { $0?.p } ?? []
    let corrected = WelchTest.holm(known)
    var next = 0
    let found = named.names.indices.map { c -> Output.Concept in
      let test = tests?[c]
      defer { if test != nil { next += 1 } }
      return Output.Concept(
        concept: named.names[c], prompts: named.prompts[c],
        top: scores.order(c).prefix(parameters.top).map { rows.scored[$0] },
        threshold: thresholds[c].isFinite ? thresholds[c] : nil, drift: test?.difference, driftT: test?.t,
        driftP: test?.p, driftHolmP: test == nil ? nil : corrected[next])
    }
    let rules = try parameters.rules?.enumerated().map { index, rule in
      func column(_ name: String) throws -> Int {
        guard let place = named.names.firstIndex(of: name) else {
          throw MethodError.invalidParameter(
            pointer: "/rules/\(index)", expected: "names of concepts, found '\(name)'",
            hint: "there are \(named.names.listed())")
        }
        return place
      }
      let (has, lacks) = (try rule.has.map(column), try rule.lacks.map(column))
      let met = rows.scored.indices.filter { row in
        has.allSatisfy { scores.cosines[row, $0] >= thresholds[$0] }
          && lacks.allSatisfy { scores.cosines[row, $0] < thresholds[$0] }
      }
      return Output.Rule(name: rule.name, rows: met.map { rows.scored[$0] })
    }
    let undefined = scores.undefinedRows
    return (
      found, rules,
      undefined == 0
        ? []
        : [Warning("zero-rows", "\(undefined.counted("row")) are mapped to 0 and have no cosine: NaN among the logits")]
    )
  }

  /// For each concept whether its scores on other rows have another mean.
  private func drift(
    _ named: Named, _ scores: ConceptScores, _ probe: LinearProbe, _ parameters: Parameters, _ context: Context
  ) throws -> [WelchTest?]? {
    guard let reference = parameters.drifted else { return nil }
    let other: Matrix<Double> = try context.matrix(reference)
    let moved = try InputPlaces(features: reference.pointer).explain { try probe.scores(other) }
    let theirs = ConceptScores(moved, named.vectors)
    return named.names.indices.map { WelchTest(scores.column($0), theirs.column($0)) }
  }

  private func accuracies(
    _ parameters: Parameters, _ named: Named?, _ scores: ConceptScores?, _ truth: Matrix<Double>, _ rows: TrainTest,
    _ own: RowSource, _ context: Context
  ) throws -> (mapped: Double, direct: Double, majority: Double)? {
    guard let reference = parameters.labels else { return nil }
    guard let named, let scores else {
      throw MethodError.invalidParameter(pointer: "/texts", expected: "texts to be chosen by, beside labels")
    }
    let labels = try context.labels(reference)
    try context.checkSameRows(own.namedRows, labels.namedRows(reference))
    let classes = labels.classes.map { name in named.names.firstIndex(of: name) }
    let scored = rows.scored.indices.filter { labels.codes[rows.scored[$0]] >= 0 }
    guard !scored.isEmpty else {
      throw MethodError.data(.tooFewSamples, pointer: reference.pointer, message: "no scored row has a label")
    }
    if let missing = labels.classes.indices.first(where: { classes[$0] == nil }) {
      throw MethodError.invalidParameter(
        pointer: reference.pointer, expected: "classes that are concepts, found '\(labels.classes[missing])'",
        hint: "there are \(named.names.listed())")
    }
    let direct = ConceptScores(truth, named.vectors)
    func share(_ found: ConceptScores) -> Double {
      let answers = found.cosines.largestColumns()
      let right = scored.count { answers[$0] == classes[labels.codes[rows.scored[$0]]] }
      return Double(right) / Double(scored.count)
    }
    var counts = [Int](repeating: 0, count: labels.classes.count)
    for row in scored { counts[labels.codes[rows.scored[row]]] += 1 }
    return (share(scores), share(direct), Double(counts.max() ?? 0) / Double(scored.count))
  }

  private func show(_ concepts: [Output.Concept]?, _ context: Context) {
    guard let concepts else { return }
    let drifts = concepts.compactMap { concept in
      concept.drift.map { BarChart.Bar(concept.concept, $0) }
    }
    if !drifts.isEmpty {
      context.display(
        BarChart(title: "Drift of each concept", axis: Axis("change of the mean cosine"), bars: drifts))
    }
    context.display(
      "Concepts",
      .table(
        Display.Table(
          columns: ["concept", "prompts", "nearest rows"],
          rows: concepts.map {
            [.string($0.concept), JSON($0.prompts), .string($0.top.map(String.init).joined(separator: ", "))]
          })))
  }
}

/// The cosines of rows with concepts.
struct ConceptScores: Sendable {
  /// Rows × concepts; NaN where a side is 0.
  let cosines: Matrix<Double>

  init(_ rows: Matrix<Double>, _ concepts: Matrix<Double>) {
    var unit = rows
    unit.normaliseRows()
    var result = unit.timesTransposed(concepts)
    for i in 0..<unit.rows where unit.row(i).norm == 0 {
      for j in 0..<result.columns { result[i, j] = .nan }
    }
    cosines = result
  }

  var undefinedRows: Int { (0..<cosines.rows).count { cosines.columns > 0 && cosines[$0, 0].isNaN } }

  /// The defined cosines with one concept.
  func column(_ concept: Int) -> [Double] { cosines.column(concept).filter { !$0.isNaN } }

  /// Rows by falling cosine, the lowest first on ties.
  func order(_ concept: Int) -> [Int] {
    let column = cosines.column(concept)
    return column.indices.filter { !column[$0].isNaN }.sorted { (-column[$0], $0) < (-column[$1], $1) }
  }
}
