import JSON
import XML

/// Articles in JATS (ANSI/NISO Z39.96) and its forerunner of the NLM: `article-meta`, `journal-meta`, and of the list of
/// references the identifiers.
enum JATSMapping: XMLMapping {
  static let shape = XMLCutter.Shape(
    records: ["article"],
    hidden: [
      "body", "ack", "app-group", "bio", "fn-group", "glossary", "notes", "floats-group", "floats-wrap", "sub-article",
      "response", "processing-meta",
    ])
  static let type = "article-journal"

  private static let types: [String: String] = [
    "book-review": "review-book", "product-review": "review", "preprint": "article", "thesis": "thesis",
    "news": "article-magazine", "dataset": "dataset",
  ]
  private static let blocks: Set<String> = [
    "p", "title", "sec", "list", "list-item", "break", "disp-formula", "def-item",
  ]
  /// Marks that point elsewhere.
  private static let marks: Set<String> = ["xref", "fn", "fn-group"]
  private static let paragraphs: Set<String> = ["object-id", "label", "fig", "graphic", "table-wrap", "related-object"]

  static func read(_ root: XMLNode, into draft: inout RecordDraft) -> XMLOutcome {
    guard let meta = root.first("front", "article-meta") ?? root.descendants("article-meta").first else {
      return .none(.missingHeader, "an article without article-meta")
    }
    let kind = root.attribute("article-type")
    draft.rawType = kind
    if let kind, let type = types[kind] { draft.item["type"] = .string(type) }
    title(meta, &draft)
    names(meta, &draft)
    dates(meta, &draft)
    identifiers(meta, &draft)
    texts(meta, root, &draft)
    abstracts(meta, &draft)
    if let back = root.first("back") { references(back, &draft) }
    guard draft.item["title"] != nil || draft.item["author"] != nil || draft.item["DOI"] != nil else {
      return .none(.missingHeader, "an empty article-meta")
    }
    return .paper
  }

  private static func title(_ meta: XMLNode, _ draft: inout RecordDraft) {
    guard let group = meta.first("title-group") else { return }
    if let title = group.first("article-title") {
      draft.setTitle(
        title.spanned(without: { marks.contains($0.name) || isSecondForm($0) }, parting: ["break"]), of: title)
    }
    if let subtitle = group.first("subtitle") {
      draft.set(custom: "subtitle", subtitle.spanned(without: { marks.contains($0.name) }).folded().string)
    }
    let others = group.children("trans-title-group").compactMap { $0.first("trans-title")?.words }
    if !others.isEmpty { draft.custom["translated-titles"] = JSON(others) }
  }

  /// A formula in TeX that stands beside the same in MathML.
  private static func isSecondForm(_ node: XMLNode) -> Bool {
    ["tex-math", "annotation", "annotation-xml", "graphic", "inline-graphic"].contains(node.name)
  }

  // MARK: - Names

  private static func names(_ meta: XMLNode, _ draft: inout RecordDraft) {
    var roles: [(role: String, names: [JSON])] = [("author", []), ("editor", []), ("translator", [])]
    var untyped: [JSON] = []
    for group in meta.children("contrib-group") {
      let groupKind = group.attribute("content-type") ?? ""
      for contributor in group.children("contrib") {
        let names = Self.names(contributor)
        guard let kind = contributor.attribute("contrib-type") else {
          if !groupKind.contains("editor") { untyped += names }
          continue
        }
        if let index = roles.firstIndex(where: { $0.role == kind }) { roles[index].names += names }
      }
    }
    for (role, names) in roles {
      draft.set(role, role == "author" && names.isEmpty ? untyped : names)
    }
  }

