import Linear

/// A matrix in memory, sparse where it was stored so.
public enum FeatureMatrix: Sendable {
  case dense(Matrix<Double>)
  case sparse(SparseMatrix)

  public var rows: Int {
    switch self {
    case .dense(let matrix): matrix.rows
    case .sparse(let matrix): matrix.rows
    }
  }

  public var columns: Int {
    switch self {
    case .dense(let matrix): matrix.columns
    case .sparse(let matrix): matrix.columns
    }
  }

  /// The named rows, in the order given.
  public func rows(at indices: [Int]) -> FeatureMatrix {
    // All rows in their order are no copy.
    if indices.count == rows, indices.indices.allSatisfy({ indices[$0] == $0 }) { return self }
    return switch self {
    case .dense(let matrix): .dense(matrix.rows(at: indices))
    case .sparse(let matrix): .sparse(matrix.rows(at: indices))
    }
  }

  /// All numbers, with the zeros: rows · columns · 8 bytes, to be reserved before.
  public var dense: Matrix<Double> {
    switch self {
    case .dense(let matrix): matrix
    case .sparse(let matrix): matrix.dense()
    }
  }

  /// The rows that have nothing but zeros.
  public var zeroRows: [Int] {
    switch self {
    case .dense(let matrix): (0..<matrix.rows).filter { matrix.withRow($0) { $0.allSatisfy { $0 == 0 } } }
    case .sparse(let matrix): (0..<matrix.rows).filter { matrix.withRow($0) { $1.allSatisfy { $0 == 0 } } }
    }
  }
}

extension Context {
  /// A matrix of any kind with the ids of its rows; every number is finite.
  public func features(_ reference: MatrixReference) throws -> (matrix: FeatureMatrix, rowIDs: [String]?) {
    guard let file = try host.open(reference.pointer) else { return try dense(reference) }
    do {
      let stored = try MatrixFile(ArrayFile(file.bytes, format: file.format), selection: file.part)
      guard stored.isSparse else { return try dense(reference) }
      let matrix = try stored.sparse()
      try checkFinite(matrix, reference)
      return (.sparse(matrix), try stored.rowIDs())
    } catch {
      throw MethodError(reading: error, reference.pointer, name: file.name)
    }
  }

  private func dense(_ reference: MatrixReference) throws -> (FeatureMatrix, [String]?) {
    (.dense(try matrix(reference)), try rows(reference).rowIDs)
  }

  private func checkFinite(_ matrix: SparseMatrix, _ reference: MatrixReference) throws {
    guard let entry = matrix.values.firstIndex(where: { !$0.isFinite }) else { return }
    let row = (0..<matrix.rows).first { matrix.rowPointers[$0 + 1] > entry } ?? 0
    let column = Int(matrix.columnIndices[entry])
    throw MethodError.data(
      .nonFinite, pointer: reference.pointer, message: "row \(row), column \(column) is not finite", row: row,
      column: column, hint: "leave the row out, or put a number there")
  }
}
