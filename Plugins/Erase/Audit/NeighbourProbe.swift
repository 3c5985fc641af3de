import Linear
import Statistics

/// The vote of the nearest fitted rows.
struct NeighbourProbe: LeakProbe {
  var name: String { "nearest neighbours" }
  var neighbours = 15

  func predictions(
    _ rows: ScaledRows, labels: [Int], weights: [Double], seed: UInt64, workers: Workers
  ) throws -> [[Int]] {
    let nearest = try Self.nearest(rows.scored, among: rows.fitted, count: neighbours, workers: workers)
    return [
      nearest.map { list in
        var votes = [Double](repeating: 0, count: weights.count)
        for row in list { votes[labels[row]] += weights[labels[row]] }
        return votes.indices.max { (votes[$0], -$0) < (votes[$1], -$1) } ?? 0
      }
    ]
  }

  /// The nearest rows of each, by Euclidean distance, the lowest number first on ties.
  /// - Parameter skipsSelf: whether row i of `rows` is row i of `others` and is left out.
  static func nearest(
    _ rows: Matrix<Double>, among others: Matrix<Double>, count: Int, skipsSelf: Bool = false, workers: Workers
  ) throws -> [[Int]] {
    let squares = (0..<others.rows).map { others.withRow($0) { $0.reduce(0) { $0 + $1 * $1 } } }
    let size = 256
    let blocks = try workers.map((rows.rows + size - 1) / size) { block in
      let range = block * size..<min(rows.rows, (block + 1) * size)
      let products = rows.rows(range).timesTransposed(others)
      return range.enumerated().map { i, row in
        products.withRow(i) { products in
          Self.smallest(count, of: others.rows) {
            skipsSelf && $0 == row ? .infinity : squares[$0] - 2 * products[$0]
          }
        }
      }
    }
    return blocks.flatMap { $0 }
  }

  /// The indices of the smallest values, smallest first.
  private static func smallest(_ count: Int, of total: Int, _ value: (Int) -> Double) -> [Int] {
    var kept: [(value: Double, index: Int)] = []
    for index in 0..<total {
      let own = value(index)
      if kept.count == count, let last = kept.last, own >= last.value { continue }
      var place = kept.count
      while place > 0, kept[place - 1].value > own { place -= 1 }
      kept.insert((own, index), at: place)
      if kept.count > count { kept.removeLast() }
    }
    return kept.map(\.index)
  }
}
