import JSON

/// CSL-JSON: the item is taken over as it stands, known members and unknown ones.
enum CSLJSONMapping: JSONMapping {
  static let lists: [StaticString] = ["items", "references"]

  /// One of these makes an object an item.
  private static let signs = ["type", "title", "DOI", "author", "issued", "container-title", "URL"]

  static func record(_ element: JSONElement, ordinal: Int) -> JSONOutcome {
    let item = element.object
    guard signs.contains(where: { item[$0] != nil }) else { return .unknown(item) }
    var draft = RecordDraft(element.span, type: "document")
    draft.item = item
    draft.key = item["id"]?.words
    draft.rawType = item["type"]?.string
    draft.fields = item
    read(&draft, element, path: [])
    var record = draft.record(ordinal)
    // The item keeps its texts as they are.
    record.title = record.title?.with(plain: item["title"]?.string)
    record.abstract = record.abstract?.with(plain: item["abstract"]?.string)
    return .record(record)
  }

  /// What a CSL item holds besides its members: spans, identifiers, links.
  static func read(_ draft: inout RecordDraft, _ element: JSONElement, path: [JSONText.Step]) {
    let item = draft.item
    let text = element.text
    if let (title, range) = text.string(path + [.key("title")]) {
      draft.setTitle(title, raw: text.bytes[range], span: text.span(range))
    }
    if let (abstract, range) = text.string(path + [.key("abstract")]) {
      draft.setAbstract(abstract, raw: text.bytes[range], span: text.span(range))
    }
    draft.identify(.doi, item["DOI"]?.string, draft.span(element, path + [.key("DOI")]))
    draft.identify(.pmid, item["PMID"]?.words, draft.span(element, path + [.key("PMID")]))
    draft.identify(.pmcid, item["PMCID"]?.words, draft.span(element, path + [.key("PMCID")]))
    // Several numbers may stand in one text.
    for part in item["ISBN"]?.string?.split(whereSeparator: { $0 == " " || $0 == "," || $0 == ";" }) ?? [] {
      draft.identify(.isbn, String(part), draft.span(element, path + [.key("ISBN")]))
    }
    for member in ["archive_location", "number", "note"] {
      guard let value = item[member]?.string, let preprint = preprint(value, item) else { continue }
      draft.identify(.arxiv, preprint)
      break
    }
    if let url = item["URL"]?.string {
      let isOwn = [IdentifierScheme.doi, .arxiv, .pmid, .pmcid].contains { scheme in
        guard url.contains("//"), scheme.read(url) != nil else { return false }
        draft.identify(scheme, url)
        return true
      }
      if !isOwn { draft.link(url, nil, draft.span(element, path + [.key("URL")])) }
    }
    // What was set stands as the source has it.
    draft.item = item
  }

  /// An identifier of arXiv, where a member holds one and says so.
  private static func preprint(_ value: String, _ item: JSON.Object) -> String? {
    let bytes = Array(value.utf8)
    let namesIt = bytes.hasFolded("arxiv", at: 0) || item["archive"]?.string?.lowercased().hasPrefix("arxiv") == true
    return namesIt ? IdentifierScheme.arxiv.read(value)?.value : nil
  }
}

extension PaperRecord.Field {
  fileprivate func with(plain: String?) -> PaperRecord.Field {
    PaperRecord.Field(span: span, raw: raw, plain: plain ?? self.plain)
  }
}
