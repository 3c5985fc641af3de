import Linear
import PluginKit
import Statistics

extension Leaks {
  /// Columns below which rows point in the same direction by chance, so that only equal ones are called duplicates.
  static let fewestColumnsForDirections = 10

  /// Compares the sides of a split; rows that are stored in 32 bits stay so.
  static func between(_ source: RowSource, _ split: Split, groups: [Int]?, _ context: Context) throws -> Leaks {
    let size = source.isSinglePrecision ? MemoryLayout<Float>.stride : MemoryLayout<Double>.stride
    // The rows, and their directions in doubles.
    try context.reserve(
      source.rowCount * source.columnCount * (size + MemoryLayout<Double>.stride), for: "the comparison of the rows")
    context.progress(0, of: 1, "comparing \(split.test.count) test rows with \(split.train.count) train rows")
    return try InputPlaces(features: source.pointer).explain {
      if source.isSinglePrecision {
        return try Leaks(source.matrix(as: Float.self), split, groups: groups, workers: context.workers)
      }
      return try Leaks(source.matrix(as: Double.self), split, groups: groups, workers: context.workers)
    }
  }

  /// The guard `groups`: test rows that stand nearly word by word in train.
  func warning(_ rows: NamedRows, columns: Int, tested: Int) -> Warning? {
    let near = columns < Self.fewestColumnsForDirections ? equalRows : nearRows
    let shown = columns < Self.fewestColumnsForDirections ? pairs.filter { $0.cosine >= 1 } : pairs
    guard near > 0, let first = shown.first else { return nil }
    let kinds = near == equalRows ? "equal to" : equalRows > 0 ? "equal or nearly equal to" : "nearly equal to"
    return Warning(
      "groups",
      "\(near) of \(tested) test rows are \(kinds) a train row (as \(rows.name(of: first.test)) to "
        + "\(rows.name(of: first.train))): a score on them is too good; give groups that keep such rows together")
  }
}
