internal import Glibc
import Linear

/// A linear classifier: score = weights · (x − mean)/scale + bias.
///
/// Two classes have one score, of class 1 against class 0; K > 2 classes have K.
public struct LinearProbe: Sendable, Equatable {
  /// R × d, in the coordinates (x − mean)/scale; R is 1 for two classes, else K.
  public let weights: Matrix<Double>
  /// R numbers.
  public let bias: [Double]
  /// d numbers; zeros when the features were used as they are.
  public let mean: [Double]
  /// d numbers; ones when the features were used as they are.
  public let scale: [Double]

  /// - Parameter isClassifier: false for a probe of real targets, one row of weights for each; they may be two.
  /// - Throws: `StatisticsError` for sizes that do not fit, numbers that are not finite, or a scale of 0.
  public init(
    weights: Matrix<Double>, bias: [Double], mean: [Double], scale: [Double], isClassifier: Bool = true
  ) throws(StatisticsError) {
    let d = weights.columns
    guard d > 0 else { throw .empty("columns of weights") }
    guard weights.rows > 0, weights.rows != 2 || !isClassifier else {
      throw .parameter(
        name: "the rows of weights", expected: "1, or one a class of 3 and more", found: "\(weights.rows)")
    }
    for (what, expected, found) in [
      ("biases", weights.rows, bias.count), ("means", d, mean.count), ("scales", d, scale.count),
    ] where expected != found {
      throw .lengthMismatch(what: what, expected: expected, found: found)
    }
    if let place = weights.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    for numbers in [bias, mean, scale] {
      if let j = numbers.firstIndex(where: { !$0.isFinite }) { throw .notFinite(row: 0, column: j) }
    }
    if let j = scale.firstIndex(of: 0) {
      throw .parameter(name: "the scale of column \(j)", expected: "a number but 0", found: "0")
    }
    self.init(checked: weights, bias, mean, scale)
  }

  init(checked weights: Matrix<Double>, _ bias: [Double], _ mean: [Double], _ scale: [Double]) {
    self.weights = weights
    self.bias = bias
    self.mean = mean
    self.scale = scale
  }

  /// K.
  public var classes: Int { weights.rows == 1 ? 2 : weights.rows }

  /// d.
  public var columns: Int { weights.columns }

  /// The weights on the features as they are, R × d: score = rawWeights · x + rawBias.
  public var rawWeights: Matrix<Double> {
    var result = weights
    for r in 0..<result.rows {
      result.withMutableRow(r) { row in
        for j in 0..<row.count { row[j] /= scale[j] }
      }
    }
    return result
  }

  /// bias − weights · mean/scale.
  public var rawBias: [Double] {
    zip(bias, rawWeights.times(mean)).map { $0 - $1 }
  }

  /// The scores of some rows, n × R.
  /// - Parameter rows: row numbers; nil for all.
  /// - Throws: `StatisticsError` for another number of columns or bad row numbers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public func scores<S: Scalar>(_ features: Matrix<S>, rows: [Int]? = nil) throws(StatisticsError) -> Matrix<Double> {
    guard features.columns == columns else {
      throw .lengthMismatch(what: "columns", expected: columns, found: features.columns)
    }
    try checkRowRange(rows, of: features.rows, list: "scored")
    let blocks = RowBlocks<Double>(features, rows: rows, shift: mean, factor: scale.map { 1 / $0 })
    var result = Matrix<Double>.zeros(blocks.rows, weights.rows)
    let (outputs, d) = (weights.rows, columns)
    result.withUnsafeMutableBuffer { buffer in
      weights.withUnsafeBuffer { w in
        guard let base = buffer.baseAddress, let w = w.baseAddress else { return }
        blocks.forEachBlock(in: 0..<blocks.rows) { range, block in
          Double.gemm(
            .no, .yes, m: range.count, n: outputs, k: d, alpha: 1, block, lda: d, w, ldb: d, beta: 0,
            base + range.lowerBound * outputs, ldc: outputs)
        }
      }
    }
    result.addToRows(bias)
    if let place = result.firstNonFinite() {
      let row = rows?[place.row] ?? place.row
      throw .notFinite(row: row, column: features.row(row).firstIndex { !$0.isFinite } ?? place.column)
    }
    return result
  }

  /// ln of each class's probability, n × K.
  /// - Throws: as `scores`.
  public func logProbabilities<S: Scalar>(
    _ features: Matrix<S>, rows: [Int]? = nil
  ) throws(StatisticsError) -> Matrix<Double> {
    Self.logProbabilities(scores: try scores(features, rows: rows))
  }

  /// ln of each class's probability from n × R scores: sigmoid for R = 1, softmax else.
  public static func logProbabilities(scores: Matrix<Double>) -> Matrix<Double> {
    if scores.columns == 1 {
      return Matrix(rows: scores.rows, columns: 2) { buffer in
        for (i, score) in scores.elements.enumerated() {
          buffer[2 * i] = -softplus(score)
          buffer[2 * i + 1] = -softplus(-score)
        }
      }
    }
    var result = scores
    for i in 0..<result.rows {
      result.withMutableRow(i) { row in
        let largest = row.max() ?? 0
        var sum = 0.0
        for score in row { sum += exp(score - largest) }
        let total = largest + log(sum)
        for c in 0..<row.count { row[c] -= total }
      }
    }
    return result
  }

  /// The class of the largest score of each row, the lowest on ties.
  /// - Throws: as `scores`.
  public func predictions<S: Scalar>(_ features: Matrix<S>, rows: [Int]? = nil) throws(StatisticsError) -> [Int] {
    let scores = try scores(features, rows: rows)
    return scores.columns == 1 ? scores.elements.map { $0 > 0 ? 1 : 0 } : scores.largestColumns()
  }

  /// How well the probe does on labelled rows; there is a label for each row of `features`.
  /// - Throws: as `scores`, and for labels that do not fit.
  public func evaluate<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], rows: [Int]? = nil
  ) throws(StatisticsError) -> Scores {
    guard labels.count == features.rows else {
      throw .lengthMismatch(what: "labels", expected: features.rows, found: labels.count)
    }
    let found = try logProbabilities(features, rows: rows)
    return try Scores(logProbabilities: found, truth: rows.map { $0.map { labels[$0] } } ?? labels)
  }
}

/// ln(1 + eˣ), without overflow.
@inline(__always)
func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-x.magnitude)) }

/// Checks that row numbers are within `count`.
func checkRowRange(_ rows: [Int]?, of count: Int, list: String) throws(StatisticsError) {
  if let row = rows?.first(where: { $0 < 0 || $0 >= count }) { throw .badRow(list: list, row: row, rows: count) }
}

extension Matrix where S == Double {
  /// eˣ of each element, as probabilities of their logarithms.
  public var exponentials: Matrix {
    var result = self
    result.withUnsafeMutableBuffer { buffer in
      for i in 0..<buffer.count { buffer[i] = exp(buffer[i]) }
    }
    return result
  }
}

extension Matrix {
  /// Adds one vector to each row.
  public mutating func addToRows(_ vector: [S]) {
    precondition(vector.count == columns, "sizes of a sum do not fit")
    let width = columns
    let height = rows
    withUnsafeMutableBuffer { buffer in
      for i in 0..<height {
        for j in 0..<width { buffer[i &* width &+ j] += vector[j] }
      }
    }
  }
}
