import JSON
import XML

/// Entries of arXiv's Atom feeds (info.arxiv.org, “arXiv API User's Manual”).
enum AtomMapping: XMLMapping {
  static let shape = XMLCutter.Shape(records: ["entry"], namespace: "http://www.w3.org/2005/Atom", feed: "feed")
  static let type = "article"

  static func read(_ root: XMLNode, into draft: inout RecordDraft) -> XMLOutcome {
    var authors: [JSON] = []
    var categories: [String] = []
    var primary: String?
    var fault: String?
    root.forEachChild { child in
      switch child.name {
      case "id":
        let address = child.words
        if child.text.firstRange(of: "/api/errors") != nil { fault = address }
        identify(address, child, &draft)
      case "title": draft.setTitle(child.spanned, of: child)
      case "summary": draft.setAbstract(child.spanned, of: child)
      case "content": if draft.item["abstract"] == nil { draft.setAbstract(child.spanned, of: child) }
      case "published": date(child, &draft)
      case "updated": draft.set(custom: "updated", child.words)
      case "author": if let name = child.first("name") { authors.append(AuthorGuess.json(name.words)) }
      case "category": if let term = child.attribute("term") { categories.append(term) }
      case "primary_category": primary = child.attribute("term")
      case "doi": doi(child, &draft)
      case "comment":
        draft.set("note", child.words)
        draft.set(custom: "comment", child.words)
        draft.look(at: child.spanned)
      case "journal_ref": journal(child, &draft)
      case "link":
        if child.attribute("title") == "pdf" || child.attribute("type") == "application/pdf" {
          draft.link(child.attribute("href"), .paper, child.span)
        }
      default: break
      }
    }
    if let fault {
      return .none(.feedError, "the service answered with an error: \(draft.item["abstract"]?.string ?? fault)")
    }
    draft.set("author", authors)
    if let primary {
      categories.removeAll { $0 == primary }
      categories.insert(primary, at: 0)
    }
    draft.set("keyword", categories.joined(separator: "; "))
    guard draft.key != nil || draft.item["title"] != nil else {
      return .none(.malformedXML, "an entry without id and title")
    }
    return .paper
  }

  private static func identify(_ address: String, _ node: XMLNode, _ draft: inout RecordDraft) {
    guard draft.key == nil else { return }
    guard let found = IdentifierScheme.arxiv.read(address) else {
      draft.key = address.isEmpty ? nil : address
      return
    }
    draft.key = found.value
    draft.identify(.arxiv, address, node.span)
    draft.set(custom: "arxiv", found.value)
    draft.set("URL", "https://arxiv.org/abs/\(found.value)")
  }

  private static func date(_ node: XMLNode, _ draft: inout RecordDraft) {
    let text = node.words
    if let date = CSLDate(iso: text) {
      draft.set("issued", date)
    } else if !text.isEmpty {
      draft.warn(.unreadableDate, node.span, "“\(text.prefix(60))” is no date")
    }
  }

  private static func doi(_ node: XMLNode, _ draft: inout RecordDraft) {
    // Authors sometimes give several.
    for part in node.words.split(whereSeparator: { $0 == " " || $0 == ";" }) {
      if draft.item["DOI"] == nil {
        draft.setDOI(String(part), node.span)
      } else {
        draft.mention(.doi, String(part), node.span)
      }
    }
  }

  /// The reference as it is, and a guess at the journal: what stands before the first figure.
  private static func journal(_ node: XMLNode, _ draft: inout RecordDraft) {
    let text = node.words
    draft.set(custom: "journal_ref", text)
    var name = text.prefix { !$0.isNumber }
    while let last = name.last, !last.isLetter, last != "." { name.removeLast() }
    for end in [" vol.", " Vol.", ", vol", ", Vol", " no.", " pp."] where name.hasSuffix(end) {
      name.removeLast(end.count)
    }
    while let last = name.last, last == " " || last == "," { name.removeLast() }
    guard name.count > 3 else { return }
    draft.set("container-title", String(name))
    draft.custom["guessed"] = ["container-title"]
  }
}

extension RecordDraft {
  mutating func set(custom member: String, _ text: String) {
    if !text.isEmpty { custom[member] = .string(text) }
  }
}

/// A name given in one piece: kept so, beside a guess at its parts.
enum AuthorGuess {
  private static let bodies: [StaticString] = [
    "collaboration", "group", "team", "consortium", "project", "committee", "network", "association", "institute",
  ]

  static func json(_ text: String) -> JSON {
    let bytes = Array(text.utf8)
    guard bytes.count < 80, !bytes.contains(where: { $0.isAny(of: "{}\\,$~") }), !namesBody(bytes) else {
      return PersonalName(literal: text).json
    }
    var words = bytes.split(separator: 0x20)
    guard (2...8).contains(words.count) else { return PersonalName(literal: text).json }
    var name = PersonalName(literal: text)
    if words.count > 2, let last = words.last, suffixes.contains(where: { last.isFolded($0) }) {
      name.suffix = String(decoding: last, as: UTF8.self)
      words.removeLast()
    }
    // Words in lower case before the last one are the particle (`van der Berg`), as BibTeX has it.
    let last = words.count - 1
    let particle = words[1..<max(1, last)].firstIndex { $0.first?.isASCIILower == true } ?? last
    let family = words[particle...].firstIndex { $0.first?.isASCIILower != true } ?? last
    name.given = joined(words[..<particle])
    if family > particle { name.droppingParticle = joined(words[particle..<family]) }
    name.family = joined(words[family...])
    return name.json
  }

  private static let suffixes: [StaticString] = ["jr", "jr.", "sr", "sr.", "ii", "iii", "iv"]

  private static func joined(_ words: ArraySlice<ArraySlice<UInt8>>) -> String {
    String(decoding: Array(words.joined(separator: CollectionOfOne(0x20))), as: UTF8.self)
  }

  private static func namesBody(_ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      if bodies.contains(where: { bytes.hasFolded($0, at: start) }) { return true }
      start = (bytes[start...].firstIndex(of: 0x20) ?? bytes.count) + 1
    }
    return false
  }
}
