/// The classes of some labelled rows, numbered without gaps.
public struct ClassesOfRows: Sendable {
  /// One class for each row of the table, −1 for rows that take no part.
  public let codes: [Int]
  /// The names of the classes that the rows have, in the order of the labels' own.
  public let names: [String]

  /// How many of the rows each class has.
  public func counts(_ rows: [Int]) -> [Int] {
    var counts = [Int](repeating: 0, count: names.count)
    for row in rows where codes[row] >= 0 { counts[codes[row]] += 1 }
    return counts
  }
}

extension Labels {
  /// Leaves out the classes that none of `rows` has.
  ///
  /// - Throws: `MethodError.invalidParameter` when one of the rows has no label.
  public func classes(of rows: [Int], _ names: NamedRows) throws -> ClassesOfRows {
    let missing = rows.filter { codes[$0] < 0 }
    guard missing.isEmpty else {
      throw MethodError.invalidParameter(
        pointer: names.pointer,
        expected: "a class for each row that is used, found none for \(missing.map(names.name).listed())",
        hint: "name the rows to use by train and test; data.split leaves out rows without a label")
    }
    var counts = [Int](repeating: 0, count: classes.count)
    for row in rows { counts[codes[row]] += 1 }
    var number = [Int](repeating: -1, count: classes.count)
    var kept: [String] = []
    for (code, count) in counts.enumerated() where count > 0 {
      number[code] = kept.count
      kept.append(classes[code])
    }
    var renumbered = [Int](repeating: -1, count: codes.count)
    for row in rows { renumbered[row] = number[codes[row]] }
    return ClassesOfRows(codes: renumbered, names: kept)
  }
}
