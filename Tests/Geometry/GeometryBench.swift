import Geometry
import JSON
import Linear
import MethodTestSupport
import PluginKit

func geometryBench() throws -> MethodBench { try MethodBench([GeometryPlugin.self]) }

func gaussians(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Double> {
  var numbers = RandomNumbers(seed: seed)
  return numbers.gaussians(rows: rows, columns: columns)
}

extension JSON {
  init(rows matrix: Matrix<Double>) {
    self = .array((0..<matrix.rows).map { .array(matrix.row($0).map { .real($0) }) })
  }
}

func near(_ value: JSON?, _ wanted: Double, _ tolerance: Double = 1e-9) -> Bool {
  (value?.double).map { abs($0 - wanted) <= tolerance } ?? false
}
