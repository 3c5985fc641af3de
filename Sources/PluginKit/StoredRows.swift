import Linear

extension RowSource {
  /// What kind of number is stored, by NumPy's name; of several kinds, or numbers typed by hand, `float64`.
  public var storedType: String {
    switch asReader {
    case let array as StoredArray: array.info.type.name
    case is Matrix<Float>: "float32"
    default: "float64"
    }
  }

  /// All rows with what they hold, numbers that are not finite among them: for methods that describe data.
  public func uncheckedMatrix() throws -> Matrix<Double> {
    do {
      return try asReader.readRows(0..<rowCount, as: Double.self)
    } catch {
      throw MethodError(reading: error, pointer)
    }
  }
}
