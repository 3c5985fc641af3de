import Linear
import PluginKit
import Statistics

/// What a probe is fitted on and scored on: features, classes, and the rows of either side.
struct ProbeTask: Sendable {
  let features: RowSource
  let classes: ClassesOfRows
  let rows: TrainTest
  let trainCounts: [Int]
  /// Of the rows that are scored.
  let scoredCounts: [Int]
  private let labelsPointer: String

  /// - Throws: `MethodError` for rows that do not fit, a row without a label, fewer than two classes, or a class that
  ///   one side lacks.
  init(
    _ context: Context, features: MatrixReference, labels reference: LabelReference, train: RowsReference?,
    test: RowsReference?, split: FileReference?
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
    try checkClasses()
  }

  var places: InputPlaces {
    InputPlaces(features: features.pointer, labels: labelsPointer, classes: classes.names)
  }

  /// The classes of some rows, in their order.
  func codes(_ rows: [Int]) -> [Int] { rows.map { classes.codes[$0] } }

  private func checkClasses() throws {
    guard classes.names.count > 1 else {
      throw MethodError.data(
        .degenerate, pointer: labelsPointer,
        message: "all \(rows.train.count.counted("row")) are of class '\(classes.names.first ?? "")'",
        hint: "a probe tells classes apart: give rows of another class")
    }
    for (side, counts) in [("train", trainCounts), ("test", scoredCounts)] {
      guard let missing = counts.firstIndex(of: 0) else { continue }
      throw MethodError.data(
        .degenerate, pointer: labelsPointer, message: "no \(side) row is of class '\(classes.names[missing])'",
        hint: "split with data.split, which keeps every class on both sides, or leave the rows of the class out")
    }
  }
}

extension ProbeTask {
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
