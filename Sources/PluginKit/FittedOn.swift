import JSON

/// Which rows something was fitted on, so that who scores it can tell whether it has seen the test rows.
public struct FittedOn: Encodable, Sendable {
  /// How many rows.
  public let rows: Int
  /// Out of how many.
  public let of: Int
  /// `sha256:` of the list of the rows: the content of `ids`.
  public let digest: String
  /// A JSON list of the rows' ids in their order, of row numbers where rows have no ids.
  public let ids: ArtifactReference
}

extension Context {
  /// Writes down which rows were fitted.
  ///
  /// - Parameters:
  ///   - rows: row numbers.
  ///   - rowIDs: the ids of all rows, where they have some.
  public func fittedOn(_ rows: [Int], of count: Int, rowIDs: [String]?) throws -> FittedOn {
    let list: JSON =
      if let rowIDs {
        JSON(rows.map { rowIDs[$0] }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      } else {
        .array(rows.sorted().map { JSON($0) })
      }
    let ids = try save(list, "fittedOn")
    return FittedOn(rows: rows.count, of: count, digest: "sha256:\(ids.sha256)", ids: ids)
  }

  /// A JSON value that is too large for the result.
  public func save(_ value: JSON, _ name: String) throws -> ArtifactReference {
    let bytes = try value.canonicalBytes()
    return try artifact(name, .json) { try $0.write(bytes) }
  }
}
