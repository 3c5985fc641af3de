import JSON
import Linear

/// Saving what is too large for JSON. The bytes depend on the content alone, so equal results are one artifact.
extension Context {
  /// A dense matrix: `.npz` with `matrix` and, when given, `rowIds`.
  public func save<S: Scalar>(
    _ matrix: Matrix<S>, _ name: String, rowIDs: [String]? = nil
  ) throws -> ArtifactReference {
    try artifact(name, .npz) { writer in
      try write(&writer) { try MatrixFile.write(matrix, rowIDs: rowIDs, to: $0) }
    }
  }

  /// A dense matrix whose rows come block by block, in order.
  public func save<S: Scalar>(
    rows: Int, columns: Int, as: S.Type, _ name: String, rowIDs: [String]? = nil,
    produce: @escaping (_ write: (Matrix<S>) throws -> Void) throws -> Void
  ) throws -> ArtifactReference {
    try artifact(name, .npz) { writer in
      try write(&writer) {
        try MatrixFile.write(
          rows: .rows(rows, columns: columns, as: S.self, produce: produce), rowIDs: rowIDs, to: $0)
      }
    }
  }

  /// A sparse matrix: `.npz` as SciPy writes it and, when given, `rowIds`.
  public func save(_ matrix: SparseMatrix, _ name: String, rowIDs: [String]? = nil) throws -> ArtifactReference {
    try artifact(name, .npz) { writer in
      try write(&writer) { try MatrixFile.write(matrix, rowIDs: rowIDs, to: $0) }
    }
  }

  /// Labels: `.npz` with `labels`, `classes` and, when known, `rowIds`.
  public func save(_ labels: Labels, _ name: String) throws -> ArtifactReference {
    try artifact(name, .npz) { writer in
      let file = try LabelFile(
        codes: labels.codes, classes: labels.classes, rowIDs: labels.rowIDs, madeFrom: labels.madeFrom)
      try write(&writer) { try file.write(to: $0) }
    }
  }

  /// Numbers as a one-dimensional `.npy`.
  public func save(vector: [Double], _ name: String) throws -> ArtifactReference {
    try artifact(name, .npy) { writer in
      try write(&writer) { try ArrayWriter.npy(.vector(vector), to: $0) }
    }
  }

  /// Row numbers as a one-dimensional `.npy`.
  public func save(rows: [Int], _ name: String) throws -> ArtifactReference {
    try artifact(name, .npy) { writer in
      try write(&writer) { try ArrayWriter.npy(.integers(rows), to: $0) }
    }
  }

  /// Several lists of row numbers in one `.npz`.
  public func save(rowLists lists: [(name: String, rows: [Int])], _ name: String) throws -> ArtifactReference {
    try artifact(name, .npz) { writer in
      try write(&writer) { try ArrayWriter.npz(lists.map { ($0.name, .integers($0.rows)) }, to: $0) }
    }
  }

  /// A fitted model: one `.safetensors` whose metadata hold the kind and the small fields.
  public func save<M: Encodable>(
    model: M, _ kind: String, _ name: String, arrays: Arrays
  ) throws -> ArtifactReference {
    let fields = String(decoding: try JSON.Encoder().encode(model).canonicalBytes(), as: UTF8.self)
    return try artifact(name, .safetensors) { writer in
      try write(&writer) {
        try ArrayWriter.safetensors(arrays.contents, metadata: ["kind": kind, "fields": fields], to: $0)
      }
    }
  }

  /// Lends the writer to a function that wants a sink.
  func write(_ writer: inout ArtifactWriter, _ body: (ByteSink) throws -> Void) throws {
    try withoutActuallyEscaping(
      { (bytes: UnsafeRawBufferPointer) throws in try writer.write(bytes) }, do: { try body($0) })
  }
}
