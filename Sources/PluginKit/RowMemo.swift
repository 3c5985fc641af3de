import Linear

extension Context {
  /// Rows that are computed once for each content: what earlier runs have left is read, `make` computes the rest.
  ///
  ///     let vectors = try context.memo(rows: digests, columns: 384, [model]) { try encode($0.map { texts[$0] }) }
  ///
  /// - Parameters:
  ///   - names: what each row is a function of beside the key, such as a digest of its text; one may stand twice.
  ///   - key: what all rows are a function of.
  ///   - make: gets places in `names`, no name twice, and gives a row for each.
  /// - Returns: names × columns.
  public func memo(
    rows names: [String], columns: Int, _ key: [String], _ make: (_ missing: [Int]) throws -> Matrix<Float>
  ) throws -> Matrix<Float> {
    var result = Matrix<Float>.zeros(names.count, columns)
    var artifacts: [String: [Int]] = [:]
    for (place, artifact) in try host.memos(names.map { key + [$0] }).enumerated() {
      artifacts[artifact?.sha256 ?? "", default: []].append(place)
    }
    var missing = artifacts.removeValue(forKey: "") ?? []
    for (artifact, places) in artifacts {
      guard let stored = storedRows(ArtifactReference(sha256: artifact), columns) else {
        missing += places
        continue
      }
      for place in places {
        if let row = stored.places[names[place]] {
          result.replaceRows(from: place, with: stored.rows.rows(row..<row + 1))
        } else {
          missing.append(place)
        }
      }
    }
    guard !missing.isEmpty else { return result }
    var rowOf: [String: Int] = [:]
    var wanted: [Int] = []
    for place in missing.sorted() where rowOf[names[place]] == nil {
      rowOf[names[place]] = wanted.count
      wanted.append(place)
    }
    let made = try make(wanted)
    for place in missing {
      if let row = rowOf[names[place]] { result.replaceRows(from: place, with: made.rows(row..<row + 1)) }
    }
    let artifact = try save(made, "rows", rowIDs: wanted.map { names[$0] })
    try host.remember(artifact, as: wanted.map { key + [names[$0]] })
    return result
  }

  /// Nothing when they cannot be read: then they are computed again.
  private func storedRows(
    _ artifact: ArtifactReference, _ columns: Int
  ) -> (rows: Matrix<Float>, places: [String: Int])? {
    guard let content = try? host.content(of: artifact), let file = try? MatrixFile(ArrayFile(content, format: .npz)),
      file.columns == columns, let ids = try? file.rowIDs(), let rows = try? file.dense?.readMatrix(as: Float.self)
    else { return nil }
    return (rows, Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }))
  }
}
