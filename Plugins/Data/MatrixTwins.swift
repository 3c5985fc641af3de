import Linear

/// Equal columns and equal rows of a matrix.
struct MatrixTwins {
  /// The sets of equal columns, each ascending, by their first.
  let columns: [[Int]]
  /// Rows that equal an earlier one.
  let rows: Int

  init(_ matrix: Matrix<Double>) {
    let turned = matrix.transposed()
    columns = Self.equalRows(turned).filter { $0.count > 1 }
    rows = Self.equalRows(matrix).reduce(0) { $0 + $1.count - 1 }
  }

  private static func equalRows(_ matrix: Matrix<Double>) -> [[Int]] {
    guard matrix.columns > 0 else { return [] }
    var candidates: [UInt64: [[Int]]] = [:]
    for i in 0..<matrix.rows {
      let key = matrix.withRow(i) { row in
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // A zero of either sign is the same number.
        for value in row { hash = (hash ^ (value + 0).bitPattern) &* 0x9E37_79B9_7F4A_7C15 ^ (hash >> 29) }
        return hash
      }
      let known = candidates[key] ?? []
      if let place = known.firstIndex(where: { set in
        matrix.withRow(i) { a in matrix.withRow(set[0]) { b in a.elementsEqual(b) } }
      }) {
        candidates[key]?[place].append(i)
      } else {
        candidates[key, default: []].append([i])
      }
    }
    return candidates.values.flatMap { $0 }.sorted { $0[0] < $1[0] }
  }
}
