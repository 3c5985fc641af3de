import Alignment
import JSON
import Linear
import MethodTestSupport

func alignmentBench() throws -> MethodBench { try MethodBench([AlignmentPlugin.self]) }

func gaussians(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Double> {
  var numbers = RandomNumbers(seed: seed)
  return numbers.gaussians(rows: rows, columns: columns)
}

func near(_ value: JSON?, _ wanted: Double, _ tolerance: Double = 1e-9) -> Bool {
  (value?.double).map { abs($0 - wanted) <= tolerance } ?? false
}

extension MethodBench {
  /// A matrix as a param, in a file of the given name.
  func given(_ matrix: Matrix<Double>, _ name: String) throws -> JSON { try self.matrix(matrix, name: "\(name).npz") }
}
