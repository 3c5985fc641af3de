import Linear
import PluginKit
import Statistics
import Text

/// How well the papers fall into k groups, for each k, beside the same for papers without structure.
///
/// The score of a k is the mean cosine silhouette of k-means on 20 centred components, smoothed by (¼, ½, ¼) over its
/// neighbours. Without structure the curve has a maximum too; only one above those of all null sets says anything.
struct TopicCurve: Sendable {
  struct Point: Encodable, Sendable {
    let k: Int
    let score: Double
    let smoothed: Double
    /// The largest smoothed score of a null set at this k.
    let nullMax: Double?
  }

  let points: [Point]
  /// The k of the largest smoothed score, the lowest on ties.
  let best: Int
  /// Local maxima beside it, the highest first.
  let runnersUp: [Int]
  /// The largest smoothed score, and those of the null sets.
  let maximum: Double
  let nullMaxima: [Double]

  var isEvidence: Bool { nullMaxima.allSatisfy { maximum > $0 } && !nullMaxima.isEmpty }

  static let nulls = 19
  private static let components = 20
  /// Larger collections are sampled: a silhouette looks at all pairs.
  private static let mostRows = 1000
  private static let sampledRows = 500

  /// Where the scores are taken: words, or a given matrix.
  enum Source: Sendable {
    case text(TextSpace)
    case matrix(Matrix<Double>)

    func rows(at rows: [Int]) -> Source {
      switch self {
      case .text(let space):
        .text(
          TextSpace(model: space.model, counts: space.counts.rows(at: rows), medianWords: space.medianWords))
      case .matrix(let matrix): .matrix(matrix.rows(at: rows))
      }
    }

    var rows: Int {
      switch self {
      case .text(let space): space.weights.rows
      case .matrix(let matrix): matrix.rows
      }
    }
  }

  init(_ all: Source, candidates: [Int], seed: UInt64, workers: Workers, progress: (Int) -> Void) throws {
    var draws = RandomNumbers(seed: seed, step: "curve-sample")
    let source =
      all.rows > Self.mostRows ? all.rows(at: draws.sample(Self.sampledRows, of: all.rows)) : all
    progress(0)
    let scores = try Self.scores(Self.points(source, workers.single), candidates, seed, workers)
    let smoothed = Self.smooth(scores)
    let drawn = try workers.map(Self.nulls) { index -> [Double] in
      var numbers = RandomNumbers(seed: seed, step: "null", index: index)
      let null = try Self.null(of: source, &numbers)
      return Self.smooth(try Self.scores(Self.points(null, workers.single), candidates, seed, workers.single))
    }
    progress(1)
    let best = smoothed.indices.reduce(0) { smoothed[$1] > smoothed[$0] + 1e-12 ? $1 : $0 }
    self.best = candidates[best]
    maximum = smoothed[best]
    nullMaxima = drawn.map { $0.max() ?? 0 }
    points = candidates.indices.map { place in
      Point(
        k: candidates[place], score: scores[place], smoothed: smoothed[place], nullMax: drawn.map { $0[place] }.max())
    }
    runnersUp = smoothed.indices.filter { place in
      place != best && (place == 0 || smoothed[place] > smoothed[place - 1])
        && (place + 1 == smoothed.count || smoothed[place] > smoothed[place + 1])
    }.sorted { (-smoothed[$0], $0) < (-smoothed[$1], $1) }.prefix(3).map { candidates[$0] }
  }

  private static func scores(
    _ points: Matrix<Double>, _ candidates: [Int], _ seed: UInt64, _ workers: Workers
  ) throws -> [Double] {
    try candidates.map { k in
      guard k < points.rows else { return 0 }
      let fit = try KMeans(k: k, metric: .cosine, restarts: 5, seed: seed).fit(points, workers: workers)
      guard fit.sizes.filter({ $0 > 0 }).count > 1 else { return 0 }
      return try ClusterQuality.silhouette(points, labels: fit.labels, metric: .cosine, workers: workers)
    }
  }

  static func smooth(_ values: [Double]) -> [Double] {
    values.indices.map { place in
      let before = values[max(0, place - 1)]
      let after = values[min(values.count - 1, place + 1)]
      return before / 4 + values[place] / 2 + after / 4
    }
  }

  private static func points(_ source: Source, _ workers: Workers) throws -> Matrix<Double> {
    var options = TruncatedSVD.Options()
    options.centered = true
    let matrix: Matrix<Double>
    switch source {
    case .text(let space): matrix = LatentGroups.points(try space.latent(30, workers), rank: 30)
    case .matrix(let all): matrix = all
    }
    let rank = min(components, min(matrix.rows, matrix.columns))
    return try TruncatedSVD(
      matrix, rank: rank, options: options, random: RandomNumbers(seed: 0, step: "curve"), workers: workers
    ).scores
  }

  /// The same without structure: each term's counts dealt to texts at random; or normal rows of the same mean and
  /// covariance.
  private static func null(of source: Source, _ numbers: inout RandomNumbers) throws -> Source {
    switch source {
    case .text(let space): return .text(space.permuted(&numbers))
    case .matrix(let matrix):
      var options = TruncatedSVD.Options()
      options.centered = true
      let rank = min(matrix.rows, matrix.columns)
      let parts = try TruncatedSVD(matrix, rank: rank, options: options)
      let scale = 1 / Double(max(1, matrix.rows - 1)).squareRoot()
      var draws: Matrix<Double> = numbers.gaussians(rows: matrix.rows, columns: parts.singularValues.count)
      draws.scaleColumns(by: parts.singularValues.map { $0 * scale })
      var rows = draws.times(parts.components)
      if let mean = parts.mean {
        for row in 0..<rows.rows {
          rows.withMutableRow(row) { row in
            for column in row.indices { row[column] += mean[column] }
          }
        }
      }
      return .matrix(rows)
    }
  }
}

extension TextSpace {
  /// Each term's counts permuted over the texts, then weighed again: no word goes with any other.
  func permuted(_ numbers: inout RandomNumbers) -> TextSpace {
    let n = counts.rows
    let turned = counts.transposed()
    var rows = [[(column: Int, value: Double)]](repeating: [], count: n)
    for column in 0..<turned.rows {
      turned.withRow(column) { _, values in
        let chosen = numbers.sample(values.count, of: n)
        var order = Array(values.indices)
        numbers.shuffle(&order)
        for (place, row) in chosen.enumerated() { rows[row].append((column, values[order[place]])) }
      }
    }
    var pointers = [0]
    var indices: [Int32] = []
    var values: [Double] = []
    for row in rows {
      indices.append(contentsOf: row.lazy.map { Int32($0.column) })
      values.append(contentsOf: row.lazy.map(\.value))
      pointers.append(indices.count)
    }
    let permuted = SparseMatrix(
      rows: n, columns: counts.columns, rowPointers: pointers, columnIndices: indices, values: values)
    return TextSpace(model: model, counts: permuted, medianWords: medianWords)
  }
}
