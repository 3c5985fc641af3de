import JSON

/// Works of Crossref's REST interface, and the same works as DOI resolvers hand them out (titles are texts there, not
/// lists).
enum CrossrefMapping: JSONMapping {
  static let lists: [StaticString] = ["items"]

  private static let types: [String: String] = [
    "journal-article": "article-journal", "proceedings-article": "paper-conference", "book": "book",
    "monograph": "book", "edited-book": "book", "reference-book": "book", "book-set": "book", "book-series": "book",
    "proceedings": "book", "book-chapter": "chapter", "book-section": "chapter", "book-part": "chapter",
    "book-track": "chapter", "reference-entry": "entry", "dissertation": "thesis", "report": "report",
    "report-component": "report", "report-series": "report", "dataset": "dataset", "database": "dataset",
    "posted-content": "article", "standard": "standard", "peer-review": "review", "journal": "periodical",
    "journal-issue": "periodical", "journal-volume": "periodical",
  ]

  static func record(_ element: JSONElement, ordinal: Int) -> JSONOutcome {
    var work = element.object
    var path: [JSONText.Step] = []
    if let inner = work["message"]?.object, work["DOI"] == nil {
      work = inner
      path = [.key("message")]
    }
    guard work["DOI"] != nil || work["title"] != nil else { return .unknown(work) }
    let kind = work["type"]?.string ?? ""
    var draft = RecordDraft(
      element.span, type: types[kind] ?? (CSLVocabulary.types.contains(kind) ? kind : "document"))
    draft.rawType = kind.isEmpty ? nil : kind
    draft.fields = work
    title(&draft, work, element, path)
    draft.setAbstract(element, path + [.key("abstract")])
    for (role, member) in [
      ("author", "author"), ("editor", "editor"), ("translator", "translator"), ("chair", "chair"),
    ] {
      draft.set(role, (work[member]?.array ?? []).compactMap(name))
    }
    if draft.item["author"] == nil {
      // Some members leave the names out of the list but say whose the work is.
      draft.set("authority", (work["institution"]?.array ?? []).first?["name"]?.string)
    }
    for (member, value) in [
      ("issued", work["issued"] ?? work["published"]), ("event-date", work["event"]?["start"]),
      ("available-date", work["published-online"]),
    ] {
      draft.set(member, value.flatMap(date))
    }
    if draft.item["issued"] == nil {
      draft.set(
        "issued", ["published", "published-print", "published-online"].lazy.compactMap { work[$0].flatMap(date) }.first)
    }
    texts(&draft, work)
    identifiers(&draft, work, element, path)
    draft.key = draft.item["DOI"]?.string
    return .record(draft.record(ordinal))
  }

  /// A text, or the first of a list of texts.
  private static func first(_ value: JSON?) -> String? { value?.string ?? value?.array?.first?.string }

  private static func title(
    _ draft: inout RecordDraft, _ work: JSON.Object, _ element: JSONElement, _ path: [JSONText.Step]
  ) {
    let place: [JSONText.Step] = work["title"]?.array == nil ? [.key("title")] : [.key("title"), .index(0)]
    guard let (text, range) = element.text.string(path + place) else { return }
    var plain = MarkupText.plain(text)
    let subtitlePlace: [JSONText.Step] =
      work["subtitle"]?.array == nil ? [.key("subtitle")] : [.key("subtitle"), .index(0)]
    if let subtitle = first(work["subtitle"]), !subtitle.isEmpty, let more = element.text.string(path + subtitlePlace) {
      let addition = MarkupText.plain(more.text)
      draft.custom["subtitle"] = .string(addition.string)
      // Some members have the subtitle in the title as well.
      if !plain.string.lowercased().hasSuffix(addition.string.lowercased()) {
        plain.append(SpannedText(pointing: ": ", to: more.text.source(0)))
        plain.append(addition)
      }
    }
    draft.setTitle(plain, raw: element.text.bytes[range], span: element.text.span(range))
  }

