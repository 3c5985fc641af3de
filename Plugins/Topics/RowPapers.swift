import PluginKit

/// The paper of each row of a matrix or of labels.
///
/// Rows with ids are found in the set by them; rows without are the papers of the set, one by one.
struct RowPapers {
  /// For each row the place of its paper in the set.
  let places: [Int]

  /// - Parameters:
  ///   - what: names the rows in the errors.
  ///   - pointer: the parameter that holds them.
  init(_ papers: PaperSet, rowIDs: [String]?, count: Int, what: String, at pointer: String) throws {
    guard let rowIDs else {
      guard count == papers.count else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(count) rows in the \(what) for \(papers.count) papers",
          hint: "give the set that the rows were made from")
      }
      places = Array(0..<count)
      return
    }
    let known = Dictionary(papers.ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    places = try rowIDs.enumerated().map { row, id in
      guard let place = known[id] else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "row \(row) of the \(what) is \(id), which is not in the paper set",
          row: row, hint: "give the set that the rows were made from")
      }
      return place
    }
  }
}
