/// Takes bytes in order: a file's, an artifact's, or memory's.
public typealias ByteSink = (UnsafeRawBufferPointer) throws -> Void

/// An array that is to be written: what it is, and how its elements come.
public struct ArrayContent {
  public let type: ElementType
  public let shape: [Int]
  /// Whether `emit` can be called again.
  let repeatable: Bool
  /// Writes the elements, little-endian, in C order.
  let emit: (ByteSink) throws -> Void

  private init(
    _ type: ElementType, _ shape: [Int], repeatable: Bool = true, emit: @escaping (ByteSink) throws -> Void
  ) {
    self.type = type
    self.shape = shape
    self.repeatable = repeatable
    self.emit = emit
  }

  var byteCount: Int { shape.reduce(type.size, *) }

  /// Two dimensions, or as many as `shape` has, of as many elements.
  public static func matrix<S: Scalar>(_ matrix: Matrix<S>, shape: [Int]? = nil) -> ArrayContent {
    precondition(shape.map { $0.reduce(1, *) == matrix.count } ?? true, "the shape has another number of elements")
    return ArrayContent(elementType(of: S.self), shape ?? [matrix.rows, matrix.columns]) { sink in
      try matrix.withUnsafeBuffer { try sink(UnsafeRawBufferPointer($0)) }
    }
  }

  /// Two dimensions, whose rows `produce` hands over block by block, in order; it is called once.
  ///
  /// Writing throws `ArrayFault.wrongShape` when other rows come than were said.
  public static func rows<S: Scalar>(
    _ rows: Int, columns: Int, as: S.Type, produce: @escaping (_ write: (Matrix<S>) throws -> Void) throws -> Void
  ) -> ArrayContent {
    ArrayContent(elementType(of: S.self), [rows, columns], repeatable: false) { sink in
      var written = 0
      try produce { block in
        guard block.columns == columns, written + block.rows <= rows else {
          throw ArrayFault(
            .wrongShape,
            "a block of \(block.rows) × \(block.columns) after \(written) rows does not fit into "
              + "\(rows) × \(columns)")
        }
        written += block.rows
        try block.withUnsafeBuffer { try sink(UnsafeRawBufferPointer($0)) }
      }
      guard written == rows else { throw ArrayFault(.wrongShape, "\(written) rows came, \(rows) were announced") }
    }
  }

  /// One dimension.
  public static func vector<S: Scalar>(_ values: [S]) -> ArrayContent {
    ArrayContent(elementType(of: S.self), [values.count]) { sink in try values.withUnsafeBytes(sink) }
  }

  /// One dimension of int64.
  public static func integers(_ values: [Int]) -> ArrayContent {
    ArrayContent(.int64, [values.count]) { sink in try values.withUnsafeBytes(sink) }
  }

  /// One dimension of int32.
  public static func integers(_ values: [Int32]) -> ArrayContent {
    ArrayContent(.int32, [values.count]) { sink in try values.withUnsafeBytes(sink) }
  }

  /// One dimension of fixed-width Unicode, as wide as the longest text (at least 1).
  /// - Throws: `ArrayFault.tooLarge` when one long text would make all of them long (4 GiB together);
  ///   `.wrongType` for a text that ends in NUL, which the format cannot tell from its filling.
  public static func strings(_ values: [String]) throws(ArrayFault) -> ArrayContent {
    var width = 1
    for (i, value) in values.enumerated() {
      if value.unicodeScalars.last == "\0" { throw ArrayFault(.wrongType, "the text ends in NUL", row: i) }
      width = max(width, value.unicodeScalars.count)
    }
    let limit = 1 << 32
    guard width <= limit / 4 / max(1, values.count) else {
      throw ArrayFault(.tooLarge, "texts of fixed width \(width) are too much for \(values.count) rows")
    }
    let scalars = width
    return ArrayContent(.unicode(width), [values.count]) { sink in
      var buffer: [UInt32] = []
      for start in stride(from: 0, to: values.count, by: 4096) {
        buffer.removeAll(keepingCapacity: true)
        for value in values[start..<min(values.count, start + 4096)] {
          let end = buffer.count + scalars
          buffer.append(contentsOf: value.unicodeScalars.lazy.map(\.value))
          buffer.append(contentsOf: repeatElement(0, count: end - buffer.count))
        }
        try buffer.withUnsafeBytes(sink)
      }
    }
  }

  /// A single text of plain bytes, no dimension: how SciPy names the layout of a sparse matrix.
  static func label(_ text: String) -> ArrayContent {
    let bytes = Array(text.utf8)
    return ArrayContent(.bytes(bytes.count), []) { sink in try bytes.withUnsafeBytes(sink) }
  }

  private static func elementType<S: Scalar>(of: S.Type) -> ElementType {
    S.self == Float.self ? .float32 : .float64
  }
}
