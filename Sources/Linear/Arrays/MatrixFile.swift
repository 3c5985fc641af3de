/// A matrix that may know its rows: an `.npz` with `matrix`, or with SciPy's sparse members, and `rowIds`.
///
///     let file = try MatrixFile(ArrayFile(source))
///     let ids = try file.rowIDs()
///
/// NumPy and SciPy open the same files. A file of another format, or a named array of an `.npz`, is a dense matrix
/// without row ids.
public struct MatrixFile: Sendable {
  /// The members of SciPy's sparse matrices (`scipy.sparse.save_npz`).
  private static let sparseNames: Set<String> = ["data", "indices", "indptr", "shape", "format"]
  private static let matrixName = "matrix"
  private static let rowIDsName = "rowIds"

  public let rows: Int
  public let columns: Int
  /// The rows of a dense matrix, in pieces; nil for a sparse one.
  public let dense: (any RowReader)?
  private let file: ArrayFile
  private let layout: Layout?

  /// Which of the two indices a sparse matrix is compressed by.
  private enum Layout: String, Sendable { case csr, csc }

  /// - Parameter selection: what stands behind `#` in a path; nil is the matrix that the names of the file tell.
  /// - Throws: `ArrayFault`.
  public init(_ file: ArrayFile, selection: String? = nil) throws {
    self.file = file
    let names = Set(file.names)
    guard file.format == .npz, selection == nil, names.isSuperset(of: Self.sparseNames) else {
      // An archive's one array beside the row ids is the matrix, whatever its name.
      let others = file.names.filter { $0 != Self.rowIDsName }
      let name =
        file.format == .npz && selection == nil
        ? (names.contains(Self.matrixName) ? Self.matrixName : others.count == 1 ? others[0] : nil) : selection
      let reader = try file.reader(name)
      (rows, columns, dense, layout) = (reader.rowCount, reader.columnCount, reader, nil)
      return
    }
    let format = try file.array("format").readStrings().first ?? ""
    guard let layout = Layout(rawValue: format) else {
      throw ArrayFault(
        .unsupportedPacking, "the sparse layout \(format) is not read; convert the matrix with tocsr()", array: "format"
      )
    }
    let shape = try file.array("shape").readIntegers()
    guard shape.count == 2, shape[0] >= 0, shape[1] >= 0 else {
      throw ArrayFault(.wrongShape, "expected two sizes, found \(shape)", array: "shape")
    }
    let pointers = try file.array("indptr").info.count
    guard pointers - 1 == (layout == .csr ? shape[0] : shape[1]) else {
      throw ArrayFault(.wrongShape, "\(pointers) row pointers for the shape \(shape)", array: "indptr")
    }
    // The other side costs memory as soon as the matrix is turned: it must have been paid for in bytes, nearly.
    let entries = try file.array("data").info.count
    guard max(shape[0], shape[1]) <= max(1 << 24, 64 * (entries + pointers)) else {
      throw ArrayFault(.tooLarge, "the shape \(shape) with \(entries) entries", array: "shape")
    }
    (rows, columns, dense, self.layout) = (shape[0], shape[1], nil, layout)
  }

  public var isSparse: Bool { layout != nil }

  /// The ids of the rows; nil when the file has none.
  /// - Throws: `ArrayFault.wrongShape` when there are not as many as rows.
  public func rowIDs() throws -> [String]? {
    guard file.format == .npz, file.names.contains(Self.rowIDsName) else { return nil }
    let array = try file.array(Self.rowIDsName)
    guard array.info.count == rows else {
      throw ArrayFault(.wrongShape, "\(array.info.count) ids for \(rows) rows", array: Self.rowIDsName)
    }
    return try array.readStrings()
  }

  /// A sparse matrix from SciPy's members (compressed rows or columns), or the entries of a dense one that are not
  /// zero. Columns are put in order; entries of one place are added, as SciPy has it.
  public func sparse() throws -> SparseMatrix {
    guard let layout else { return SparseMatrix(try (dense ?? file.reader()).readMatrix(as: Double.self)) }
    let (major, minor) = layout == .csr ? (rows, columns) : (columns, rows)
    do {
      let matrix = try SparseMatrix(
        unordered: major, columns: minor, rowPointers: try file.array("indptr").readIntegers(),
        columnIndices: try file.array("indices").readIntegers(), values: try file.array("data").readNumbers())
      return layout == .csr ? matrix : matrix.transposed()
    } catch let fault as SparseFault {
      throw ArrayFault(.malformed, fault.message, array: "indices", row: layout == .csr ? fault.row : nil)
    }
  }

  /// Writes a dense matrix with its row ids, if it has some.
  public static func write<S: Scalar>(_ matrix: Matrix<S>, rowIDs: [String]? = nil, to sink: ByteSink) throws {
    try write(.matrix(matrix), rows: matrix.rows, rowIDs: rowIDs, to: sink)
  }

  /// Writes a dense matrix that comes in blocks.
  public static func write(rows content: ArrayContent, rowIDs: [String]? = nil, to sink: ByteSink) throws {
    try write(content, rows: content.shape.first ?? 0, rowIDs: rowIDs, to: sink)
  }

  private static func write(_ content: ArrayContent, rows: Int, rowIDs: [String]?, to sink: ByteSink) throws {
    try ArrayWriter.npz([(matrixName, content)] + ids(rowIDs, rows: rows), to: sink)
  }

  /// Writes a sparse matrix as SciPy does, with its row ids, if it has some.
  public static func write(_ matrix: SparseMatrix, rowIDs: [String]? = nil, to sink: ByteSink) throws {
    let pointers: ArrayContent =
      matrix.nonZeros <= Int(Int32.max)
      ? .integers(matrix.rowPointers.map { Int32($0) }) : .integers(matrix.rowPointers)
    // SciPy wants both index arrays of one kind.
    let indices: ArrayContent =
      matrix.nonZeros <= Int(Int32.max)
      ? .integers(matrix.columnIndices) : .integers(matrix.columnIndices.map { Int($0) })
    try ArrayWriter.npz(
      [
        ("indices", indices), ("indptr", pointers), ("format", .label("csr")),
        ("shape", .integers([matrix.rows, matrix.columns])), ("data", .vector(matrix.values)),
      ] + ids(rowIDs, rows: matrix.rows), to: sink)
  }

  private static func ids(_ rowIDs: [String]?, rows: Int) throws(ArrayFault) -> [(name: String, content: ArrayContent)]
  {
    guard let rowIDs else { return [] }
    guard rowIDs.count == rows else {
      throw ArrayFault(.wrongShape, "\(rowIDs.count) ids for \(rows) rows", array: rowIDsName)
    }
    return [(rowIDsName, try .strings(rowIDs))]
  }
}
