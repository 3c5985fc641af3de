import Linear

/// An erased matrix remembers which of its rows the eraser was fitted on: a linear probe that is fitted on them reads the
/// majority by construction, and one that is scored on them worse than that. They stand in the matrix's file as
/// `eraserRows`, a list of row numbers, beside `matrix` and `rowIds`.
enum EraserRows {
  static let name = "eraserRows"
  /// Likewise the rows whose labels chose the columns of a matrix.
  static let rankedName = "rankedRows"

  /// Those of a stored matrix; nil where nothing is known of them.
  /// - Throws: `ArrayFault` for numbers that are no rows.
  static func stored(
    in file: ArrayFile, part: String?, of count: Int, name: String = EraserRows.name
  ) throws -> [Int]? {
    guard file.format == .npz, part == nil, file.names.contains(name) else { return nil }
    let rows = try file.array(name).readIntegers()
    guard rows.allSatisfy({ (0..<count).contains($0) }) else {
      throw ArrayFault(.malformed, "names rows beyond the \(count) there are", array: name)
    }
    return rows
  }

  /// Of matrices read as one, one below the other.
  static func stacked(_ parts: [RowSource], _ rowsOf: (RowSource) -> [Int]?) -> [Int]? {
    guard parts.contains(where: { rowsOf($0) != nil }) else { return nil }
    var first = 0
    var rows: [Int] = []
    for part in parts {
      rows += (rowsOf(part) ?? []).map { first + $0 }
      first += part.rowCount
    }
    return rows
  }
}

extension Context {
  /// A dense matrix whose rows come block by block, in order, with the rows that an eraser was fitted on and those whose
  /// labels chose the columns, where they are known.
  public func save<S: Scalar>(
    rows: Int, columns: Int, as: S.Type, _ name: String, rowIDs: [String]?, eraserRows: [Int]?,
    rankedRows: [Int]? = nil, produce: @escaping (_ write: (Matrix<S>) throws -> Void) throws -> Void
  ) throws -> ArtifactReference {
    guard eraserRows != nil || rankedRows != nil else {
      return try save(rows: rows, columns: columns, as: S.self, name, rowIDs: rowIDs, produce: produce)
    }
    var arrays: [(name: String, content: ArrayContent)] = [
      ("matrix", .rows(rows, columns: columns, as: S.self, produce: produce))
    ]
    if let rowIDs { arrays.append(("rowIds", try .strings(rowIDs))) }
    if let eraserRows { arrays.append((EraserRows.name, .integers(eraserRows))) }
    if let rankedRows { arrays.append((EraserRows.rankedName, .integers(rankedRows))) }
    return try artifact(name, .npz) { writer in
      try write(&writer) { try ArrayWriter.npz(arrays, to: $0) }
    }
  }
}
