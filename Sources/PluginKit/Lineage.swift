import JSON

extension Context {
  /// `sha256:` of what a matrix is given by: of the artifact or the file, whatever part of it is taken; of each in a list.
  /// Numbers typed by hand have none.
  ///
  ///     Labels(codes: codes, classes: names, madeFrom: try context.digests(parameters.features))
  public func digests(_ reference: MatrixReference) throws -> [String] {
    let value = JSON.Pointer(reference.pointer).flatMap { host.parameters[$0] } ?? .null
    if case .object? = value.array?.first {
      return try (value.array ?? []).indices.flatMap {
        try digests(MatrixReference(pointer: "\(reference.pointer)/\($0)"))
      }
    }
    if let name = value["$artifact"]?.string { return [name] }
    guard let file = try host.open(reference.pointer) else { return [] }
    return ["sha256:\(try digest(of: file, at: reference.pointer))"]
  }

  /// The SHA-256 of a file's or an artifact's content, 64 hexadecimal digits.
  public func digest(_ reference: FileReference) throws -> String {
    guard let file = try host.open(reference.pointer) else {
      throw MethodError.invalidParameter(pointer: reference.pointer, expected: "a file or an artifact")
    }
    return try digest(of: file, at: reference.pointer)
  }

  private func digest(of file: InputFile, at pointer: String) throws -> String {
    if let known = file.sha256 { return known }
    do {
      return try Digest.sha256(of: file.bytes)
    } catch {
      throw MethodError(reading: error, pointer, name: file.name)
    }
  }

  /// Whether labels were computed from the very matrix that they stand beside.
  public func isCircular(_ labels: Labels, _ features: MatrixReference) throws -> Bool {
    guard !labels.madeFrom.isEmpty else { return false }
    return try !Set(labels.madeFrom).isDisjoint(with: digests(features))
  }
}
