/// Rows in the order of their ids, so that the order in which they were given changes no result.
///
///     let order = try CanonicalOrder(rowIDs: ids, count: matrix.rows, at: parameters.matrix.pointer)
///     let fit = try KMeans(k: 8).fit(matrix.rows(at: order.rows))
///     let labels = order.restored(fit.labels)
///
/// Ids are compared by Unicode scalars. Rows without ids keep the order in which they stand.
public struct CanonicalOrder: Sendable, Equatable {
  /// The given row at each canonical place.
  public let rows: [Int]

  /// - Parameter pointer: the parameter that holds the rows, for the error.
  /// - Throws: `MethodError.data` of the kind `format` when an id stands twice.
  public init(rowIDs: [String]?, count: Int, at pointer: String) throws {
    guard let ids = rowIDs else {
      rows = Array(0..<count)
      return
    }
    if let id = ids.firstRepeated {
      throw MethodError.data(
        .format, pointer: pointer, message: "two rows have the id \(id)", hint: "each row needs an id of its own")
    }
    rows = ids.indices.sorted { ids[$0].utf8.lexicographicallyPrecedes(ids[$1].utf8) }
  }

  /// The place of each given row.
  public var places: [Int] {
    var places = [Int](repeating: 0, count: rows.count)
    for (place, row) in rows.enumerated() { places[row] = place }
    return places
  }

  /// From the canonical order to the given one.
  public func restored<T>(_ elements: [T]) -> [T] { places.map { elements[$0] } }
}
