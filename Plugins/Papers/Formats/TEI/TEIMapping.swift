import JSON
import XML

/// TEI as GROBID writes it: the header, and of the list of references the identifiers.
enum TEIMapping: XMLMapping {
  static let shape = XMLCutter.Shape(
    records: ["TEI"], hidden: ["front", "body", "facsimile", "standOff", "encodingDesc", "revisionDesc"])
  static let type = "article-journal"

  static func read(_ root: XMLNode, into draft: inout RecordDraft) -> XMLOutcome {
    guard let header = root.first("teiHeader") else { return .none(.missingHeader, "a document without teiHeader") }
    let file = header.first("fileDesc")
    let source = file?.first("sourceDesc", "biblStruct")
    let work = source?.first("analytic") ?? source?.first("monogr")
    let titles = (file?.first("titleStmt")?.children("title") ?? []) + (work?.children("title") ?? [])
    if let title = titles.first(where: { $0.attribute("type") == "main" && !$0.words.isEmpty })
      ?? titles.first(where: { !$0.words.isEmpty })
    {
      draft.setTitle(title.spanned(without: { $0.name == "note" }), of: title)
    }
    draft.set("author", (work?.children("author") ?? []).compactMap(author))
    draft.set("editor", (source?.first("monogr")?.children("editor") ?? []).compactMap(author))
    if let node = header.first("profileDesc", "abstract") {
      draft.setAbstract(
        node.spanned(
          without: { ["note", "figure", "ref"].contains($0.name) && $0.attribute("type") == "foot" },
          parting: ["p", "div", "head", "s", "item"]), of: node)
    }
    date(file, source, &draft)
    texts(header, file, source, &draft)
    identifiers(source, &draft)
    if let back = root.first("text", "back") { references(back, &draft) }
    guard draft.item["title"] != nil || draft.item["author"] != nil else {
      return .none(.missingHeader, "an empty header: neither title nor authors")
    }
    return .paper
  }

  private static func author(_ node: XMLNode) -> JSON? {
    guard let person = node.first("persName") else {
      // An affiliation without a name is what is left of a misread page.
      guard node.first("affiliation") == nil, let body = node.first("orgName")?.words, !body.isEmpty else { return nil }
      return PersonalName(literal: body).json
    }
    let family = person.children("surname").map(\.words).joined(separator: " ")
    let given = person.children("forename").map(\.words).filter { !$0.isEmpty }.joined(separator: " ")
    var name = PersonalName(family: family.isEmpty ? nil : family, given: given.isEmpty ? nil : given)
    let suffix = person.first("genName")?.words ?? ""
    if !suffix.isEmpty { name.suffix = suffix }
    if name.family == nil { name = PersonalName(literal: given.isEmpty ? person.words : given) }
    guard !name.isEmpty else { return nil }
    let ids = node.children("idno") + person.children("idno")
    return NamedAuthor.json(name, orcid: ids.first { $0.attribute("type")?.lowercased() == "orcid" }?.words)
  }

  private static func date(_ file: XMLNode?, _ source: XMLNode?, _ draft: inout RecordDraft) {
    let dates = [source?.first("monogr", "imprint", "date"), file?.first("publicationStmt", "date")].compactMap { $0 }
    for node in dates {
      if let date = CSLDate(iso: node.attribute("when") ?? "") ?? RISDate.read(node.words) {
        draft.set("issued", date)
        return
      }
      if !node.words.isEmpty { draft.warn(.unreadableDate, node.span, "“\(node.words.prefix(60))” is no date") }
    }
  }

  private static func texts(_ header: XMLNode, _ file: XMLNode?, _ source: XMLNode?, _ draft: inout RecordDraft) {
    let monograph = source?.first("monogr")
    let containers = source?.first("analytic") == nil ? [] : monograph?.children("title") ?? []
    draft.set("container-title", containers.first { !$0.words.isEmpty && $0.attribute("type") != "abbrev" }?.words)
    let imprint = monograph?.first("imprint")
    draft.set("publisher", imprint?.first("publisher")?.words ?? file?.first("publicationStmt", "publisher")?.words)
    for scope in imprint?.children("biblScope") ?? [] {
      let words = scope.words
      switch scope.attribute("unit") {
      case "volume": draft.set("volume", words)
      case "issue": draft.set("issue", words)
      case "page":
        let ends = [scope.attribute("from"), scope.attribute("to")].compactMap { $0 }
        draft.set("page", ends.isEmpty ? words : ends.joined(separator: "-"))
      default: break
      }
    }
    draft.set("language", header.attribute("lang"))
    let keywords = header.first("profileDesc", "textClass", "keywords")
    let terms = keywords?.descendants("term").map(\.words).filter { !$0.isEmpty } ?? []
    draft.set("keyword", terms.isEmpty ? keywords?.words : terms.joined(separator: "; "))
  }

  private static func identifiers(_ source: XMLNode?, _ draft: inout RecordDraft) {
    let places = [source, source?.first("analytic"), source?.first("monogr")].compactMap { $0 }
    for node in places.flatMap({ $0.children("idno") }) {
      let value = node.words
      switch node.attribute("type")?.lowercased() {
      case "doi": if draft.item["DOI"] == nil { draft.setDOI(value, node.span) }
      case "arxiv": draft.identify(.arxiv, value, node.span)
      case "pmid": if let pmid = draft.identify(.pmid, value, node.span) { draft.item["PMID"] = .string(pmid) }
      case "pmcid": if let pmcid = draft.identify(.pmcid, value, node.span) { draft.item["PMCID"] = .string(pmcid) }
      case "issn": draft.set("ISSN", value)
      case "isbn":
        draft.set("ISBN", value)
        draft.identify(.isbn, value, node.span)
      default: break
      }
    }
    draft.key = draft.item["DOI"]?.string
    for node in source?.descendants("ptr") ?? [] { draft.link(node.attribute("target"), nil, draft.span) }
  }

  /// The works that the paper refers to, as far as the list names them by identifiers.
  private static func references(_ back: XMLNode, _ draft: inout RecordDraft) {
    for node in back.descendants("listBibl").flatMap({ $0.descendants("idno") }) {
      switch node.attribute("type")?.lowercased() {
      case "doi": draft.mentionOnce(.doi, node.words, node.span)
      case "arxiv": draft.mentionOnce(.arxiv, node.words, node.span)
      case "pmid": draft.mentionOnce(.pmid, node.words, node.span)
      case "pmcid": draft.mentionOnce(.pmcid, node.words, node.span)
      default: continue
      }
    }
  }
}
