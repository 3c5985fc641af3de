import JSON

@testable import Papers

/// Generates items of all members, with texts that a writer of TeX may stumble over.
struct HostileItems {
  private var state: UInt64

  init(seed: UInt64) { state = (seed &+ 1) &* 0xD134_2543_DE82_EF95 }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  private mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  private static let pieces = [
    "word", "GPU", "{", "}", "{{", "\\", "%", "#", "\"", "'", "''", "`", "``", "-", "--", "---", "~", "$", "$x$", "&",
    "_", "^",
    "\\textbf{x}", "\\emph", "\\'e", "and", " and ", "others", ",", "=", "@article{k,", "\n@book{x, title={y}}\n", "é",
    "ı",
    "中文", "🙂", "\u{A0}", "\u{301}", " ", "  ", "\n", "\t", "\u{0}", "\u{7}", "\u{FEFF}", "von", "<i>", "</i>", "&amp;",
    "10.1/x",
    "\\u007b", "null", "}\n}", "title = {x},", "?`", "!`", "a", "B", "1990", ".", ":", ": ", "\r\n", "\u{202E}", "ﬁ",
  ]

  mutating func text() -> String {
    (0..<below(6)).map { _ in Self.pieces[below(Self.pieces.count)] }.joined(separator: below(2) == 0 ? " " : "")
  }

  /// libjansson takes no zero byte in a name.
  private mutating func memberName() -> String { text().filter { $0 != "\0" } }

  private mutating func value() -> JSON {
    switch below(8) {
    case 0: JSON(below(3000))
    case 1: .bool(below(2) == 0)
    case 2: .real(Double(below(100)) + 0.5)
    case 3: .array([.string(text()), JSON(below(9))])
    case 4: .object(["x": .string(text())])
    default: .string(text())
    }
  }

  private mutating func name() -> JSON {
    var members: JSON.Object = [:]
    if below(5) == 0 {
      members["literal"] = .string(text())
    } else {
      for part in ["family", "given", "dropping-particle", "non-dropping-particle", "suffix"] where below(3) > 0 {
        members[part] = .string(text())
      }
    }
    if below(9) == 0 { members["ORCID"] = .string(text()) }
    return .object(members)
  }

  private mutating func date() -> JSON {
    var members: JSON.Object = [:]
    let parts = (0..<1 + below(2)).map { _ in
      JSON.array(Array([JSON(below(4000) - 500), JSON(below(14)), JSON(below(33))].prefix(1 + below(3))))
    }
    if below(5) > 0 { members["date-parts"] = .array(parts) }
    if below(6) == 0 { members["season"] = JSON(1 + below(4)) }
    if below(6) == 0 { members["circa"] = .bool(true) }
    if below(5) == 0 { members["literal"] = .string(text()) }
    return .object(members)
  }

  mutating func item() -> JSON.Object {
    var item: JSON.Object = [:]
    let types = CSLVocabulary.types.sorted()
    item["id"] = below(4) == 0 ? value() : .string("key\(below(1000))")
    if below(9) > 0 { item["type"] = .string(types[below(types.count)]) }
    for member in CSLVocabulary.texts.union(CSLVocabulary.numbers).sorted() where below(5) == 0 {
      item[member] = below(6) == 0 ? value() : .string(text())
    }
    for member in CSLVocabulary.names.sorted() where below(6) == 0 {
      item[member] = .array((0..<below(4)).map { _ in name() })
    }
    for member in CSLVocabulary.dates.sorted() where below(4) == 0 { item[member] = date() }
    if below(2) == 0 {
      var custom: JSON.Object = ["entry_type": .string(["article", "misc", "phdthesis", text()][below(4)])]
      for name in ["subtitle", "title_rich", "edtf", "month", "eprint", "options", "school", "crossref"]
      where below(4) == 0 {
        custom[name] = .string(text())
      }
      if below(3) == 0 {
        let name = memberName()
        custom["bibtex"] = .object([["file", "x-y", name, "title"][below(4)]: .string(text())].json)
      }
      if below(4) == 0 { custom["et_al"] = ["author"] }
      item["custom"] = .object(custom)
    }
    if below(4) == 0 { item[memberName()] = value() }
    return item
  }
}

extension [String: JSON] {
  fileprivate var json: JSON.Object { JSON.Object(distinct: map { .init($0.key, $0.value) }) }
}
