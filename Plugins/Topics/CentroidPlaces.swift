import Linear
import PluginKit
import Statistics

typealias TopicMetric = KMeans.Metric

/// How much nearer each row is to the centre of its own topic than to the next one: 1 − a/b, from 0 (between two
/// topics, or nearer to another) to 1 (at the centre), the simplified silhouette of Hruschka, Campello & de Castro
/// (2004).
struct CentroidPlaces {
  let topics: TopicRows
  /// The distance of each row to its own centre.
  let own: [Double]

  /// - Parameter labels: nil gives each row the nearest centre, the lowest on ties.
  init(
    _ rows: Matrix<Double>, _ centroids: Matrix<Double>, _ metric: TopicMetric, labels: [Int]?, _ workers: Workers
  ) throws {
    // Columns: the topic, its distance, the next topic, its distance.
    var found = Matrix<Double>.zeros(rows.rows, 4)
    try workers.fill(&found, size: 256) { range, target in
      for row in range {
        let distances = (0..<centroids.rows).map { Self.distance(rows, row, centroids, $0, metric) }
        let nearest = distances.indices.reduce(0) { distances[$1] < distances[$0] ? $1 : $0 }
        let own = labels?[row] ?? nearest
        var next = -1
        for topic in distances.indices where topic != own && (next < 0 || distances[topic] < distances[next]) {
          next = topic
        }
        let place = (row - range.lowerBound) * 4
        target[place] = Double(own)
        target[place + 1] = distances[own]
        target[place + 2] = Double(next)
        target[place + 3] = next >= 0 ? distances[next] : 0
      }
    }
    own = found.column(1)
    let single = centroids.rows == 1
    let confidence = (0..<rows.rows).map { row in
      if single { return 1.0 }
      return found[row, 3] > 0 ? max(0, 1 - found[row, 1] / found[row, 3]) : 0
    }
    topics = TopicRows(
      labels: found.column(0).map { Int($0) }, confidence: confidence,
      weak: confidence.map { $0 < TopicModel.weakCentroid },
      next: found.column(2).map { $0 < 0 ? nil : Int($0) })
  }

  /// The mean of the rows of each topic, of length 1 for the cosine.
  static func centroids(_ rows: Matrix<Double>, _ labels: [Int], count: Int, _ metric: TopicMetric) -> Matrix<Double> {
    var sums = Matrix<Double>.zeros(count, rows.columns)
    var sizes = [Double](repeating: 0, count: count)
    for (row, label) in labels.enumerated() where label >= 0 {
      sizes[label] += 1
      rows.withRow(row) { x in
        let square = metric == .cosine ? x.reduce(0) { $0 + $1 * $1 } : 1
        let scale = square > 0 ? 1 / square.squareRoot() : 0
        sums.withMutableRow(label) { sum in
          for j in x.indices { sum[j] += x[j] * scale }
        }
      }
    }
    for topic in 0..<count {
      sums.withMutableRow(topic) { sum in
        let length = metric == .cosine ? sum.reduce(0) { $0 + $1 * $1 }.squareRoot() : sizes[topic]
        guard length > 0 else { return }
        for j in sum.indices { sum[j] /= length }
      }
    }
    return sums
  }

  /// Euclidean, or 1 − cosine for centroids of length 1; 1 for a row of zeros.
  private static func distance(
    _ rows: Matrix<Double>, _ row: Int, _ centroids: Matrix<Double>, _ centroid: Int, _ metric: TopicMetric
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
