/// A sparse matrix in compressed rows (CSR): row i has the entries `rowPointers[i] ..< rowPointers[i + 1]`.
///
///     let a = SparseMatrix(rows: 2, columns: 3, rowPointers: [0, 1, 2], columnIndices: [2, 0], values: [5, 6])
///
/// Columns ascend inside a row, without repetition.
public struct SparseMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// rows + 1 whole numbers, from 0 to the number of entries, never falling.
  public let rowPointers: [Int]
  public let columnIndices: [Int32]
  public let values: [Double]

  /// Takes the three arrays as they are. Arrays that break the rules above stop the program;
  /// what came from outside goes through `init(checking:)` first.
  public init(rows: Int, columns: Int, rowPointers: [Int], columnIndices: [Int32], values: [Double]) {
    do {
      self = try SparseMatrix(
        checking: rows, columns: columns, rowPointers: rowPointers, columnIndices: columnIndices, values: values)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Takes the three arrays when they are a matrix in compressed rows, else throws `SparseFault`.
  public init(checking rows: Int, columns: Int, rowPointers: [Int], columnIndices: [Int32], values: [Double]) throws {
    guard rows >= 0, columns >= 0, columns <= Int(Int32.max) else {
      throw SparseFault("a sparse matrix of \(rows) × \(columns) is out of range")
    }
    guard rowPointers.count - 1 == rows, rowPointers.first == 0 else {
      throw SparseFault("expected \(rows) + 1 row pointers from 0, found \(rowPointers.count)")
    }
    guard columnIndices.count == values.count, rowPointers.last == values.count else {
      throw SparseFault(
        "the last row pointer, the columns and the values disagree: "
          + "\(rowPointers.last ?? 0), \(columnIndices.count), \(values.count)")
    }
    for i in 0..<rows {
      guard rowPointers[i] <= rowPointers[i + 1], rowPointers[i + 1] <= values.count else {
        throw SparseFault("row pointer \(i + 1) falls or points outside the entries", row: i)
      }
      var previous: Int32 = -1
      for k in rowPointers[i]..<rowPointers[i + 1] {
        let column = columnIndices[k]
        guard column > previous, Int(column) < columns else {
          throw SparseFault("column \(column) of row \(i) is repeated, out of order or out of range", row: i)
        }
        previous = column
      }
    }
    self.init(unchecked: rows, columns, rowPointers, columnIndices, values)
  }

  private init(unchecked rows: Int, _ columns: Int, _ pointers: [Int], _ indices: [Int32], _ values: [Double]) {
    self.rows = rows
    self.columns = columns
    rowPointers = pointers
    columnIndices = indices
    self.values = values
  }

  /// As `init(checking:)`, for columns in any order inside their rows; entries of one place are added.
  public init(unordered rows: Int, columns: Int, rowPointers: [Int], columnIndices: [Int], values: [Double]) throws {
    guard rows >= 0, rowPointers.count - 1 == rows, rowPointers.first == 0, columnIndices.count == values.count,
      rowPointers.last == values.count
    else {
      throw SparseFault(
        "\(rows) rows, \(rowPointers.count) row pointers to \(rowPointers.last ?? 0), \(columnIndices.count) columns "
          + "and \(values.count) values disagree")
    }
    guard columns >= 0, columns <= Int(Int32.max) else { throw SparseFault("\(columns) columns are out of range") }
    if let k = columnIndices.firstIndex(where: { $0 < 0 || $0 >= columns }) {
      throw SparseFault("entry \(k) is in column \(columnIndices[k]) of \(columns)")
    }
    var pointers = [0]
    var indices: [Int32] = []
    var ordered: [Double] = []
    indices.reserveCapacity(values.count)
    ordered.reserveCapacity(values.count)
    for i in 0..<rows {
      let (start, end) = (rowPointers[i], rowPointers[i + 1])
      guard start <= end, end <= values.count else {
        throw SparseFault("row pointer \(i + 1) falls or points outside the entries", row: i)
      }
      var entries = Array(start..<end)
      let ascending = zip(entries, entries.dropFirst()).allSatisfy { columnIndices[$0] < columnIndices[$1] }
      if !ascending { entries.sort { (columnIndices[$0], $0) < (columnIndices[$1], $1) } }
      for k in entries {
        if indices.count > pointers[i], indices.last == Int32(columnIndices[k]) {
          ordered[ordered.count - 1] += values[k]
        } else {
          indices.append(Int32(columnIndices[k]))
          ordered.append(values[k])
        }
      }
      pointers.append(indices.count)
    }
    self.init(unchecked: rows, columns, pointers, indices, ordered)
  }

  /// The entries of a dense matrix that are not zero.
  public init(_ dense: Matrix<Double>) {
    var pointers = [0]
    var indices: [Int32] = []
    var values: [Double] = []
    for i in 0..<dense.rows {
      dense.withRow(i) { row in
        for j in 0..<row.count where row[j] != 0 {
          indices.append(Int32(j))
          values.append(row[j])
        }
      }
      pointers.append(values.count)
    }
    self.init(unchecked: dense.rows, dense.columns, pointers, indices, values)
  }

  /// How many entries are stored.
  public var nonZeros: Int { values.count }

  /// Reads the columns and values of one row.
  @inlinable
  public func withRow<R, E: Error>(
    _ i: Int, _ body: (_ columns: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<Double>) throws(E) -> R
  ) throws(E) -> R {
    let range = rowPointers[i]..<rowPointers[i + 1]
    return try columnIndices.withUnsafeBufferPointer { indices throws(E) in
      try values.withUnsafeBufferPointer { values throws(E) in
        try body(.init(rebasing: indices[range]), .init(rebasing: values[range]))
      }
    }
  }

  /// The stored number at a place, else 0.
  public subscript(i: Int, j: Int) -> Double {
    precondition(i >= 0 && i < rows && j >= 0 && j < columns, "matrix index out of range")
    var (low, high) = (rowPointers[i], rowPointers[i + 1])
    while low < high {
      let middle = (low + high) / 2
      if Int(columnIndices[middle]) < j { low = middle + 1 } else { high = middle }
    }
    return low < rowPointers[i + 1] && Int(columnIndices[low]) == j ? values[low] : 0
  }

  /// The same pattern with other values, one for each entry.
  public func withValues(_ values: [Double]) -> SparseMatrix {
    precondition(values.count == nonZeros, "\(values.count) values for \(nonZeros) entries")
    return SparseMatrix(unchecked: rows, columns, rowPointers, columnIndices, values)
  }

  /// The named rows, in the order given.
  public func rows(at indices: [Int]) -> SparseMatrix {
    var pointers = [0]
    pointers.reserveCapacity(indices.count + 1)
    for i in indices {
      precondition(i >= 0 && i < rows, "matrix row out of range")
      pointers.append(pointers[pointers.count - 1] + rowPointers[i + 1] - rowPointers[i])
    }
    var columnsOut: [Int32] = []
    var valuesOut: [Double] = []
    columnsOut.reserveCapacity(pointers[indices.count])
    valuesOut.reserveCapacity(pointers[indices.count])
    for i in indices {
      columnsOut.append(contentsOf: columnIndices[rowPointers[i]..<rowPointers[i + 1]])
      valuesOut.append(contentsOf: values[rowPointers[i]..<rowPointers[i + 1]])
    }
    return SparseMatrix(unchecked: indices.count, columns, pointers, columnsOut, valuesOut)
  }

  /// The matrix turned over its diagonal, again in compressed rows.
  public func transposed() -> SparseMatrix {
    var pointers = [Int](repeating: 0, count: columns + 1)
    for j in columnIndices { pointers[Int(j) + 1] += 1 }
    for j in 0..<columns { pointers[j + 1] += pointers[j] }
    var next = pointers
    var indices = [Int32](repeating: 0, count: nonZeros)
    var turned = [Double](repeating: 0, count: nonZeros)
    next.withUnsafeMutableBufferPointer { next in
      indices.withUnsafeMutableBufferPointer { indices in
        turned.withUnsafeMutableBufferPointer { turned in
          for i in 0..<rows {
            withRow(i) { columns, values in
              for k in 0..<columns.count {
                let place = next[Int(columns[k])]
                next[Int(columns[k])] = place &+ 1
                indices[place] = Int32(truncatingIfNeeded: i)
                turned[place] = values[k]
              }
            }
          }
        }
      }
    }
    return SparseMatrix(unchecked: columns, rows, pointers, indices, turned)
  }

  /// All elements, with the zeros.
  public func dense() -> Matrix<Double> {
    Matrix(rows: rows, columns: columns) { buffer in
      for i in 0..<rows {
        withRow(i) { columns, values in
          for k in 0..<columns.count { buffer[i &* self.columns &+ Int(columns[k])] = values[k] }
        }
      }
    }
  }
}

/// Why three arrays are no matrix in compressed rows.
public struct SparseFault: Error, Sendable, CustomStringConvertible {
  public let message: String
  /// The row at fault, where it is one row's.
  public let row: Int?

  init(_ message: String, row: Int? = nil) {
    self.message = message
    self.row = row
  }

  public var description: String { message }
}
