import Charts
import Linear
import PluginKit
import Statistics

/// What several erasers leave and what they cost, on rows that none of them has seen.
public struct CompareErasers: Method {
  public static let name = "erase.compare"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let erasers: [ModelReference]
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let shuffles: Int
  }

  struct Point: Encodable, Sendable {
    let method: String
    let rank: Int
    let meanSquaredChangeRelative: Double?
    let accuracy: Estimate
    let canonicalCorrelation: Double
    let p: Double
  }

  public struct Output: Encodable, Sendable {
    let points: [Point]
    let before: Point
    let majority: Double
    let shuffledCorrelation: Double
    let n, d: Int
    let classes: [String]
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let labels = try context.labels(parameters.labels)
    let labelNames = labels.namedRows(parameters.labels)
    try context.checkSameRows(source.namedRows, labelNames)
    let names = NamedRows(
      pointer: parameters.features.pointer, count: source.rowCount, ids: source.rowIDs ?? labelNames.ids)
    let sides = try context.trainTest(
      train: parameters.train, test: parameters.test, split: parameters.split, of: names)
    guard let test = sides.test else {
      throw MethodError.invalidParameter(
        pointer: "/test", expected: "rows that no eraser has seen", hint: "give train and test, or split")
    }
    let found = try labels.classes(
      of: sides.train + test, NamedRows(pointer: labelNames.pointer, count: names.count, ids: names.ids))
    try AuditInput.check(found, sides, labelNames.pointer)
    try context.reserve(4 * source.rowCount * source.columnCount * 8, for: "the rows before and after erasure")
    let table = AuditTable(
      features: try source.matrix(), rowIDs: names.ids, labels: found.codes, classes: found.names, groups: nil,
      isSingle: source.isSinglePrecision)
    let places = InputPlaces(features: names.pointer, labels: labelNames.pointer, classes: found.names)
    let used = sides.train + test
    var (points, before) = ([Point](), Point?.none)
    var held: HeldOutAudit?
    for (index, reference) in parameters.erasers.enumerated() {
      context.progress(index, of: parameters.erasers.count + 1, "eraser \(index + 1)")
      try context.checkCancellation()
      let saved = try SavedEraser(reference, context)
      guard saved.erasure.columns == source.columnCount else {
        throw MethodError.data(
          .shape, pointer: reference.pointer,
          message: "an eraser of \(saved.erasure.columns.counted("column")) for features of \(source.columnCount)",
          hint: "give the features that the eraser was fitted on")
      }
      let seen = try AuditInput.seen(saved, sides.train, names, context) ?? []
      let shared = test.count { seen.contains($0) }
      guard shared == 0 else {
        throw MethodError.invalidParameter(
          pointer: reference.pointer,
          expected:
            "an eraser that has not seen the scored rows; it has seen \(shared) of \(test.count) (fit-saw-test)",
          hint: "fit it on train rows alone")
      }
      let (point, own) = try places.explain {
        try measure(
          AuditInput.erased(table, saved.erasure, used, context.workers), saved.model.method, saved.model.rank, table,
          sides.train, test, parameters.shuffles, context)
      }
      points.append(point)
      held = held ?? own
    }
    (before, held) = try places.explain {
      let (point, own) = try measure(
        table.features, "none", 0, table, sides.train, test, parameters.shuffles, context)
      return (point, held ?? own)
    }
    guard let before, let held else { throw MethodError.internal("nothing was measured") }
    let majority = held.probes.first?.majority ?? 0
    context.display(picture(points, before, held))
    return Output(
      points: points, before: before, majority: majority,
      shuffledCorrelation: held.canonicalCorrelation.shuffledMean, n: test.count, d: source.columnCount,
      classes: found.names, warnings: [])
  }

  private func measure(
    _ erased: Matrix<Double>, _ method: String, _ rank: Int, _ table: AuditTable, _ train: [Int], _ test: [Int],
    _ shuffles: Int, _ context: Context
  ) throws -> (Point, HeldOutAudit) {
    let rows = try AuditRows(
      table, erased: erased, eraser: nil, fitted: train, heldOut: test, seed: context.seed)
    let held = try HeldOutAudit(rows, e: 0.02, shuffles: shuffles, seed: context.seed, workers: context.workers)
    var change: Double?
    if erased.columns == table.features.columns {
      let before = table.features.rows(at: test)
      let moved = before.adding(erased.rows(at: test), times: -1).frobeniusNorm
      let deviations = try ColumnScaling(before).deviation
      let total = deviations.dot(deviations) * Double(test.count)
      change = total > 0 ? moved * moved / total : 0
    }
    return (
      Point(
        method: method, rank: rank, meanSquaredChangeRelative: change, accuracy: held.probes[0].accuracy,
        canonicalCorrelation: held.canonicalCorrelation.value, p: held.canonicalCorrelation.p), held
    )
  }

  private func picture(_ points: [Point], _ before: Point, _ held: HeldOutAudit) -> ScatterChart {
    let shown = ([before] + points).filter { $0.meanSquaredChangeRelative != nil }
    // Two erasers of one method are told apart by their number.
    let names = shown.enumerated().map { index, point in
      let earlier = shown[..<index].count { $0.method == point.method }
      return earlier == 0 ? point.method : "\(point.method) \(earlier + 1)"
    }
    return ScatterChart(
      title: "What erasers leave and what they cost",
      points: zip(shown, names).map { point, name in
        ScatterChart.Point(
          x: point.meanSquaredChangeRelative ?? 0, y: point.accuracy.value, category: name,
          title: "\(name), rank \(point.rank)")
      },
      xAxis: Axis("mean squared change", unit: "of the total variance"),
      yAxis: Axis("accuracy of a fresh linear probe"), categories: names, categoryTitle: "eraser",
      note: "\(held.canonicalCorrelation.n) rows that no eraser has seen; majority \(held.probes[0].majority.shortText)"
    )
  }
}
