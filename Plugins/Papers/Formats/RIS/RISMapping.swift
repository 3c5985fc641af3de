import JSON

/// From the tags of RIS to a CSL item.
struct RISMapping {
  private let entry: RISEntry
  /// `TY` in capitals.
  private let kind: String
  private var draft: RecordDraft
  /// The lines that gave something to the item.
  private var taken: Set<Int> = []

  static func record(_ entry: RISEntry, ordinal: Int) -> PaperRecord {
    var mapping = RISMapping(entry)
    mapping.map()
    return mapping.draft.record(ordinal)
  }

  private init(_ entry: RISEntry) {
    self.entry = entry
    kind = (entry.type ?? "GEN").uppercased()
    draft = RecordDraft(ByteSpan(entry.start, entry.end), type: RISTags.type(kind))
    draft.rawType = entry.type
    for warning in entry.warnings { draft.warn(warning.code, warning.span, warning.message) }
  }

  private mutating func map() {
    draft.key = take(["ID"])?.words
    if let key = draft.key { draft.item["id"] = .string(key) }
    title()
    for (role, tags) in RISTags.names {
      draft.set(role, takeAll(tags).compactMap { RISName.read($0.words)?.json })
    }
    date()
    containers()
    for (member, tags) in RISTags.texts { draft.set(member, take(tags)?.words) }
    // Several may stand on one line.
    let keywords = takeAll(["KW"]).flatMap { $0.words.split(separator: ";") }.map { $0.split(separator: " ") }
    draft.set("keyword", keywords.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }.joined(separator: "; "))
    draft.set("note", takeAll(["N1"]).map(\.words).joined(separator: "\n"))
    pages()
    identifiers()
    links()
    rest()
  }

  // MARK: - Lines

  /// The first line of the first tag that has one, where nothing was made of it yet.
  private func find(_ tags: [String]) -> Int? {
    for tag in tags {
      if let index = entry.fields.indices.first(where: { isFree($0) && entry.fields[$0].tag == tag }) { return index }
    }
    return nil
  }

  private func isFree(_ index: Int) -> Bool { !taken.contains(index) && !entry.fields[index].text.isEmpty }

  private mutating func take(_ tags: [String]) -> RISEntry.Field? {
    guard let index = find(tags) else { return nil }
    taken.insert(index)
    return entry.fields[index]
  }

  /// All values of some tags, tag after tag.
  private mutating func takeAll(_ tags: [String]) -> [RISEntry.Field] {
    tags.flatMap { tag in
      let found = entry.fields.indices.filter { isFree($0) && entry.fields[$0].tag == tag }
      taken.formUnion(found)
      return found.map { entry.fields[$0] }
    }
  }

  /// The same words under a further tag say nothing new.
  private mutating func dropRepeats(of words: String, _ tags: [String]) {
    taken.formUnion(
      entry.fields.indices.filter {
        isFree($0) && tags.contains(entry.fields[$0].tag) && entry.fields[$0].words == words
      })
  }

  // MARK: - Members

  private mutating func title() {
    let isWhole = ["BOOK", "EBOOK", "EDBOOK", "WHOLE"].contains(kind)
    if let field = take(RISTags.titles + (isWhole ? ["BT"] : [])) {
      draft.setTitle(field.text, raw: field.raw[...], span: field.span)
      // A book's own title may stand under both tags.
      if isWhole { dropRepeats(of: field.words, ["BT"]) }
    }
    if let field = take(["AB", "N2"]) { draft.setAbstract(field.text, raw: field.raw[...], span: field.span) }
  }

  private mutating func date() {
    var date: CSLDate?
    var literal: Int?
    for tag in RISTags.dates {
      guard let index = find([tag]) else { continue }
      guard let parsed = RISDate.read(entry.fields[index].text.string) else {
        literal = literal ?? index
        continue
      }
      guard let known = date?.start else {
        date = parsed
        taken.insert(index)
        continue
      }
      // A year alone is made finer by a date of the same year.
      guard let start = parsed.start, start.year == known.year else { continue }
      guard known.month == nil || known.month == start.month && known.day == nil || known == start else { continue }
      date = parsed
      taken.insert(index)
    }
    if let date {
      draft.set("issued", date)
    } else if let literal {
      taken.insert(literal)
      let words = entry.fields[literal].words
      draft.set("issued", CSLDate(literal: words))
      draft.warn(.unreadableDate, entry.fields[literal].span, "“\(words.prefix(60))” is no date with a year")
    }
  }

  private mutating func containers() {
    for (member, tags) in [
      ("container-title", RISTags.containers), ("container-title-short", RISTags.shortContainers),
    ] {
      guard let words = take(tags)?.words else { continue }
      draft.set(member, words)
      dropRepeats(of: words, RISTags.containers + RISTags.shortContainers)
    }
  }

  private mutating func pages() {
    guard let first = take(["SP"])?.words else { return }
    guard !first.contains("-"), let index = find(["EP"]), entry.fields[index].words != first else {
      draft.set("page", first)
      return
    }
    taken.insert(index)
    draft.set("page", "\(first)-\(entry.fields[index].words)")
  }

  private mutating func identifiers() {
    if let index = find(["DO", "DI"]) {
      draft.setDOI(entry.fields[index].words, entry.fields[index].span)
      if draft.item["DOI"] != nil {
        taken.insert(index)
        // Some exporters write it twice.
        dropRepeats(of: entry.fields[index].words, ["DO", "DI"])
      }
    }
    if draft.item["DOI"] == nil {
      // Some exporters have the DOI as an address or behind a label in a note.
      for field in entry.all(["DO", "UR", "M3", "L3", "N1"]) {
        guard field.words.lowercased().contains("doi"), IdentifierScheme.doi.read(field.words) != nil else { continue }
        draft.setDOI(field.words, field.span)
        break
      }
    }
    if let field = take(["SN"]) {
      if IdentifierScheme.isbn.read(field.words) != nil {
        draft.set("ISBN", field.words)
        draft.identify(.isbn, field.words, field.span)
      } else {
        let isBook = ["BOOK", "CHAP", "EBOOK", "ECHAP", "EDBOOK", "WHOLE"].contains(kind)
        draft.set(isBook && field.words.utf8.count(where: \.isASCIIDigit) > 8 ? "ISBN" : "ISSN", field.words)
      }
    }
  }

  private mutating func links() {
    draft.set("URL", take(["UR"])?.words)
    for field in entry.all(RISTags.links) {
      for part in field.words.split(separator: ";").map({ $0.drop { $0 == " " } }) where part.contains("://") {
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
  private mutating func rest() {
    var others: JSON.Object = [:]
    for (index, field) in entry.fields.enumerated() where !field.text.isEmpty {
      let text = JSON.string(field.words)
      draft.fields[field.tag] = .array((draft.fields[field.tag]?.array ?? []) + [text])
      if !taken.contains(index) { others[field.tag] = .array((others[field.tag]?.array ?? []) + [text]) }
    }
    if !others.isEmpty { draft.custom["ris"] = .object(others) }
    if RISTags.tag(RISTags.type(kind)) != kind { draft.custom["ris_type"] = .string(entry.type ?? kind) }
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