  private static func name(_ value: JSON) -> JSON? {
    var name = PersonalName(family: words(value["family"]), given: words(value["given"]))
    name.suffix = words(value["suffix"])
    if name.family == nil {
      name.literal = words(value["name"]) ?? words(value["literal"]) ?? name.given
      if name.literal == name.given { name.given = nil }
    }
    guard !name.isEmpty else { return nil }
    return NamedAuthor.json(name, orcid: value["ORCID"]?.string)
  }

  private static func words(_ value: JSON?) -> String? {
    guard let text = value?.string else { return nil }
    let folded = MarkupText.plain(SpannedText(pointing: text, to: 0)).folded().string
    return folded.isEmpty ? nil : folded
  }

  /// `{"date-parts": [[2021, 8, 18]]}`; `[[null]]` is no date.
  private static func date(_ value: JSON) -> CSLDate? {
    guard let parts = value["date-parts"]?[0]?.array, let year = parts.first.flatMap(number) else { return nil }
    return CSLDate(
      checked: year, parts.count > 1 ? number(parts[1]) : nil, parts.count > 2 ? number(parts[2]) : nil)
  }

  private static func number(_ value: JSON) -> Int? { value.int ?? value.string.flatMap { Int($0) } }

  private static func texts(_ draft: inout RecordDraft, _ work: JSON.Object) {
    for (member, source) in [
      ("container-title", "container-title"), ("container-title-short", "short-container-title"),
      ("container-title-short", "container-title-short"), ("original-title", "original-title"), ("source", "source"),
      ("publisher", "publisher"), ("publisher-place", "publisher-location"), ("page", "page"), ("volume", "volume"),
      ("issue", "issue"), ("language", "language"), ("URL", "URL"), ("edition", "edition-number"),
      ("number", "article-number"), ("genre", "subtype"), ("version", "version"),
    ] where draft.item[member] == nil {
      let text = first(work[source]) ?? work[source]?.words
      draft.set(member, text.flatMap { words(.string($0)) })
    }
    draft.set("event-title", work["event"]?["name"]?.string)
    draft.set("event-place", work["event"]?["location"]?.string)
    draft.set("keyword", (work["subject"]?.array ?? []).compactMap(\.string).joined(separator: "; "))
    for member in ["ISSN", "ISBN"] {
      let all = work[member]?.array?.compactMap(\.string) ?? [work[member]?.string].compactMap { $0 }
      draft.set(member, all.first)
      if all.count > 1 { draft.custom[member] = JSON(all) }
    }
  }

  private static func identifiers(
    _ draft: inout RecordDraft, _ work: JSON.Object, _ element: JSONElement, _ path: [JSONText.Step]
  ) {
    draft.setDOI(work["DOI"]?.string, draft.span(element, path + [.key("DOI")]))
    for isbn in work["ISBN"]?.array ?? [] {
      // Older answers have addresses (`http://id.crossref.org/isbn/978…`).
      draft.identify(.isbn, isbn.string.map { String($0.split(separator: "/").last ?? "") })
    }
    for link in work["link"]?.array ?? [] { draft.link(link["URL"]?.string, .paper) }
    for reference in work["reference"]?.array ?? [] { draft.mention(.doi, reference["DOI"]?.string) }
    var versions: [JSON] = []
    for (relation, kind) in [
      ("is-preprint-of", "published"), ("has-preprint", "preprint"), ("is-version-of", "version"),
      ("has-version", "version"),
    ] {
      for other in work["relation"]?[relation]?.array ?? [] where other["id-type"]?.string == "doi" {
        guard let id = other["id"]?.string, let doi = IdentifierScheme.doi.read(id) else { continue }
        versions.append(["kind": .string(kind), "scheme": "doi", "value": .string(doi.value)])
        draft.mention(.doi, doi.value)
      }
    }
    for update in work["update-to"]?.array ?? [] {
      guard let doi = update["DOI"]?.string else { continue }
      versions.append(["kind": .string(update["type"]?.string ?? "update"), "scheme": "doi", "value": .string(doi)])
      draft.mention(.doi, doi)
    }
    if !versions.isEmpty { draft.custom["versions"] = .array(versions) }
    if let others = work["alternative-id"]?.array, !others.isEmpty { draft.custom["alternative-id"] = .array(others) }
  }
}
