import Linear

/// Equal columns and equal rows of a matrix.
struct MatrixTwins {
  /// The sets of equal columns, each ascending, by their first.
  let columns: [[Int]]
  /// Rows that equal an earlier one.
  let rows: Int

  /// Throws when the work is no longer wanted.
  init(_ matrix: Matrix<Double>, _ workers: Workers) throws {
    guard !matrix.isEmpty else {
      (columns, rows) = ([], 0)
      return
    }
    var rowKeys: [UInt64] = []
    var columnKeys = [UInt64](repeating: 0xCBF2_9CE4_8422_2325, count: matrix.columns)
    rowKeys.reserveCapacity(matrix.rows)
    for i in 0..<matrix.rows {
      if i % 256 == 0 { try workers.checkCancellation() }
      matrix.withRow(i) { row in
        var key: UInt64 = 0xCBF2_9CE4_8422_2325
        for j in 0..<row.count {
          key = Self.mixed(key, row[j])
          columnKeys[j] = Self.mixed(columnKeys[j], row[j])
        }
        rowKeys.append(key)
      }
    }
    columns = try Self.equal(columnKeys, workers) { a, b in
      (0..<matrix.rows).allSatisfy { matrix[$0, a] == matrix[$0, b] }
    }.filter { $0.count > 1 }
    rows = try Self.equal(rowKeys, workers) { a, b in
      matrix.withRow(a) { a in matrix.withRow(b) { b in a.elementsEqual(b) } }
    }.reduce(0) { $0 + $1.count - 1 }
  }

  /// A zero of either sign is the same number.
  private static func mixed(_ key: UInt64, _ value: Double) -> UInt64 {
    (key ^ (value + 0).bitPattern) &* 0x9E37_79B9_7F4A_7C15 ^ (key >> 29)
  }

  /// The places that are equal, of those with the same key.
  private static func equal(
    _ keys: [UInt64], _ workers: Workers, _ isEqual: (Int, Int) -> Bool
  ) throws -> [[Int]] {
    var candidates: [UInt64: [[Int]]] = [:]
    for place in keys.indices {
      if place % 256 == 0 { try workers.checkCancellation() }
      if let set = candidates[keys[place]]?.firstIndex(where: { isEqual($0[0], place) }) {
        candidates[keys[place]]?[set].append(place)
      } else {
        candidates[keys[place], default: []].append([place])
      }
    }
    return candidates.values.flatMap { $0 }.sorted { $0[0] < $1[0] }
  }
}
