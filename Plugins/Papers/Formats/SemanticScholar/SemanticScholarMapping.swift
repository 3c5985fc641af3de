import JSON

/// Papers of Semantic Scholar (api.semanticscholar.org, Academic Graph).
enum SemanticScholarMapping: JSONMapping {
  static let lists: [StaticString] = ["data", "papers", "recommendedPapers", "matches"]

  private static let types: [(name: String, type: String)] = [
    ("Conference", "paper-conference"), ("JournalArticle", "article-journal"), ("BookSection", "chapter"),
    ("Book", "book"), ("Dataset", "dataset"), ("News", "article-newspaper"), ("Review", "article-journal"),
  ]

  private static let schemes: [(name: String, scheme: IdentifierScheme)] = [
    ("ArXiv", .arxiv), ("PubMed", .pmid), ("DBLP", .dblp), ("ACL", .acl),
  ]

  static func record(_ element: JSONElement, ordinal: Int) -> JSONOutcome {
    var paper = element.object
    var path: [JSONText.Step] = []
    // A citation or a reference is wrapped with what is known of the citing.
    for (name, step) in [("citingPaper", JSONText.Step.key("citingPaper")), ("citedPaper", .key("citedPaper"))] {
      guard let inner = element.object[name] else { continue }
      guard let object = inner.object else { return .null }
      paper = object
      path = [step]
    }
    let ids = paper["externalIds"]
    guard paper["paperId"]?.string != nil || paper["title"]?.string != nil || ids?.object != nil else {
      return paper["paperId"] == nil ? .unknown(paper) : .null
    }
    let kinds = (paper["publicationTypes"]?.array ?? []).compactMap(\.string)
    let type = types.first { kinds.contains($0.name) }?.type
    let hasJournal = paper["journal"]?["name"]?.string != nil
    var draft = RecordDraft(element.span, type: type ?? (hasJournal ? "article-journal" : "article"))
    draft.key = paper["paperId"]?.string ?? paper["corpusId"]?.words
    draft.rawType = kinds.first
    draft.fields = paper
    draft.setTitle(element, path + [.key("title")])
    draft.setAbstract(element, path + [.key("abstract")])
    let authors = (paper["authors"]?.array ?? []).compactMap { author -> JSON? in
      guard let name = author["name"]?.string, !name.isEmpty else { return nil }
      return NamedAuthor.json(PersonalName(literal: name), orcid: author["externalIds"]?["ORCID"]?.string)
    }
    draft.set("author", authors)
    if let date = paper["publicationDate"]?.string.flatMap({ CSLDate(iso: $0) }) {
      draft.set("issued", date)
    } else if let year = paper["year"]?.int {
      draft.set("issued", CSLDate(checked: year, nil, nil))
    }
    let journal = paper["journal"]
    draft.set("container-title", journal?["name"]?.string ?? paper["venue"]?.string)
    draft.set("volume", journal?["volume"]?.words)
    draft.set("page", journal?["pages"]?.words.map { String($0.filter { !$0.isWhitespace }) })
    identifiers(&draft, paper, ids, element, path)
    return .record(draft.record(ordinal))
  }

  private static func identifiers(
    _ draft: inout RecordDraft, _ paper: JSON.Object, _ ids: JSON?, _ element: JSONElement, _ path: [JSONText.Step]
  ) {
    let span = draft.span(element, path + [.key("externalIds")])
    draft.identify(.s2, paper["paperId"]?.string, draft.span(element, path + [.key("paperId")]))
    draft.setDOI(ids?["DOI"]?.string, span)
    for (name, scheme) in schemes { draft.identify(scheme, ids?[name]?.words, span) }
    if let pmid = ids?["PubMed"]?.words { draft.item["PMID"] = .string(pmid) }
    if let number = ids?["PubMedCentral"]?.words {
      let pmcid = draft.identify(.pmcid, number.utf8.allSatisfy(\.isASCIIDigit) ? "PMC" + number : number, span)
      if let pmcid { draft.item["PMCID"] = .string(pmcid) }
    }
    if let corpus = ids?["CorpusId"]?.words ?? paper["corpusId"]?.words { draft.custom["s2_corpus"] = .string(corpus) }
    if let mag = ids?["MAG"]?.words { draft.custom["mag"] = .string(mag) }
    draft.link(paper["openAccessPdf"]?["url"]?.string, .paper, draft.span(element, path + [.key("openAccessPdf")]))
    draft.set("URL", paper["url"]?.string)
    for member in ["references", "citations"] {
      for other in paper[member]?.array ?? [] {
        draft.mention(.s2, other["paperId"]?.string)
        draft.mention(.doi, other["externalIds"]?["DOI"]?.string)
      }
    }
  }
}
