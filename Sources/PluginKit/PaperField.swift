import Text

/// Which text of a paper an analysis reads.
public enum PaperField: String, Codable, Sendable {
  case title, abstract
  case titleAndAbstract = "title+abstract"
}

extension PaperEntry {
  /// The paper's text; the title stands apart, so that it can weigh more.
  public func document(_ field: PaperField) -> TextDocument {
    switch field {
    case .title: TextDocument(title: title, body: "")
    case .abstract: TextDocument(body: abstract ?? "")
    case .titleAndAbstract: TextDocument(title: title, body: abstract ?? "")
    }
  }
}

extension PaperSet {
  /// The texts of all papers, in the order of the set.
  public func documents(_ field: PaperField) -> [TextDocument] { papers.map { $0.document(field) } }

  /// Refuses a set in which one id stands twice, as a file made by hand may have it.
  /// - Throws: `MethodError.data` of the kind `format`.
  public func checkIDs(_ reference: PapersReference) throws {
    if let id = ids.firstRepeated {
      throw MethodError.data(
        .format, pointer: reference.pointer, message: "the paper \(id) stands in the set twice",
        hint: "give the output 'papers' of papers.select, which holds each paper once")
    }
  }
}

extension [String] {
  /// The first element that stood before.
  var firstRepeated: String? {
    var seen: Set<String> = []
    return first { !seen.insert($0).inserted }
  }
}
