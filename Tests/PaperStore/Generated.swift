import JSON
import TestSupport

@testable import PaperStore

/// Things made from a seed, for laws that must hold for all of them.
struct Generated: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }

  mutating func pick<T>(_ list: [T]) -> T { list[Int.random(in: 0..<list.count, using: &self)] }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

  static let hostile = [
    "plain", "", " ", "\"", "''", "a\"b", "NULL", "--", ";", "\u{0}", "\u{1}x\u{2}", "\u{200B}", "知识图谱", "über", "😀",
    "<b>&amp;</b>", "\\url{x}", "{", "}", "%", "NOT", "OR", "*", "^", ":", "title:", "(", ")", "\u{301}", "Ａ",
    "O'Neill",
    "C++", "a-b", "\n", "مرحبا", "हिन्दी", "ภาษาไทย", "\u{FFFD}", "x\u{202E}y",
  ]

  mutating func text(_ words: ClosedRange<Int> = 0...5) -> String {
    (0..<Int.random(in: words, using: &self)).map { _ in pick(Self.hostile) }.joined(separator: chance(50) ? " " : "")
  }

  mutating func value(_ depth: Int = 2) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &self) {
    case 0: .null
    case 1: .bool(chance(50))
    case 2: .integer(Int64.random(in: -5...3000, using: &self))
    case 3: .real(2.5)
    case 4, 5: .string(text())
    case 6: .array((0..<Int.random(in: 0...3, using: &self)).map { _ in value(depth - 1) })
    default: ["x": value(depth - 1), "y": .string(text())]
    }
  }

  mutating func name() -> JSON {
    var name: JSON.Object = [:]
    for part in [
      "family", "given", "literal", "suffix", "dropping-particle", "non-dropping-particle", "ORCID", "extra",
    ]
    where chance(35) { name[part] = chance(95) ? .string(text(1...2)) : value() }
    return .object(name)
  }

  /// An item of CSL-JSON with usual and odd members of all kinds.
  mutating func item() -> JSON.Object {
    var item: JSON.Object = ["type": .string(pick(["article-journal", "book", "x", ""]))]
    for member in ["id", "title", "abstract", "container-title", "volume", "page", "note", "DOI", "x-own", "custom"]
    where chance(60) { item[member] = chance(80) ? .string(text()) : value() }
    for role in ["author", "editor", "translator", "composer"] where chance(50) {
      item[role] = chance(90) ? .array((0..<Int.random(in: 0...4, using: &self)).map { _ in name() }) : value()
    }
    if chance(70) {
      let parts: JSON = .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(0) })
      item["issued"] = pick([
        ["date-parts": [[2020]]], ["date-parts": [[2020, 5, 1]]], ["date-parts": [[2020], [2021]]],
        ["literal": "in press"], ["date-parts": [parts]], ["date-parts": [["2020", "5"]]],
        ["date-parts": [[2020]], "circa": true], ["date-parts": [[2020]], "literal": "x"], "2020", value(),
      ])
    }
    return item
  }
}
