import JSON
import Linear
import TestSupport
import Testing

@testable import Statistics

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
  let classes: Int
  let train: [Int]
  let test: [Int]
  let probe: JSON

  init(_ name: String) throws {
    self.name = name
    features = try Self.matrix("\(name)/X.npy")
    labels = try Self.integers("\(name)/y.npy")
    classes = (labels.max() ?? 0) + 1
    train = try Self.integers("\(name)/train_idx.npy")
    test = try Self.integers("\(name)/test_idx.npy")
    probe = try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json"))
  }

  /// The fits of probe.json.
  var fits: [JSON] { probe["logistic"]?.array ?? [] }

  /// X as single precision has it.
  var floats: Matrix<Float> { features.converted() }

  func expected(_ file: String) throws -> Matrix<Double> { try Self.matrix("\(name)/expected/\(file).npy") }

  static func matrix(_ path: String) throws -> Matrix<Double> {
    let array = try NumPyArray(shared: "oracle/\(path)")
    let rows = array.shape.first ?? 1
    let columns = array.shape.count > 1 ? array.shape[1] : 1
    return Matrix(rows: rows, columns: columns, elements: array.numbers)
  }

  static func integers(_ path: String) throws -> [Int] {
    try NumPyArray(shared: "oracle/\(path)").numbers.map { Int($0) }
  }
}

func sharedJSON(_ path: String) throws -> JSON { try JSON.parse(SharedData.bytes(path)) }

extension JSON {
  var doubles: [Double]? { array.map { $0.compactMap(\.double) } }
  var ints: [Int]? { array.map { $0.compactMap(\.int) } }

  func number(_ path: String...) throws -> Double {
    var value: JSON? = self
    for key in path { value = value?[key] }
    return try #require(value?.double, "no number at \(path)")
  }
}

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self { .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)) }
}

func relative(_ a: Double, _ b: Double) -> Double { (a - b).magnitude / max(b.magnitude, 1e-300) }

/// Random rows around class means, with the labels.
func gaussianClasses(
  _ n: Int, _ d: Int, classes: Int, distance: Double = 1.5, seed: UInt64 = 1
) -> (features: Matrix<Double>, labels: [Int]) {
  var numbers = RandomNumbers(seed: seed)
  let means: Matrix<Double> = numbers.gaussians(rows: classes, columns: d)
  var features: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
  let labels = (0..<n).map { $0 < classes ? $0 : numbers.below(classes) }
  for (i, label) in labels.enumerated() {
    for j in 0..<d { features[i, j] += distance / Double(d).squareRoot() * means[label, j] }
  }
  return (features, labels)
}
