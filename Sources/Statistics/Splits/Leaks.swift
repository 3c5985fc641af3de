import Linear

/// What the two sides of a split share that they should not.
public struct Leaks: Sendable, Equatable {
  /// A row on each side.
  public struct Pair: Sendable, Equatable, Codable {
    public let train: Int
    public let test: Int
    /// Of the rows less the mean of the train rows; 1 for equal rows.
    public let cosine: Double
  }

  /// Test rows that equal a train row number by number.
  public let equalRows: Int
  /// Test rows whose cosine with some train row is above the limit, the equal ones among them.
  public let nearRows: Int
  /// Groups with rows on both sides.
  public let sharedGroups: Int
  /// The nearest train row of each such test row, the first ones of all, at most `limitOfPairs`.
  public let pairs: [Pair]

  public var isEmpty: Bool { nearRows == 0 && sharedGroups == 0 }

  public static let limitOfPairs = 100

  /// Compares each test row with each train row (2·n_train·n_test·d flops).
  ///
  /// - Parameters:
  ///   - limit: cosines above it count as nearly equal.
  ///   - groups: the group of each row of `features`, when there are any.
  /// - Throws: `StatisticsError` for a number that is not finite or lists that do not fit; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public init<S: Scalar>(
    _ features: Matrix<S>, _ split: Split, limit: Double = 0.98, groups: [Int]? = nil, workers: Workers = .serial
  ) throws {
    try checkRowRange(split.train + split.test, of: features.rows, list: "train and test")
    if let groups, groups.count != features.rows {
      throw StatisticsError.lengthMismatch(what: "groups", expected: features.rows, found: groups.count)
    }
    if let place = features.firstNonFinite() {
      throw StatisticsError.notFinite(row: place.row, column: place.column)
    }
    let mean = try ColumnScaling(features, rows: split.train).mean
    let (train, test) = try (
      Self.directions(features, split.train, mean, workers), Self.directions(features, split.test, mean, workers)
    )
    let nearest = try Self.nearest(train, test, workers)
    let twins = Self.twins(features, split)
    var found: [Pair] = []
    for (i, near) in nearest.enumerated() {
      if let twin = twins[i] {
        found.append(Pair(train: twin, test: split.test[i], cosine: 1))
      } else if near.cosine > limit {
        found.append(Pair(train: split.train[near.row], test: split.test[i], cosine: min(1, near.cosine)))
      }
    }
    equalRows = twins.count { $0 != nil }
    nearRows = found.count
    pairs = Array(found.prefix(Self.limitOfPairs))
    if let groups {
      sharedGroups = Set(split.train.map { groups[$0] }).intersection(split.test.map { groups[$0] }).count
    } else {
      sharedGroups = 0
    }
  }

  /// For each test row the first train row that is equal to it.
  private static func twins<S: Scalar>(_ features: Matrix<S>, _ split: Split) -> [Int?] {
    func key(_ row: Int) -> UInt64 {
      features.withRow(row) { values in
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // A zero of either sign is the same number.
        for value in values { hash = (hash ^ (Double(value) + 0).bitPattern) &* 0x9E37_79B9_7F4A_7C15 ^ (hash >> 29) }
        return hash
      }
    }
    let candidates = Dictionary(grouping: split.train) { key($0) }
    return split.test.map { row in
      candidates[key(row)]?.first { other in
        features.withRow(row) { a in features.withRow(other) { b in a.elementsEqual(b) } }
      }
    }
  }

  /// The rows less the mean, of length 1.
  private static func directions<S: Scalar>(
    _ features: Matrix<S>, _ rows: [Int], _ mean: [Double], _ workers: Workers
  ) throws -> Matrix<Double> {
    let ones = [Double](repeating: 1, count: mean.count)
    var result = Matrix<Double>.zeros(rows.count, features.columns)
    try RowBlocks<Double>(features, rows: rows, shift: mean, factor: ones).write(to: &result, workers)
    result.normaliseRows()
    return result
  }

  /// The train row of the largest cosine for each test row, the first on ties.
  private static func nearest(
    _ train: Matrix<Double>, _ test: Matrix<Double>, _ workers: Workers
  ) throws -> [(row: Int, cosine: Double)] {
    let (n, d) = (train.rows, train.columns)
    guard d > 0 else { return test.rows == 0 ? [] : (0..<test.rows).map { _ in (0, 0) } }
    var best = Matrix<Double>.zeros(test.rows, 2)
    let wide = 1024
    try workers.fill(&best, size: 256) { range, target in
      var products = [Double](repeating: 0, count: range.count * min(wide, n))
      try train.withUnsafeBuffer { a in
        try test.withUnsafeBuffer { b in
          guard let a = a.baseAddress, let b = b.baseAddress else { return }
          for i in 0..<range.count { target[2 * i + 1] = -2 }
          for first in stride(from: 0, to: n, by: wide) {
            try workers.checkCancellation()
            let count = min(wide, n - first)
            Double.gemm(
              .no, .yes, m: range.count, n: count, k: d, alpha: 1, b + range.lowerBound * d, lda: d, a + first * d,
              ldb: d, beta: 0, &products, ldc: count)
            for i in 0..<range.count {
              for j in 0..<count where products[i * count + j] > target[2 * i + 1] {
                target[2 * i] = Double(first + j)
                target[2 * i + 1] = products[i * count + j]
              }
            }
          }
        }
      }
    }
    return (0..<test.rows).map { (Int(best[$0, 0]), best[$0, 1]) }
  }
}
