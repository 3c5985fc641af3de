/// The pairing of rows and columns with the largest sum (Kuhn 1955; the shortest augmenting paths of Jonker & Volgenant
/// 1987).
public enum BestMatching {
  /// The column of each row, −1 for a row without one where there are fewer columns.
  /// - Parameters:
  ///   - gains: rows of one length.
  ///   - check: called for each row; n³ steps in all.
  /// - Throws: what `check` throws.
  public static func columns(_ gains: [[Double]], check: () throws -> Void) rethrows -> [Int] {
    let rows = gains.count
    let columns = gains.first?.count ?? 0
    guard rows > 0, columns > 0 else { return [Int](repeating: -1, count: rows) }
    let n = max(rows, columns)
    let largest = gains.reduce(0) { max($0, $1.max() ?? 0) }
    func cost(_ i: Int, _ j: Int) -> Double { i < rows && j < columns ? largest - gains[i][j] : largest }
    var (u, v) = ([Double](repeating: 0, count: n + 1), [Double](repeating: 0, count: n + 1))
    var owner = [Int](repeating: 0, count: n + 1)
    var way = [Int](repeating: 0, count: n + 1)
    for row in 1...n {
      try check()
      owner[0] = row
      var column = 0
      var least = [Double](repeating: .infinity, count: n + 1)
      var used = [Bool](repeating: false, count: n + 1)
      repeat {
        used[column] = true
        let current = owner[column]
        var (delta, next) = (Double.infinity, 0)
        for j in 1...n where !used[j] {
          let reduced = cost(current - 1, j - 1) - u[current] - v[j]
          if reduced < least[j] { (least[j], way[j]) = (reduced, column) }
          if least[j] < delta { (delta, next) = (least[j], j) }
        }
        for j in 0...n {
          if used[j] {
            u[owner[j]] += delta
            v[j] -= delta
          } else {
            least[j] -= delta
          }
        }
        column = next
      } while owner[column] != 0
      repeat {
        let before = way[column]
        owner[column] = owner[before]
        column = before
      } while column != 0
    }
    var result = [Int](repeating: -1, count: rows)
    for j in 1...n where owner[j] <= rows && j <= columns { result[owner[j] - 1] = j - 1 }
    return result
  }

  /// As above, for few rows.
  public static func columns(_ gains: [[Double]]) -> [Int] { columns(gains, check: {}) }
}
