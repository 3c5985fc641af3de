import JSON
import Linear
import MethodTestSupport
import TestSupport
import Testing

@testable import Data
@testable import Probe

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self { .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)) }
}

let oracleCases = [
  "bad_scale", "const_dup", "digits", "digits_parity", "float32", "imbalanced", "leak_mix", "multi5", "rank_deficient",
  "rare_class", "synth_binary", "xor",
]

func bench(jobs: Int = 1) throws -> MethodBench { try MethodBench([DataPlugin.self, ProbePlugin.self], jobs: jobs) }

/// Random rows around class means, with the labels; the first rows are of classes 0, 1, 2, ….
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

extension JSON {
  /// With some members set.
  func with(_ members: KeyValuePairs<String, JSON>) -> JSON {
    var copy = self
    for (name, value) in members { copy[name] = value }
    return copy
  }

  /// The number at a path of members.
  func number(_ path: String...) throws -> Double {
    var value: JSON? = self
    for key in path { value = value?[key] }
    return try #require(value?.double, "no number at \(path)")
  }
}
