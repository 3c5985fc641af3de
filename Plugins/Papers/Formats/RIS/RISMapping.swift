import JSON

/// From the tags of RIS to a CSL item.
enum RISMapping {
  static func record(_ entry: RISEntry, ordinal: Int) -> PaperRecord {
    let kind = (entry.type ?? "GEN").uppercased()
    var draft = RecordDraft(ByteSpan(entry.start, entry.end), type: RISTags.type(kind))
    draft.rawType = entry.type
    for warning in entry.warnings { draft.warn(warning.code, warning.span, warning.message) }
    var taken: Set<String> = ["ER", "TY", "ID"]
    draft.key = entry.first(["ID"])?.text.folded().string
    if let key = draft.key { draft.item["id"] = .string(key) }
    title(&draft, entry, kind, &taken)
    names(&draft, entry, &taken)
    date(&draft, entry, &taken)
    texts(&draft, entry, kind, &taken)
    pages(&draft, entry, &taken)
    identifiers(&draft, entry, kind, &taken)
    links(&draft, entry, &taken)
    rest(&draft, entry, taken)
    if RISTags.tag(RISTags.type(kind)) != kind { draft.custom["ris_type"] = .string(entry.type ?? kind) }
    return draft.record(ordinal)
  }

  private static func title(_ draft: inout RecordDraft, _ entry: RISEntry, _ kind: String, _ taken: inout Set<String>) {
    let isWhole = ["BOOK", "EBOOK", "EDBOOK", "WHOLE"].contains(kind)
    if let field = entry.first(RISTags.titles + (isWhole ? ["BT"] : [])) {
      draft.setTitle(field.text, raw: field.raw[...], span: field.span)
      taken.insert(field.tag)
      // A book's own title may stand under both tags.
      if isWhole, entry.first(["BT"])?.text.folded().bytes == field.text.folded().bytes { taken.insert("BT") }
    }
    if let field = entry.first(["AB", "N2"]) {
      draft.setAbstract(field.text, raw: field.raw[...], span: field.span)
      taken.insert(field.tag)
    }
  }

  private static func names(_ draft: inout RecordDraft, _ entry: RISEntry, _ taken: inout Set<String>) {
    for (role, tags) in RISTags.names {
      draft.set(role, entry.all(tags).compactMap { RISName.read($0.text.folded().string)?.json })
      taken.formUnion(tags)
    }
  }

  private static func date(_ draft: inout RecordDraft, _ entry: RISEntry, _ taken: inout Set<String>) {
    var date: CSLDate?
    var literal: RISEntry.Field?
    for tag in RISTags.dates {
      guard let field = entry.first([tag]) else { continue }
      guard let parsed = RISDate.read(field.text.string) else {
        literal = literal ?? field
        continue
      }
      guard let known = date?.start else {
        date = parsed
        taken.insert(tag)
        continue
      }
      // A year alone is made finer by a date of the same year.
      guard let start = parsed.start, start.year == known.year else { continue }
      guard known.month == nil || known.month == start.month && known.day == nil || known == start else { continue }
      date = parsed
      taken.insert(tag)
    }
    if let date {
      draft.set("issued", date)
    } else if let literal {
      taken.insert(literal.tag)
      let words = literal.text.folded().string
      draft.set("issued", CSLDate(literal: words))
      draft.warn(.unreadableDate, literal.span, "“\(words.prefix(60))” is no date with a year")
    }
  }

  private static func texts(_ draft: inout RecordDraft, _ entry: RISEntry, _ kind: String, _ taken: inout Set<String>) {
    if let field = entry.first(RISTags.containers.filter { !taken.contains($0) }) {
      draft.set("container-title", field.text.folded().string)
      taken.insert(field.tag)
      // The same name under a second tag says nothing new.
      for other in RISTags.containers
      where entry.first([other]).map({ $0.text.folded().bytes == field.text.folded().bytes }) == true {
        taken.insert(other)
      }
    }
    if let field = entry.first(RISTags.shortContainers.filter { !taken.contains($0) }) {
      draft.set("container-title-short", field.text.folded().string)
      taken.insert(field.tag)
    }
    for (member, tags) in RISTags.texts {
      guard let field = entry.first(tags) else { continue }
      draft.set(member, field.text.folded().string)
      taken.insert(field.tag)
    }
    for (member, tag, joint) in [("keyword", "KW", "; "), ("note", "N1", "\n")] {
      let values = entry.all([tag]).map { $0.text.folded().string }
      draft.set(member, values.joined(separator: joint))
      taken.insert(tag)
    }
  }

  private static func pages(_ draft: inout RecordDraft, _ entry: RISEntry, _ taken: inout Set<String>) {
    guard let first = entry.first(["SP"])?.text.folded().string else { return }
    taken.insert("SP")
    guard let last = entry.first(["EP"])?.text.folded().string, last != first, !first.contains("-") else {
      draft.set("page", first)
      return
    }
    taken.insert("EP")
    draft.set("page", "\(first)-\(last)")
  }

