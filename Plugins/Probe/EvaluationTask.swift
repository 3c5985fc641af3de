import Linear
import PluginKit
import Statistics

/// What the params of a method name that scores a saved probe, or scores from elsewhere.
struct EvaluationInputs {
  var labels: LabelReference
  var probe: ModelReference?
  var features: MatrixReference?
  var scores: MatrixReference?
  var classes: [String]?
  var train, test: RowsReference?
  var split: FileReference?
  var groups: LabelReference?
  var allowSeen: Bool
}

/// What is scored: the probabilities of some rows beside their classes.
struct EvaluationTask: Sendable {
  /// ln p, one row for each scored row.
  let logProbabilities: Matrix<Double>
  /// The class of each scored row.
  let truth: [Int]
  /// The group of each scored row.
  let groups: [Int]?
  let classes: [String]
  /// Rows of each class that the probe was fitted on, where that is known; else of the rows that the baselines take.
  let trainCounts: [Int]
  /// Those of the scored rows that the probe was fitted on; nil where nothing tells.
  let fittedRows: [Int]?
  let columns: Int?

  var trainShares: [Double] {
    let total = Double(trainCounts.reduce(0, +))
    return trainCounts.map { Double($0) / total }
  }

  var isHeldOut: Bool { fittedRows?.isEmpty ?? false }

  var intervalOf: String {
    if let fittedRows, fittedRows.count == truth.count { return "none: the rows were fitted" }
    return
      "this one probe on new \(groups == nil ? "rows" : "groups"); not the draw of the train rows, the split or the seed"
  }

  init(_ parameters: EvaluationInputs, _ context: Context) throws {
    let saved = try parameters.probe.map { try SavedProbe(context, $0) }
    let labels = try context.labels(parameters.labels)
    let source = try Self.source(parameters, context)
    let groups = try parameters.groups.map(context.labels)
    let named = labels.namedRows(parameters.labels)
    try context.checkSameRows(
      [source.namedRows, named] + [parameters.groups.flatMap { groups?.namedRows($0) }].compactMap { $0 })
    let table = NamedRows(pointer: source.pointer, count: named.count, ids: source.rowIDs ?? labels.rowIDs)
    let rows = try Self.rows(parameters, table, context)
    classes = try saved?.model.classes ?? parameters.classes ?? Self.classes(labels, rows.test, named)
    guard classes.count > 1 else {
      throw MethodError.data(
        .degenerate, pointer: parameters.labels.pointer,
        message: "the rows are of \(classes.count.counted("class", "classes"))",
        hint: "there is nothing to tell apart: give rows of another class")
    }
    truth = try Self.codes(labels, rows.test, classes, table, parameters.labels.pointer)
    columns = saved?.model.d
    let scores: Matrix<Double>
    if parameters.scores != nil {
      try context.reserve(rows.test.count * source.columnCount * 8, for: "the scores")
      scores = try source.gather(rows.test)
      let expected = classes.count == 2 ? 1 : classes.count
      guard scores.columns == expected else {
        throw MethodError.data(
          .shape, pointer: source.pointer,
          message: "\(scores.columns.counted("column")) of scores for \(classes.count) classes, expected \(expected)",
          hint: "two classes have one column, the log-odds of the second; more have one each")
      }
      if let saved, source.rowIDs == nil, saved.hasKeys {
        throw MethodError.data(
          .shape, pointer: source.pointer,
          message: "the scores have no row ids, and the probe knows its rows by theirs",
          hint: "give the scores as probe.apply saves them")
      }
    } else if let saved {
      scores = try saved.scores(source, rows: rows.test, context)
    } else {
      throw MethodError.invalidParameter(pointer: "/probe", expected: "a probe, or scores in its place")
    }
    logProbabilities = LinearProbe.logProbabilities(scores: scores)
    let tested = Set(rows.test)
    fittedRows =
      saved.map { saved in saved.fittedRows(of: table).map { $0.filter(tested.contains) } }
      ?? (rows.isNamed ? [] : nil)
    let seen = fittedRows?.count ?? 0
    // Scored on nothing but its own rows it says so; a part of them would go unnoticed in the score.
    if !parameters.allowSeen, seen > 0, seen < rows.test.count {
      throw SeenRows.refusal(
        of: "the probe", seen, rows.test.count, effect: "too good",
        pointer: parameters.split?.pointer ?? parameters.test?.pointer ?? "/test")
    }
    if !parameters.allowSeen, rows.isNamed || seen == 0 {
      try SeenRows.check(
        source, rows.test, pointer: parameters.split?.pointer ?? parameters.test?.pointer ?? "/test")
    }
    trainCounts = try Self.trainCounts(saved, labels, rows, classes, table, parameters)
    self.groups = try groups.map { groups in
      try rows.test.map { row in
        guard groups.codes[row] >= 0 else {
          throw MethodError.invalidParameter(
            pointer: parameters.groups?.pointer ?? "", expected: "a group for \(table.name(of: row))")
        }
        return groups.codes[row]
      }
    }
    try checkClasses(parameters.labels.pointer)
  }

