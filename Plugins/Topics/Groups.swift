import Linear
import Statistics

/// The groups of a fit that have rows.
///
/// Where there are fewer different rows than groups were asked for, some groups are empty; they stand last, since
/// groups are numbered by size, and are left out here.
struct Groups {
  let fit: KMeansFit
  /// Rows of each group, in descending order.
  let sizes: [Int]

  init(_ fit: KMeansFit) {
    self.fit = fit
    sizes = Array(fit.sizes.prefix { $0 > 0 })
  }

  var labels: [Int] { fit.labels }
  var centroids: Matrix<Double> { fit.centroids.rows(0..<sizes.count) }
  /// The topics' numbers.
  var names: [String] { sizes.indices.map(String.init) }
}

/// How much nearer each row is to the centre of its own topic than to the next one: 1 − a/b, from 0 (between two
/// topics) to 1 (at the centre), the simplified silhouette of Hruschka, Campello & de Castro (2004).
enum CentroidConfidence {
  /// - Returns: `nil` for a single group, where there is no next one.
  static func of(
    _ rows: Matrix<Double>, _ groups: Groups, _ metric: KMeans.Metric, _ workers: Workers
  ) throws -> [Double]? {
    guard groups.sizes.count > 1 else { return nil }
    let (labels, centroids) = (groups.labels, groups.centroids)
    var result = Matrix<Double>.zeros(rows.rows, 1)
    try workers.fill(&result) { range, target in
      for row in range {
        let distances = (0..<centroids.rows).map { distance(rows, row, centroids, $0, metric) }
        let own = distances[labels[row]]
        let next = distances.indices.filter { $0 != labels[row] }.map { distances[$0] }.min() ?? 0
        target[row - range.lowerBound] = next > 0 ? max(0, 1 - own / next) : 0
      }
    }
    return result.elements
  }

  /// Euclidean, or 1 − cosine for centroids of length 1; 1 for a row of zeros.
  private static func distance(
    _ rows: Matrix<Double>, _ row: Int, _ centroids: Matrix<Double>, _ centroid: Int, _ metric: KMeans.Metric
  ) -> Double {
    rows.withRow(row) { x in
      centroids.withRow(centroid) { c in
        switch metric {
        case .euclidean:
          var sum = 0.0
          for j in 0..<x.count { sum += (x[j] - c[j]) * (x[j] - c[j]) }
          return sum.squareRoot()
        case .cosine:
          var (product, square) = (0.0, 0.0)
          for j in 0..<x.count {
            product += x[j] * c[j]
            square += x[j] * x[j]
          }
          return square > 0 ? max(0, 1 - product / square.squareRoot()) : 1
        }
      }
    }
  }
}
