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
