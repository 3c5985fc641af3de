import Linear

/// The rows of one input: how many there are, their ids where it has them, and the parameter that it came by.
public struct NamedRows: Sendable {
  /// The parameter's JSON Pointer.
  public let pointer: String
  public let count: Int
  public let ids: [String]?

  public init(pointer: String, count: Int, ids: [String]?) {
    (self.pointer, self.count, self.ids) = (pointer, count, ids)
  }

  /// What messages call a row: its id, else its number.
  public func name(of row: Int) -> String { ids.map { "'\($0[row])'" } ?? "row \(row)" }
}

extension RowSource {
  public var namedRows: NamedRows { NamedRows(pointer: pointer, count: rowCount, ids: rowIDs) }
}

extension Labels {
  public func namedRows(_ reference: LabelReference) -> NamedRows {
    NamedRows(pointer: reference.pointer, count: count, ids: rowIDs)
  }
}

extension Context {
  /// Refuses inputs that are not of the same rows: as many in each, and the same ids in the same order where two of
  /// them have ids.
  ///
  ///     try context.checkSameRows(features.namedRows, labels.namedRows(parameters.labels))
  ///
  /// - Throws: `MethodError.data` of the kind `shape` at the later input, which names the first row that differs.
  public func checkSameRows(_ inputs: NamedRows...) throws { try checkSameRows(inputs) }

  /// As above, for a list of inputs.
  public func checkSameRows(_ inputs: [NamedRows]) throws {
    guard let first = inputs.first else { return }
    for input in inputs.dropFirst() where input.count != first.count {
      throw MethodError.data(
        .shape, pointer: input.pointer,
        message: "\(input.count) rows in \(input.plainName) and \(first.count) in \(first.plainName)",
        hint: "give both for the same rows, in the same order")
    }
    let identified = inputs.filter { $0.ids != nil }
    guard let known = identified.first, let ids = known.ids else { return }
    for input in identified.dropFirst() {
      guard let others = input.ids, let row = zip(ids, others).enumerated().first(where: { $1.0 != $1.1 })?.offset
      else { continue }
      throw MethodError.data(
        .shape, pointer: input.pointer,
        message: "row \(row) is '\(ids[row])' in \(known.plainName) and '\(others[row])' in \(input.plainName)",
        row: row, hint: "make both from the same papers, in the same order")
    }
  }
}

extension NamedRows {
  /// The parameter's name without the slash.
  fileprivate var plainName: String { pointer.isEmpty ? "the params" : String(pointer.dropFirst()) }
}
