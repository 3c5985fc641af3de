import JSON

/// Writes RIS: a line a value, CR LF at each end as the format asks.
///
/// Members of CSL that no tag holds are left out; line ends inside a value become blanks.
struct RISWriter: FormatWriter {
  private var bytes: [UInt8] = []

  init() {}

  mutating func write(_ paper: ExportedPaper) -> [UInt8] {
    bytes = []
    let item = paper.item
    let custom = item["custom"]
    let type = item["type"]?.string ?? "document"
    let kind = custom?["ris_type"]?.string.flatMap { RISTags.type($0) == type ? $0 : nil } ?? RISTags.tag(type)
    let others = custom?["ris"]?.object ?? [:]
    line("TY", kind)
    text("ID", item["id"])
    text("TI", item["title"])
    names(item)
    date(item)
    text("AB", item["abstract"])
    containers(item, others)
    for (member, tags) in RISTags.texts { text(tags[0], item[member]) }
    pages(item["page"]?.words)
    text("SN", item["ISBN"] ?? item["ISSN"])
    text("DO", item["DOI"])
    text("UR", item["URL"])
    for keyword in (item["keyword"]?.words ?? "").components(parting: "; ") { line("KW", keyword) }
    for note in (item["note"]?.words ?? "").components(parting: "\n") { line("N1", note) }
    rest(others)
    line("ER", "")
    bytes += [0x0D, 0x0A]
    return bytes
  }

  // MARK: - Lines

  private mutating func text(_ tag: String, _ value: JSON?) {
    guard let words = value?.words else { return }
    line(tag, words)
  }

  private mutating func line(_ tag: String, _ value: String) {
    let folded = SpannedText(pointing: value, to: 0).folded().bytes
    guard !folded.isEmpty || tag == "ER" else { return }
    bytes += Array("\(tag)  - ".utf8) + folded + [0x0D, 0x0A]
  }

  private mutating func names(_ item: JSON.Object) {
    for (role, tags) in RISTags.names {
      // The first tag of editors is one that older programs do not know; both are read.
      for name in item[role]?.array ?? [] { line(tags[0], Self.name(PersonalName(name))) }
    }
  }

  private static func name(_ name: PersonalName) -> String {
    // A guess at the parts stands beside the name as it was given.
    if let literal = name.literal { return literal }
    let family = [name.nonDroppingParticle, name.family].compactMap { $0 }.joined(separator: " ")
    let given = [name.given, name.droppingParticle].compactMap { $0 }.joined(separator: " ")
    if family.isEmpty { return given }
    return [family, given, name.suffix ?? ""].enumerated().filter { $0.offset == 1 || !$0.element.isEmpty }
      .map(\.element).joined(separator: ", ")
  }

  private mutating func date(_ item: JSON.Object) {
    let issued = item["issued"]
    if let parts = issued?["date-parts"]?[0]?.array?.compactMap({ $0.int ?? $0.string.flatMap { Int($0) } }),
      let year = parts.first
    {
      let digits = { (number: Int, width: Int) in
        String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
      }
      let month = parts.count > 1 ? digits(parts[1], 2) : ""
      let day = parts.count > 2 ? digits(parts[2], 2) : ""
      line("PY", digits(year, 4))
      if parts.count > 1 { line("DA", "\(digits(year, 4))/\(month)/\(day)") }
    } else {
      text("PY", issued?["literal"] ?? issued?["raw"])
    }
  }

  /// Under the tags that are read first where others of the kind stand behind them.
  private mutating func containers(_ item: JSON.Object, _ others: JSON.Object) {
    let isJournal = item["type"] == "article-journal" || others["JF"] != nil
    text(isJournal ? "JF" : "T2", item["container-title"])
    let isSecond = item["container-title"] != nil && (others["JO"] ?? others["JA"]) != nil
    text(isSecond ? "JO" : "J2", item["container-title-short"])
  }

  private mutating func pages(_ pages: String?) {
    guard let pages else { return }
    let ends = pages.split(separator: "-", omittingEmptySubsequences: false)
    if ends.count == 2, ends[0] != ends[1], ends.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) {
      line("SP", String(ends[0]))
      line("EP", String(ends[1]))
    } else {
      line("SP", pages)
    }
  }

  private mutating func rest(_ others: JSON.Object) {
    for member in others.members where member.key.utf8.count == 2 && member.key != "ER" && member.key != "TY" {
      for value in member.value.array ?? [] { text(member.key, value) }
    }
  }
}

extension String {
  fileprivate func components(parting separator: String) -> [String] {
    var parts: [String] = []
    var rest = Array(utf8)[...]
    let mark = Array(separator.utf8)
    var part: [UInt8] = []
    while !rest.isEmpty {
      if rest.starts(with: mark) {
        parts.append(String(decoding: part, as: UTF8.self))
        part = []
        rest = rest.dropFirst(mark.count)
      } else {
        part.append(rest[rest.startIndex])
        rest = rest.dropFirst()
      }
    }
    return parts + [String(decoding: part, as: UTF8.self)]
  }
}