  private static func names(_ contributor: XMLNode) -> [JSON] {
    var orcid: String?
    for id in contributor.children("contrib-id") where id.attribute("contrib-id-type") == "orcid" { orcid = id.words }
    // Some have the address of ORCID's page as a link.
    for link in contributor.children("uri") where link.attribute("content-type") == "orcid" {
      orcid = orcid ?? link.words
    }
    let place = contributor.first("name-alternatives") ?? contributor
    if let name = place.children("name").first ?? place.children("string-name").first {
      return [NamedAuthor.json(self.name(name), orcid: orcid)]
    }
    for name in [
      contributor.first("collab"), place.children("collab").first, contributor.first("collab-alternatives", "collab"),
    ] {
      guard let name else { continue }
      // The members of a body may be listed inside its name.
      let words = name.spanned(without: { ["contrib-group", "xref", "fn", "aff", "address"].contains($0.name) })
      let text = words.folded().string
      if !text.isEmpty { return [PersonalName(literal: text).json] }
    }
    return contributor.first("anonymous") == nil ? [] : [PersonalName(literal: "Anonymous").json]
  }

  private static func name(_ node: XMLNode) -> PersonalName {
    func part(_ name: String) -> String? {
      let words = node.first(name)?.spanned(without: { marks.contains($0.name) }).folded().string
      return words?.isEmpty == false ? words : nil
    }
    var name = PersonalName(family: part("surname"), given: part("given-names"))
    name.suffix = part("suffix")
    if name.family == nil {
      name.literal = name.given ?? node.words
      name.given = nil
    }
    return name
  }

  // MARK: - Dates and identifiers

  private static func dates(_ meta: XMLNode, _ draft: inout RecordDraft) {
    var versions: [JSON] = []
    var best: CSLDate.Parts?
    for node in meta.children("pub-date") {
      let kind = node.attribute("pub-type") ?? node.attribute("date-type") ?? node.attribute("publication-format") ?? ""
      guard let date = date(node)?.start else {
        if !node.words.isEmpty { draft.warn(.unreadableDate, node.span, "“\(node.words.prefix(60))” is no date") }
        continue
      }
      versions.append(["kind": .string(kind.isEmpty ? "published" : kind), "date": CSLDate(date).json])
      // The earliest year; within it the date that says the most.
      guard let known = best else {
        best = date
        continue
      }
      if date.year < known.year || date.year == known.year && precision(date) > precision(known) { best = date }
    }
    if let best { draft.set("issued", CSLDate(best)) }
    if versions.count > 1 { draft.custom["versions"] = .array(versions) }
  }

  private static func precision(_ date: CSLDate.Parts) -> Int { date.day != nil ? 2 : date.month != nil ? 1 : 0 }

  private static func date(_ node: XMLNode) -> CSLDate? {
    let year = node.first("year")?.words.prefix { $0.isNumber } ?? ""
    guard let number = Int(year), year.utf8.count == 4 else {
      return CSLDate(iso: node.attribute("iso-8601-date") ?? "") ?? RISDate.read(node.words)
    }
    return CSLDate(
      checked: number, node.first("month").flatMap { RISDate.month($0.words) },
      node.first("day").flatMap { Int($0.words) })
  }

  private static func identifiers(_ meta: XMLNode, _ draft: inout RecordDraft) {
    for node in meta.children("article-id") {
      let value = node.words
      switch node.attribute("pub-id-type") {
      case "doi": if draft.item["DOI"] == nil { draft.setDOI(value, node.span) }
      case "pmid": if let pmid = draft.identify(.pmid, value, node.span) { draft.item["PMID"] = .string(pmid) }
      case "pmc", "pmcid", "pmcaid":
        guard node.attribute("pub-id-type") != "pmcaid" else { continue }
        let number = value.utf8.allSatisfy(\.isASCIIDigit) ? "PMC" + value : value
        if let pmcid = draft.identify(.pmcid, number, node.span) { draft.item["PMCID"] = .string(pmcid) }
      case "arxiv": draft.identify(.arxiv, value, node.span)
      case "publisher-id": draft.set(custom: "publisher-id", value)
      default: break
      }
    }
    draft.key = draft.item["DOI"]?.string ?? draft.item["PMID"]?.string ?? draft.item["PMCID"]?.string
    for node in meta.children("related-article") where node.attribute("ext-link-type") == "doi" {
      draft.mention(.doi, node.attribute("href"), draft.span)
    }
  }

