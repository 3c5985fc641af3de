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
  func resolved(_ context: Context, of rows: NamedRows) throws -> [Int] {
    guard let fitOn else { return try context.trainRows(train: train, split: split, of: rows).sorted() }
    if let other = train?.pointer ?? split?.pointer {
      throw MethodError.invalidParameter(
        pointer: other, expected: "only one of fitOn, train and split", hint: "each of them names the rows to fit on")
    }
    guard let ids = rows.ids else {
      throw MethodError.invalidParameter(
        pointer: "/fitOn", expected: "rows with ids in \(rows.pointer.dropFirst())",
        hint: "name the rows by number: train")
    }
    let known = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<Int> = []
    for (place, id) in fitOn.enumerated() {
      guard let row = known[id] else {
        throw MethodError.invalidParameter(
          pointer: "/fitOn/\(place)", expected: "the id of one of the \(rows.count) rows, found \(id)")
      }
      guard seen.insert(row).inserted else {
        throw MethodError.invalidParameter(pointer: "/fitOn/\(place)", expected: "each id once, found \(id) twice")
      }
    }
    return seen.sorted()
  }
}
