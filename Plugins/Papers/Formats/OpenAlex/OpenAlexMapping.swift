import JSON

/// Works of OpenAlex (docs.openalex.org, “Work object”).
enum OpenAlexMapping: JSONMapping {
  static let lists: [StaticString] = ["results"]

  private static let types: [String: String] = [
    "article": "article-journal", "review": "article-journal", "letter": "article-journal",
    "editorial": "article-journal", "erratum": "article-journal", "retraction": "article-journal",
    "book": "book", "book-chapter": "chapter", "book-section": "chapter", "dissertation": "thesis",
    "dataset": "dataset", "preprint": "article", "report": "report", "standard": "standard",
    "reference-entry": "entry", "peer-review": "review", "software": "software", "conference-paper": "paper-conference",
  ]

  static func record(_ element: JSONElement, ordinal: Int) -> JSONOutcome {
    let work = element.object
    let id = work["id"]?.string.map(short)
    let isWork = id.map { $0.hasPrefix("W") } ?? false
    guard isWork || work["title"] != nil || work["display_name"] != nil && work["authorships"] != nil else {
      return .unknown(work)
    }
    let kind = work["type"]?.string ?? ""
    let isProceedings = work["type_crossref"]?.string == "proceedings-article"
    var draft = RecordDraft(element.span, type: isProceedings ? "paper-conference" : types[kind] ?? "document")
    draft.key = id
    draft.rawType = kind.isEmpty ? nil : kind
    draft.fields = work
    draft.setTitle(element, [.key("title")])
    if draft.item["title"] == nil { draft.setTitle(element, [.key("display_name")]) }
    draft.set("author", (work["authorships"]?.array ?? []).compactMap(author))
    date(&draft, work, element)
    let source = work["primary_location"]?["source"]
    draft.set("container-title", source?["display_name"]?.string ?? work["host_venue"]?["display_name"]?.string)
    draft.set("ISSN", source?["issn_l"]?.string)
    draft.set("publisher", source?["host_organization_name"]?.string)
    let biblio = work["biblio"]
    draft.set("volume", biblio?["volume"]?.words)
    draft.set("issue", biblio?["issue"]?.words)
    let pages = [biblio?["first_page"]?.words, biblio?["last_page"]?.words].compactMap { $0 }
    draft.set("page", pages.count == 2 && pages[0] == pages[1] ? pages[0] : pages.joined(separator: "-"))
    draft.set("language", work["language"]?.string)
    let keywords = (work["keywords"]?.array ?? []).compactMap { $0["display_name"]?.string ?? $0.string }
    draft.set("keyword", keywords.joined(separator: "; "))
    abstract(&draft, work, element)
    identifiers(&draft, work, element, id)
    return .record(draft.record(ordinal))
  }

  /// `https://openalex.org/W1` is `W1`.
  private static func short(_ address: String) -> String {
    String(address.split(separator: "/").last ?? "")
  }

  private static func author(_ authorship: JSON) -> JSON? {
    let author = authorship["author"]
    guard let name = author?["display_name"]?.string ?? authorship["raw_author_name"]?.string, !name.isEmpty else {
      return nil
    }
    return NamedAuthor.json(PersonalName(literal: name), orcid: author?["orcid"]?.string)
  }

  private static func date(_ draft: inout RecordDraft, _ work: JSON.Object, _ element: JSONElement) {
    if let text = work["publication_date"]?.string {
      if let date = CSLDate(iso: text) { return draft.set("issued", date) }
      draft.warn(
        .unreadableDate, draft.span(element, [.key("publication_date")]) ?? draft.span,
        "“\(text.prefix(40))” is no date")
    }
    if let year = work["publication_year"]?.int { draft.set("issued", CSLDate(checked: year, nil, nil)) }
  }

  /// The words of the inverted index in order of their positions, which may have gaps.
  private static func abstract(_ draft: inout RecordDraft, _ work: JSON.Object, _ element: JSONElement) {
    guard let index = work["abstract_inverted_index"]?.object,
      let range = element.text.range([.key("abstract_inverted_index")])
    else { return }
    var words: [(position: Int, word: String)] = []
    for member in index.members {
      for position in member.value.array ?? [] { if let place = position.int { words.append((place, member.key)) } }
    }
    words.sort { $0.position < $1.position }
    let text = words.map(\.word).joined(separator: " ")
    let span = element.text.span(range)
    var plain = MarkupText.plain(SpannedText(pointing: text, to: span.start))
    plain.pin = span
    draft.setAbstract(plain, raw: element.text.bytes[range], span: span)
  }

  private static func identifiers(
    _ draft: inout RecordDraft, _ work: JSON.Object, _ element: JSONElement, _ id: String?
  ) {
    let ids = work["ids"]
    draft.identify(.openalex, id, draft.span(element, [.key("id")]))
    draft.setDOI(work["doi"]?.string ?? ids?["doi"]?.string, draft.span(element, [.key("doi")]))
    if let pmid = draft.identify(.pmid, ids?["pmid"]?.words) { draft.item["PMID"] = .string(pmid) }
    // Some answers have the number without its letters.
    if let text = ids?["pmcid"]?.words {
      let number = short(text)
      let pmcid = draft.identify(.pmcid, number.utf8.allSatisfy(\.isASCIIDigit) ? "PMC" + number : number)
      if let pmcid { draft.item["PMCID"] = .string(pmcid) }
    }
    if let mag = ids?["mag"]?.words { draft.custom["mag"] = .string(mag) }
    let locations = work["locations"]?.array ?? [work["primary_location"], work["best_oa_location"]].compactMap { $0 }
    for location in locations {
      if let landing = location["landing_page_url"]?.string, IdentifierScheme.arxiv.read(landing) != nil {
        draft.identify(.arxiv, landing)
      }
      draft.link(location["pdf_url"]?.string, .paper)
    }
    draft.link(work["open_access"]?["oa_url"]?.string, .paper)
    for member in ["referenced_works", "related_works"] {
      for other in work[member]?.array ?? [] { draft.mention(.openalex, other.string.map(short)) }
    }
    if work["is_retracted"]?.bool == true { draft.custom["retracted"] = .bool(true) }
  }
}

/// Names as web services have them: in one piece or in parts, with the person's ORCID.
enum NamedAuthor {
  static func json(_ name: PersonalName, orcid: String?) -> JSON {
    guard let orcid, let found = IdentifierScheme.orcid.read(orcid), case .object(var object) = name.json else {
      return name.json
    }
    object["ORCID"] = .string(found.value)
    return .object(object)
  }
}