  /// The works that the article refers to, as far as the list names them by identifiers.
  private static func references(_ back: XMLNode, _ draft: inout RecordDraft) {
    for reference in back.descendants("ref") {
      for node in reference.descendants("pub-id") {
        switch node.attribute("pub-id-type") {
        case "doi": draft.mentionOnce(.doi, node.words, node.span)
        case "pmid": draft.mentionOnce(.pmid, node.words, node.span)
        case "arxiv": draft.mentionOnce(.arxiv, node.words, node.span)
        case "pmc", "pmcid":
          let value = node.words
          draft.mentionOnce(.pmcid, value.utf8.allSatisfy(\.isASCIIDigit) ? "PMC" + value : value, node.span)
        default: continue
        }
      }
      for node in reference.descendants("ext-link") where node.attribute("ext-link-type") == "doi" {
        draft.mentionOnce(.doi, node.attribute("href"), node.span)
      }
    }
  }

  // MARK: - Texts

  private static func texts(_ meta: XMLNode, _ root: XMLNode, _ draft: inout RecordDraft) {
    let journal = root.first("front", "journal-meta")
    let container = journal?.first("journal-title-group", "journal-title") ?? journal?.first("journal-title")
    draft.set("container-title", container?.words)
    draft.set("container-title-short", journal?.first("journal-title-group", "abbrev-journal-title")?.words)
    draft.set("ISSN", journal?.children("issn").first?.words)
    draft.set("publisher", journal?.first("publisher", "publisher-name")?.words)
    draft.set("publisher-place", journal?.first("publisher", "publisher-loc")?.words)
    draft.set("volume", meta.first("volume")?.words)
    draft.set("issue", meta.first("issue")?.words)
    let first = meta.first("fpage")?.words ?? ""
    let last = meta.first("lpage")?.words ?? ""
    let range = first.isEmpty || last.isEmpty || first == last ? first : "\(first)-\(last)"
    draft.set("page", range.isEmpty ? meta.first("elocation-id")?.words : range)
    draft.set("number", meta.first("elocation-id")?.words)
    draft.set("language", root.attribute("lang"))
    let keywords = meta.children("kwd-group").flatMap { $0.descendants("kwd") }.map(\.words).filter { !$0.isEmpty }
    draft.set("keyword", keywords.joined(separator: "; "))
    for link in meta.children("self-uri") { draft.link(link.attribute("href"), .paper, link.span) }
  }

  private static func abstracts(_ meta: XMLNode, _ draft: inout RecordDraft) {
    var others: JSON.Object = [:]
    for node in meta.children("abstract") {
      let text = abstract(node)
      if let kind = node.attribute("abstract-type"), !["abstract", "normal", "main"].contains(kind) {
        others[kind] = .string(text.folded().string)
      } else if draft.item["abstract"] == nil {
        draft.setAbstract(text, of: node)
      }
    }
    for node in meta.children("trans-abstract") {
      others["trans-\(node.attribute("lang") ?? "abstract")"] = .string(abstract(node).folded().string)
    }
    if !others.isEmpty { draft.custom["abstracts"] = .object(others) }
  }

  private static func abstract(_ node: XMLNode) -> SpannedText {
    let heading = node.first("title")
    let isPlainHeading = heading.map { ["abstract", "summary"].contains($0.words.lowercased()) } ?? false
    return node.spanned(
      without: { element in
        if paragraphs.contains(element.name) || marks.contains(element.name) || isSecondForm(element) { return true }
        if isPlainHeading, element.name == "title", element.span == heading?.span { return true }
        return element.name == "p" && isBareDOI(element.words)
      }, parting: blocks)
  }

  /// `DOI: http://dx.doi.org/10.7554/eLife.00005.001` alone in a paragraph.
  private static func isBareDOI(_ text: String) -> Bool {
    text.utf8.count < 120 && text.lowercased().hasPrefix("doi") && IdentifierScheme.doi.read(text) != nil
  }
}
