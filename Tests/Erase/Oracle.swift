import JSON
import Linear
import Statistics
import TestSupport
import Testing

@testable import Erase

/// One case with known answers.
struct OracleCase {
  static let names = [
    "bad_scale", "const_dup", "digits", "digits_parity", "float32", "imbalanced", "leak_mix", "multi5",
    "rank_deficient",
    "rare_class", "synth_binary", "xor",
  ]

  let name: String
  let features: Matrix<Double>
  let labels: [Int]
  let coding: ConceptCoding
  let train: [Int]
  let test: [Int]
  let answers: JSON

  init(_ name: String) throws {
    self.name = name
    features = try Self.matrix("\(name)/X.npy")
    labels = try Self.integers("\(name)/y.npy")
    coding = .classes((labels.max() ?? 0) + 1)
    train = try Self.integers("\(name)/train_idx.npy")
    test = try Self.integers("\(name)/test_idx.npy")
    answers = try JSON.parse(SharedData.bytes("oracle/\(name)/erase.json"))
  }

  var concept: Matrix<Double> { get throws { try coding.columns(of: labels) } }

  func answer(_ path: String...) throws -> JSON {
    var value: JSON? = answers
    for key in path { value = value?[key] }
    return try #require(value, "nothing at \(path) of \(name)")
  }

  func number(_ path: String...) throws -> Double {
    var value: JSON? = answers
    for key in path { value = value?[key] }
    return try #require(value?.double, "no number at \(path) of \(name)")
  }

  /// The LEACE map of the train rows.
  func fit(_ settings: LEACE = LEACE()) throws -> LEACEFit {
    try settings.fit(Moments(features, concept, rows: train))
  }

  func expected(_ file: String) throws -> Matrix<Double> { try Self.matrix("\(name)/expected/\(file).npy") }

  static func matrix(_ path: String) throws -> Matrix<Double> {
    let array = try NumPyArray(shared: "oracle/\(path)")
    let rows = array.shape.first ?? 1
    return Matrix(rows: rows, columns: array.shape.count > 1 ? array.shape[1] : 1, elements: array.numbers)
  }

  static func integers(_ path: String) throws -> [Int] {
    try NumPyArray(shared: "oracle/\(path)").numbers.map { Int($0) }
  }
}

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self { .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)) }
}

extension Eraser {
  /// P = I − left·right, which the code under test never forms.
  var projection: Matrix<Double> {
    Matrix.identity(columns).adding(left.times(right), times: -1)
  }
}

/// The largest canonical correlation of rows and concept, as the oracle reads it: columns divided by `scale`, directions
/// with a singular value below `cut` of the largest dropped.
func largestCanonicalCorrelation(
  _ rows: Matrix<Double>, _ concept: Matrix<Double>, scale: [Double], cut: Double = 1e-8
) throws -> Double {
  let x = try SVD(centred(rows, scale: scale))
  let z = try SVD(centred(concept, scale: [Double](repeating: 1, count: concept.columns)))
  let (rankX, rankZ) = (
    x.rank(tolerance: cut * (x.singularValues.first ?? 0)), z.rank(tolerance: 1e-8 * (z.singularValues.first ?? 0))
  )
  let both = x.u.columns(0..<rankX).transposedTimes(z.u.columns(0..<rankZ))
  return try SVD(both).singularValues.first ?? 0
}

func centred(_ rows: Matrix<Double>, scale: [Double]) throws -> Matrix<Double> {
  let mean = try ColumnScaling(rows).mean
  var result = rows
  for i in 0..<rows.rows {
    result.withMutableRow(i) { row in
      for j in 0..<row.count { row[j] = (row[j] - mean[j]) / scale[j] }
    }
  }
  return result
}

/// Rows with correlated columns, and labels that depend on some of them.
func correlatedRows(
  _ n: Int, _ d: Int, classes: Int, seed: UInt64 = 1
) -> (features: Matrix<Double>, labels: [Int]) {
  var numbers = RandomNumbers(seed: seed)
  let mix: Matrix<Double> = numbers.gaussians(rows: d, columns: d)
  let means: Matrix<Double> = numbers.gaussians(rows: classes, columns: d)
  let noise: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
  var features = noise.times(mix)
  let labels = (0..<n).map { $0 < classes ? $0 : numbers.below(classes) }
  for (i, label) in labels.enumerated() {
    for j in 0..<d { features[i, j] += 2 * means[label, j] + Double(j) }
  }
  return (features, labels)
}