  private static func identifiers(
    _ draft: inout RecordDraft, _ entry: RISEntry, _ kind: String, _ taken: inout Set<String>
  ) {
    if let field = entry.first(["DO", "DI"]) {
      draft.setDOI(field.text.folded().string, field.span)
      if draft.item["DOI"] != nil { taken.insert(field.tag) }
    }
    if draft.item["DOI"] == nil {
      // Some exporters have the DOI as an address or behind a label in a note.
      for field in entry.all(["DO", "UR", "M3", "L3", "N1"]) {
        let text = field.text.folded().string
        guard text.lowercased().contains("doi"), IdentifierScheme.doi.read(text) != nil else { continue }
        draft.setDOI(text, field.span)
        break
      }
    }
    if let field = entry.first(["SN"]) {
      let text = field.text.folded().string
      taken.insert("SN")
      if IdentifierScheme.isbn.read(text) != nil {
        draft.set("ISBN", text)
        draft.identify(.isbn, text, field.span)
      } else {
        let isBook = ["BOOK", "CHAP", "EBOOK", "ECHAP", "EDBOOK", "WHOLE"].contains(kind)
        draft.set(isBook && text.utf8.count(where: \.isASCIIDigit) > 8 ? "ISBN" : "ISSN", text)
      }
    }
  }

  private static func links(_ draft: inout RecordDraft, _ entry: RISEntry, _ taken: inout Set<String>) {
    for field in entry.all(RISTags.links) {
      let text = field.text.folded().string
      if draft.item["URL"] == nil, field.tag == "UR" {
        draft.set("URL", text)
        taken.insert("UR")
      }
      for part in text.split(separator: ";").map({ $0.drop { $0 == " " } }) where part.contains("://") {
        let address = String(part)
        let isIdentifier = [IdentifierScheme.doi, .arxiv, .pmid, .pmcid].contains { scheme in
          guard let found = scheme.read(address) else { return false }
          if scheme != .doi { draft.identify(scheme, found.value, field.span) }
          return true
        }
        if !isIdentifier { draft.link(address, field.tag == "L1" ? .paper : nil, field.span) }
      }
    }
  }

  /// What has no member of its own stands in `custom.ris`, all values of each tag.
  private static func rest(_ draft: inout RecordDraft, _ entry: RISEntry, _ taken: Set<String>) {
    var fields: JSON.Object = [:]
    var others: JSON.Object = [:]
    var hasFirst: Set<String> = []
    for field in entry.fields where !field.text.isEmpty {
      let text = JSON.string(field.text.folded().string)
      fields[field.tag] = .array((fields[field.tag]?.array ?? []) + [text])
      let isList = ["KW", "N1"].contains(field.tag) || RISTags.names.contains { $0.tags.contains(field.tag) }
      // Of a tag that gives one value, further ones are kept too.
      if taken.contains(field.tag), isList || hasFirst.insert(field.tag).inserted { continue }
      others[field.tag] = .array((others[field.tag]?.array ?? []) + [text])
    }
    draft.fields = fields
    if !others.isEmpty { draft.custom["ris"] = .object(others) }
  }
}

/// Names of RIS: `Last, First, Suffix`; without a comma a name in one piece.
enum RISName {
  static func read(_ text: String) -> PersonalName? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
    guard parts.count > 1 else { return text.isEmpty ? nil : PersonalName(literal: text) }
    guard !parts[0].isEmpty else {
      let rest = parts.dropFirst().filter { !$0.isEmpty }.joined(separator: ", ")
      return rest.isEmpty ? nil : PersonalName(literal: rest)
    }
    var name = PersonalName(family: parts[0], given: parts[1].isEmpty ? nil : parts[1])
    let suffix = parts.dropFirst(2).filter { !$0.isEmpty }.joined(separator: ", ")
    if !suffix.isEmpty { name.suffix = suffix }
    // A body's name ends with the comma.
    if name.given == nil, name.suffix == nil { return PersonalName(literal: parts[0]) }
    return name
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// Dates of RIS: `YYYY/MM/DD/other`, and what exporters make of it.
enum RISDate {
  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  static func read(_ text: String) -> CSLDate? {
    let parts = text.split(whereSeparator: { $0 == "/" || $0 == "-" || $0 == "." }).map {
      $0.split(separator: " ").joined(separator: " ")
    }
    if let first = parts.first, first.utf8.count == 4, first.utf8.allSatisfy(\.isASCIIDigit), let year = Int(first) {
      let month = parts.count > 1 ? self.month(parts[1]) : nil
      let day = parts.count > 2 && month != nil ? Int(parts[2]) : nil
      return CSLDate(checked: year, month, day)
    }
    // “2010 May”, “May 3, 2010”, “Spring 2010”, “03/05/2010”: a year of four digits somewhere.
    let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    guard
      let year = words.first(where: { $0.utf8.count == 4 && $0.utf8.allSatisfy(\.isASCIIDigit) }).flatMap({ Int($0) }),
      year > 999
    else { return nil }
    let month = words.lazy.filter { $0.first?.isLetter == true }.compactMap { self.month(String($0)) }.first
    let day = words.lazy.filter { $0.utf8.count <= 2 }.compactMap { Int($0) }.first
    return CSLDate(checked: year, month, month == nil ? nil : day)
  }

  static func month(_ text: String) -> Int? {
    if let number = Int(text) { return (1...12).contains(number) ? number : nil }
    let name = text.lowercased()
    return months.firstIndex { name.hasPrefix($0) }.map { $0 + 1 }
  }
}
