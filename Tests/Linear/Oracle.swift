import JSON
import Linear
import TestSupport
import Testing

/// Known answers of the shared data, read as numbers.
enum Oracle {
  static func json(_ path: String) throws -> JSON { try JSON.parse(SharedData.bytes(path)) }

  /// One of the small sets of `oracle/features/datasets.json`.
  static func dataset(_ name: String) throws -> Matrix<Double> {
    let rows = try #require(try json("oracle/features/datasets.json")[name]?["rows"]?.array)
    return Matrix(rows.map { $0.doubles ?? [] })
  }

  /// One of the document–term matrices of `oracle/features`.
  static func sparse(_ name: String) throws -> SparseMatrix {
    let file = try json("oracle/features/\(name).json")
    let values = try #require(file["matrix"])
    func integers(_ key: String) throws -> [Int] { try #require(values[key]?.array).compactMap(\.int) }
    let shape = try integers("shape")
    return try SparseMatrix(
      unordered: shape[0], columns: shape[1], rowPointers: integers("indptr"), columnIndices: integers("indices"),
      values: #require(values["data"]?.doubles))
  }
}

extension JSON {
  var doubles: [Double]? { array.map { $0.compactMap(\.double) } }
}

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self { .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)) }
}

/// A matrix of random numbers, and its products by the definition.
func randomMatrix<S: Scalar>(_ rows: Int, _ columns: Int, seed: UInt64 = 1, as: S.Type = Double.self) -> Matrix<S> {
  var numbers = RandomNumbers(seed: seed)
  return numbers.gaussians(rows: rows, columns: columns)
}

func plainProduct<S: Scalar>(_ a: Matrix<S>, _ b: Matrix<S>) -> Matrix<S> {
  var result = Matrix<S>.zeros(a.rows, b.columns)
  for i in 0..<a.rows {
    for j in 0..<b.columns {
      var sum: S = 0
      for k in 0..<a.columns { sum += a[i, k] * b[k, j] }
      result[i, j] = sum
    }
  }
  return result
}

func largestDifference<S: Scalar>(_ a: Matrix<S>, _ b: Matrix<S>) -> S {
  guard a.rows == b.rows, a.columns == b.columns else { return .infinity }
  return zip(a.elements, b.elements).reduce(0) { largest, pair in
    let difference = (pair.0 - pair.1).magnitude
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}
