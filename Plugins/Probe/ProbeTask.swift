import Linear
import PluginKit
import Statistics

/// What the params of a method name that fits a probe: features, classes, and the rows of either side.
protocol TaskParameters {
  var features: MatrixReference { get }
  var labels: LabelReference { get }
  var train: RowsReference? { get }
  var test: RowsReference? { get }
  var split: FileReference? { get }
  /// Scores rows that a fit which read labels has seen.
  var allowSeen: Bool { get }
}

/// What a probe is fitted on and scored on: features, classes, and the rows of either side.
struct ProbeTask: Sendable {
  let features: RowSource
  let classes: ClassesOfRows
  let rows: TrainTest
  let trainCounts: [Int]
  /// Of the rows that are scored.
  let scoredCounts: [Int]
  /// Whether the labels were computed from these features.
  let isCircular: Bool
  private let labelsPointer: String

  /// - Throws: `MethodError` for rows that do not fit, a row without a label, fewer than two classes, a class that one
  ///   side lacks, or test rows whose labels chose or erased the columns, where that is not allowed.
  init(
    _ context: Context, features: MatrixReference, labels reference: LabelReference, train: RowsReference?,
    test: RowsReference?, split: FileReference?, allowSeen: Bool
  ) throws {
    let labels = try context.labels(reference)
    self.features = try context.rows(features)
    let names = labels.namedRows(reference)
    try context.checkSameRows(self.features.namedRows, names)
    let known = NamedRows(
      pointer: features.pointer, count: names.count, ids: self.features.rowIDs ?? labels.rowIDs)
    rows = try context.trainTest(train: train, test: test, split: split, of: known)
    classes = try labels.classes(
      of: rows.train + (rows.test ?? []), NamedRows(pointer: names.pointer, count: names.count, ids: known.ids))
    (trainCounts, scoredCounts) = (classes.counts(rows.train), classes.counts(rows.scored))
    labelsPointer = reference.pointer
    isCircular = try context.isCircular(labels, features)
    try Self.check(classes, trainCounts, scoredCounts, reference.pointer)
    if !allowSeen, let held = rows.test {
      try SeenRows.check(self.features, held, pointer: split?.pointer ?? test?.pointer ?? "/test")
    }
  }

  init(_ context: Context, _ parameters: some TaskParameters) throws {
    try self.init(
      context, features: parameters.features, labels: parameters.labels, train: parameters.train,
      test: parameters.test, split: parameters.split, allowSeen: parameters.allowSeen)
  }

  var places: InputPlaces {
    InputPlaces(features: features.pointer, labels: labelsPointer, classes: classes.names)
  }

  /// The classes of some rows, in their order.
  func codes(_ rows: [Int]) -> [Int] { rows.map { classes.codes[$0] } }

  /// - Throws: `MethodError` for fewer than two classes, or a class that one side lacks.
  static func check(_ classes: ClassesOfRows, _ train: [Int], _ scored: [Int], _ pointer: String) throws {
    guard classes.names.count > 1 else {
      throw MethodError.data(
        .degenerate, pointer: pointer,
        message: "all \(train.reduce(0, +).counted("row")) are of class '\(classes.names.first ?? "")'",
        hint: "a probe tells classes apart: give rows of another class")
    }
    for (side, counts) in [("train", train), ("test", scored)] {
      guard let missing = counts.firstIndex(of: 0) else { continue }
      throw MethodError.data(
        .degenerate, pointer: pointer, message: "no \(side) row is of class '\(classes.names[missing])'",
        hint: "split with data.split, which keeps every class on both sides, or leave the rows of the class out")
    }
  }
}

extension ProbeTask {
  /// The train rows in doubles, in their order, with their classes.
  func trainRows(_ context: Context, copies: Int = 2) throws -> LabelledRows {
    try labelled(rows.train, context, copies: copies)
  }

  /// The group of each of some rows; a row without one is a group of its own.
  func groups(_ reference: LabelReference, of rows: [Int], _ context: Context) throws -> [Int] {
    let labels = try context.labels(reference)
    try context.checkSameRows(features.namedRows, labels.namedRows(reference))
    return rows.map { labels.codes[$0] < 0 ? labels.classes.count + $0 : labels.codes[$0] }
  }

  /// The rows that are scored, likewise.
  func scoredRows(_ context: Context) throws -> LabelledRows { try labelled(rows.scored, context, copies: 1) }

  private func labelled(_ list: [Int], _ context: Context, copies: Int) throws -> LabelledRows {
    try context.reserve(
      list.count * features.columnCount * MemoryLayout<Double>.stride * copies, for: "the rows in memory")
    return LabelledRows(features: try features.gather(list), labels: codes(list), classes: classes.names.count)
  }

  /// ln p of each class, for the rows in their order, read block by block.
  func logProbabilities(_ probe: LinearProbe, _ rows: [Int], _ context: Context) throws -> Matrix<Double> {
    try context.reserve(rows.count * probe.classes * MemoryLayout<Double>.stride, for: "the probabilities")
    var result = Matrix<Double>.zeros(rows.count, probe.classes)
    let source = features
    try places.explain {
      try context.workers.fill(&result) { range, target in
        let block =
          source.isSinglePrecision
          ? try probe.logProbabilities(source.gather(Array(rows[range]), as: Float.self))
          : try probe.logProbabilities(source.gather(Array(rows[range]), as: Double.self))
        block.withUnsafeBuffer { _ = target.update(fromContentsOf: $0) }
      }
    }
    return result
  }
}

/// Rows in memory with the class of each.
struct LabelledRows: Sendable {
  let features: Matrix<Double>
  let labels: [Int]
  let classes: Int

  var count: Int { labels.count }

  func subset(_ rows: [Int]) -> LabelledRows {
    LabelledRows(features: features.rows(at: rows), labels: rows.map { labels[$0] }, classes: classes)
  }
}
