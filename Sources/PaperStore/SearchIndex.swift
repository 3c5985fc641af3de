/// What a transaction has still to do to one paper's row of the search index.
///
/// FTS5 keeps new rows in memory, but writes them out whenever a statement opens a savepoint, as many of those that
/// change papers do: a row at a time costs more than all the rest of an import. So rows are gathered, and written when
/// all else is done.
struct IndexChange {
  /// The texts of the row that is there, which the index must be told to take it out.
  var removed: [String]?
  var added: Addition?

  enum Addition {
    /// These texts.
    case texts([String])
    /// What the view says at the end.
    case asStored
  }
}

extension PaperWriter {
  /// Enters the paper's row of the search index as the view will have it at the end of the transaction.
  func index(_ paper: Int64) throws {
    try statements.segment(paper)
    indexChanges[paper, default: IndexChange()].added = .asStored
  }

  /// Enters the row of a new paper, in the order of the index's columns.
  func index(_ paper: Int64, _ texts: [String]) {
    indexChanges[paper, default: IndexChange()].added = .texts(texts)
  }

  /// Takes the row out; before a change, since the index is told the old words.
  func unindex(_ paper: Int64) throws {
    if indexChanges[paper] == nil {
      indexChanges[paper] = IndexChange(removed: try statements.indexedTexts(of: paper))
    }
    indexChanges[paper]?.added = nil
  }

  /// Writes the rows that were gathered; nothing else may be written after them.
  func writeIndex() throws {
    // The index takes rows in the order of their numbers without writing in between.
    for (paper, change) in indexChanges.sorted(by: { $0.key < $1.key }) {
      if let removed = change.removed { try statements.unindex.run([.integer(paper)] + removed.map { .text($0) }) }
      let added: [String]? =
        switch change.added {
        case nil: nil
        case .texts(let texts): texts
        case .asStored: try statements.indexedTexts(of: paper)
        }
      if let added { try statements.index.run([.integer(paper)] + added.map { .text($0) }) }
    }
    indexChanges = [:]
  }

  /// Makes one piece of the index's many; worth its time after a bulk import.
  public func optimizeIndex() throws {
    try database.execute(sql: "INSERT INTO paper_fts (paper_fts) VALUES ('optimize')")
  }
}
