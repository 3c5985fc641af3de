import PluginKit

/// The rows that a model may see, as the parameters `fitOn`, `train` and `split` name them: one of the three, or none.
///
/// What is fitted on rows that are scored later makes the score better than it is; the rows left out here get their
/// vectors from the model without having had a part in it.
struct FitRows {
  var fitOn: [String]?
  var train: RowsReference?
  var split: FileReference?

  /// Ascending row numbers; all rows when nothing was named.
  /// - Parameter rowIDs: the ids of all rows.
  func resolved(_ context: Context, of count: Int, rowIDs: [String]?) throws -> [Int] {
    let named = [fitOn == nil ? nil : "fitOn", train?.pointer, split?.pointer].compactMap { $0 }
    guard named.count < 2 else {
      throw MethodError.invalidParameter(
        pointer: named[1].hasPrefix("/") ? named[1] : "/\(named[1])",
        expected: "only one of fitOn, train and split", hint: "each of them names the rows to fit on")
    }
    guard named.count == 1 else { return Array(0..<count) }
    let rows = try distinct(namedRows(context, count, rowIDs))
    guard !rows.isEmpty else {
      throw MethodError.invalidParameter(pointer: pointer, expected: "at least one row to fit on")
    }
    return rows
  }

  private var pointer: String { train?.pointer ?? split?.pointer ?? "/fitOn" }

  private func namedRows(_ context: Context, _ count: Int, _ rowIDs: [String]?) throws -> [Int] {
    if let train { return try context.rowNumbers(train, of: count) }
    if let split { return try context.rowLists(split, ["train"], of: count)[0] }
    guard let rowIDs else {
      throw MethodError.invalidParameter(
        pointer: "/fitOn", expected: "a matrix whose rows have ids", hint: "name the rows by number: train")
    }
    let rows = Dictionary(rowIDs.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return try (fitOn ?? []).enumerated().map { place, id in
      guard let row = rows[id] else {
        throw MethodError.invalidParameter(
          pointer: "/fitOn/\(place)", expected: "the id of one of the \(count) rows, found \(id)")
      }
      return row
    }
  }

  private func distinct(_ rows: [Int]) throws -> [Int] {
    let sorted = rows.sorted()
    if let repeated = zip(sorted, sorted.dropFirst()).first(where: ==) {
      throw MethodError.invalidParameter(
        pointer: pointer, expected: "each row once, found row \(repeated.0) twice")
    }
    return sorted
  }
}
