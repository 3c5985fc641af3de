import Linear

/// Named arrays of a model: what `save(model:…)` writes and `model(…)` reads back.
///
///     Arrays(["weights": weights], vectors: ["bias": bias])
public struct Arrays: Sendable {
  private var matrices: [String: Matrix<Double>] = [:]
  private var vectors: [String: [Double]] = [:]
  private var integers: [String: [Int]] = [:]
  private var stored: Stored?

  /// The file that the arrays are read from, and where it was named.
  private struct Stored: Sendable {
    let file: ArrayFile
    let pointer: String
    let name: String
  }

  /// - Parameters:
  ///   - matrices: two dimensions of float64.
  ///   - vectors: one dimension of float64.
  ///   - integers: one dimension of int64.
  public init(
    _ matrices: [String: Matrix<Double>] = [:], vectors: [String: [Double]] = [:], integers: [String: [Int]] = [:]
  ) {
    (self.matrices, self.vectors, self.integers) = (matrices, vectors, integers)
  }

  init(file: ArrayFile, pointer: String, name: String) {
    stored = Stored(file: file, pointer: pointer, name: name)
  }

  public func has(_ name: String) -> Bool {
    matrices[name] != nil || vectors[name] != nil || integers[name] != nil
      || stored?.file.names.contains(name) ?? false
  }

  /// Rows by columns; one dimension is a column.
  /// - Throws: `MethodError` at the model's parameter when there is no such array of numbers.
  public func matrix(_ name: String) throws -> Matrix<Double> {
    if let matrix = matrices[name] { return matrix }
    return try read(name) { try $0.readMatrix(as: Double.self) }
  }

  /// - Throws: as `matrix`.
  public func vector(_ name: String) throws -> [Double] {
    if let vector = vectors[name] { return vector }
    return try read(name) { try $0.readNumbers(as: Double.self) }
  }

  /// - Throws: as `matrix`, and for numbers that are not whole.
  public func integers(_ name: String) throws -> [Int] {
    if let numbers = integers[name] { return numbers }
    return try read(name) { try $0.readIntegers() }
  }

  private func read<T>(_ name: String, _ body: (StoredArray) throws -> T) throws -> T {
    guard let stored else { throw MethodError.internal("the model has no array '\(name)'") }
    do {
      return try body(stored.file.array(name))
    } catch {
      throw MethodError(reading: error, stored.pointer, name: stored.name)
    }
  }

  var contents: [(name: String, content: ArrayContent)] {
    let all =
      matrices.map { ($0.key, ArrayContent.matrix($0.value)) } + vectors.map { ($0.key, .vector($0.value)) }
      + integers.map { ($0.key, .integers($0.value)) }
    return all.sorted { $0.0 < $1.0 }
  }
}