  private func checkClasses(_ pointer: String) throws {
    var counts = [Int](repeating: 0, count: classes.count)
    for label in truth { counts[label] += 1 }
    guard let missing = counts.firstIndex(of: 0) else { return }
    throw MethodError.data(
      .degenerate, pointer: pointer, message: "no scored row is of class '\(classes[missing])'",
      hint: "score rows of every class that the probe tells apart")
  }

  private static func source(_ parameters: EvaluationInputs, _ context: Context) throws -> RowSource {
    if let scores = parameters.scores {
      guard parameters.features == nil else {
        throw MethodError.invalidParameter(pointer: "/features", expected: "no features beside scores")
      }
      return try context.rows(scores)
    }
    guard parameters.probe != nil, let features = parameters.features else {
      throw MethodError.invalidParameter(
        pointer: parameters.probe == nil ? "/probe" : "/features", expected: "probe and features, or scores",
        hint: "scores are what probe.apply saves")
    }
    return try context.rows(features)
  }

  /// Train rows that were named tell what the baselines know; all rows are scored where none are named.
  private static func rows(
    _ parameters: EvaluationInputs, _ table: NamedRows, _ context: Context
  ) throws -> (train: [Int], test: [Int], isNamed: Bool) {
    if parameters.split != nil || parameters.train != nil {
      let both = try context.trainTest(
        train: parameters.train, test: parameters.test, split: parameters.split, of: table)
      return (both.train, both.scored, both.isHeldOut)
    }
    guard let test = parameters.test else { return ([], Array(0..<table.count), false) }
    // The rows are checked as a list of train rows would be.
    return ([], try context.trainTest(train: test, test: nil, split: nil, of: table).train, false)
  }

  private static func classes(_ labels: Labels, _ rows: [Int], _ named: NamedRows) throws -> [String] {
    try labels.classes(of: rows, named).names
  }

  private static func codes(
    _ labels: Labels, _ rows: [Int], _ classes: [String], _ table: NamedRows, _ pointer: String
  ) throws -> [Int] {
    let number = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return try rows.map { row in
      let code = labels.codes[row]
      guard code >= 0 else {
        throw MethodError.invalidParameter(
          pointer: pointer, expected: "a class for each scored row, found none for \(table.name(of: row))",
          hint: "name the rows to score by test")
      }
      guard let known = number[labels.classes[code]] else {
        throw MethodError.data(
          .degenerate, pointer: pointer,
          message: "\(table.name(of: row)) is of class '\(labels.classes[code])', which the probe does not know",
          row: row, hint: "it tells apart \(classes.listed())")
      }
      return known
    }
  }

  private static func trainCounts(
    _ saved: SavedProbe?, _ labels: Labels, _ rows: (train: [Int], test: [Int], isNamed: Bool), _ classes: [String],
    _ table: NamedRows, _ parameters: EvaluationInputs
  ) throws -> [Int] {
    if let counts = saved?.model.fittedOn.counts, counts.count == classes.count { return counts }
    let known = rows.isNamed ? rows.train : rows.test
    var counts = [Int](repeating: 0, count: classes.count)
    for code in try codes(labels, known, classes, table, parameters.labels.pointer) { counts[code] += 1 }
    if let missing = counts.firstIndex(of: 0), rows.isNamed {
      throw MethodError.data(
        .degenerate, pointer: parameters.labels.pointer, message: "no train row is of class '\(classes[missing])'",
        hint: "name train rows of every class, or leave them out")
    }
    return counts
  }
}
