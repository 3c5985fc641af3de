import JSON
import Linear
import TestSupport

/// scikit-learn's results in the shared data.
enum Oracle {
  struct Missing: Error { let member: String }

  static func file(_ name: String) throws -> JSON {
    try JSON.parse(SharedData.bytes("oracle/features/\(name).json"))
  }

  static func texts() throws -> [String] { try strings(file("texts"), "texts") }

  static func strings(_ value: JSON, _ member: String) throws -> [String] {
    try array(value, member).compactMap(\.string)
  }

  static func numbers(_ value: JSON, _ member: String) throws -> [Double] {
    try array(value, member).compactMap(\.double)
  }

  static func array(_ value: JSON, _ member: String) throws -> [JSON] {
    guard let items = value[member]?.array else { throw Missing(member: member) }
    return items
  }

  static func matrix(_ file: JSON) throws -> SparseMatrix {
    guard let matrix = file["matrix"] else { throw Missing(member: "matrix") }
    let shape = try numbers(matrix, "shape").map { Int($0) }
    return SparseMatrix(
      rows: shape[0], columns: shape[1], rowPointers: try numbers(matrix, "indptr").map { Int($0) },
      columnIndices: try numbers(matrix, "indices").map { Int32($0) }, values: try numbers(matrix, "data"))
  }
}
