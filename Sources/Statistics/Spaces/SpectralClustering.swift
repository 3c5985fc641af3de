import Linear

/// Groups of items from how alike each two are: rows in the space of the leading eigenvectors of D^−½·A·D^−½, each of length
/// 1, by k-means (Ng, Jordan & Weiss 2002).
public enum SpectralClustering {
  /// The group of each item, 0 ..< k by decreasing size; an item that is like no other has a group number like the rest.
  /// - Parameters:
  ///   - affinity: n × n, symmetric, none below 0. One copy of it is made, n³ flops.
  /// - Throws: `StatisticsError` for a number below 0 or a k that is not in 1 … n; `NumericError`; what cancels the workers.
  public static func labels(
    affinity: Matrix<Double>, k: Int, seed: UInt64, workers: Workers = .serial
  ) throws -> [Int] {
    let n = affinity.rows
    guard affinity.columns == n else {
      throw StatisticsError.lengthMismatch(what: "columns of the affinities", expected: n, found: affinity.columns)
    }
    guard k >= 1, k <= n else {
      throw StatisticsError.parameter(name: "k", expected: "1 to the number of items, \(n)", found: "\(k)")
    }
    if affinity.elements.contains(where: { $0 < 0 }) {
      throw StatisticsError.parameter(name: "affinity", expected: "no number below 0", found: "one")
    }
    let degrees = (0..<n).map { i in affinity.withRow(i) { $0.reduce(0, +) } }
    let scales = degrees.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
    var scaled = affinity
    scaled.scaleRows(by: scales)
    scaled.scaleColumns(by: scales)
    try workers.checkCancellation()
    var rows = try SymmetricEigen(scaled, largest: k).vectors.transposed()
    rows.normaliseRows()
    return try KMeans(k: k, metric: .euclidean, seed: seed).fit(rows, workers: workers).labels
  }
}
