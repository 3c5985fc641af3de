import Foundation
import JSON

/// Compares items with those that a corpus expects, by the conventions of the corpora: how many entries, titles,
/// author lists, years and DOIs are right.
struct ItemScore {
  struct Share {
    var right = 0
    var all = 0
    var percent: Double { all == 0 ? 100 : 100 * Double(right) / Double(all) }

    mutating func count(_ isRight: Bool) {
      all += 1
      if isRight { right += 1 }
    }
  }

  private(set) var entries = Share()
  private(set) var titles = Share()
  /// Titles after typographic folding.
  private(set) var foldedTitles = Share()
  private(set) var authors = Share()
  private(set) var years = Share()
  private(set) var dois = Share()
  private(set) var extra = 0

  mutating func add(expected: [JSON], found: [JSON]) {
    var isLeft = [Bool](repeating: true, count: found.count)
    var pairs = [Int?](repeating: nil, count: expected.count)
    let (wanted, given) = (expected.map(Names.init), found.map(Names.init))
    for rule in [\Names.both, \Names.key, \Names.title] {
      var places: [String: [Int]] = [:]
      for place in found.indices.reversed() where isLeft[place] {
        if let name = given[place][keyPath: rule] { places[name, default: []].append(place) }
      }
      for place in expected.indices where pairs[place] == nil {
        guard let name = wanted[place][keyPath: rule], let match = places[name]?.popLast() else { continue }
        pairs[place] = match
        isLeft[match] = false
      }
    }
    for place in expected.indices where pairs[place] == nil && wanted[place].key == nil {
      guard let next = isLeft.firstIndex(of: true) else { break }
      pairs[place] = next
      isLeft[next] = false
    }
    extra += isLeft.count { $0 }
    for (item, pair) in zip(expected, pairs) { compare(item, pair.map { found[$0] }) }
  }

  /// By what an item is found again.
  private struct Names {
    var key: String?
    var title: String?
    var both: String? { key.flatMap { key in title.map { key + "\u{0}" + $0 } } }

    init(_ item: JSON) {
      key = item["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
      let folded = ItemScore.lenient(item["title"]?.string ?? "")
      title = folded.isEmpty ? nil : folded
    }
  }

  private mutating func compare(_ expected: JSON, _ found: JSON?) {
    entries.count(found != nil)
    let wanted = Self.titles(expected)
    if !wanted.isEmpty {
      let title = found?["title"]?.string ?? ""
      let isSame = wanted.contains { $0 == title } || wanted.contains { Self.strict($0) == Self.strict(title) }
      titles.count(isSame)
      foldedTitles.count(isSame || wanted.contains { Self.lenient($0) == Self.lenient(title) })
    }
    if let names = expected["author"]?.array, !names.isEmpty {
      authors.count(Self.sameNames(names, found?["author"]?.array ?? []))
    }
    if let year = Self.year(expected) { years.count(found.flatMap(Self.year) == year) }
    if let doi = expected["DOI"]?.string, !doi.isEmpty {
      dois.count(Self.doi(doi) == Self.doi(found?["DOI"]?.string ?? ""))
    }
  }

  // MARK: - What counts as equal

  private static func titles(_ item: JSON) -> [String] {
    guard let title = item["title"]?.string, !title.isEmpty else { return [] }
    guard let subtitle = item["custom"]?["subtitle"]?.string else { return [title] }
    return [title, title + ": " + subtitle, title + ". " + subtitle, title + " " + subtitle]
  }

  private static func withoutTags(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") }) else { return text }
    return text.replacing(/<\/?[A-Za-z][^<>]*>/, with: "").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&amp;", with: "&").replacing("&quot;", with: "\"")
  }

  private static func strict(_ text: String) -> String {
    let plain = withoutTags(text)
    if plain.utf8.allSatisfy({ $0 < 0x80 }) {
      return plain.utf8.split { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 }.map { String($0) ?? "" }
        .joined(separator: " ").filter { $0 != "{" && $0 != "}" }.lowercased()
    }
    let invisible: Set<Unicode.Scalar> = ["{", "}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{AD}", "\u{FEFF}"]
    let scalars = plain.precomposedStringWithCanonicalMapping.unicodeScalars.filter {
      !invisible.contains($0)
    }
    return String(String.UnicodeScalarView(scalars)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .lowercased()
  }

  private static func unified(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\u{2010}"..."\u{2015}", "\u{2212}": scalars.append("-")
      case "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}", "\u{2032}", "\u{2BC}", "`", "\u{B4}": scalars.append("'")
      case "\u{201C}", "\u{201D}", "\u{201E}", "\u{201F}", "\u{2033}", "\u{AB}", "\u{BB}": scalars.append("\"")
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  private static func lenient(_ text: String) -> String {
    var result = strict(text)
    if result.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "`") }) {
      result = String(decoding: result.utf8.filter { $0 != 0x20 && !"$_^\\~".utf8.contains($0) }, as: UTF8.self)
    } else {
      result = unified(result.precomposedStringWithCompatibilityMapping)
    }
    result.removeAll { "$_^\\~".contains($0) || $0.isWhitespace }
    result = result.replacing("''", with: "\"")
    while result.contains("--") { result = result.replacing("--", with: "-") }
    return result.trimmingCharacters(in: CharacterSet(charactersIn: " .\"'"))
  }

  private static func name(_ text: String?) -> String {
    let text = text ?? ""
    if text.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "`") && $0 != UInt8(ascii: "<") }) {
      return String(decoding: text.utf8.filter { !" .{}~,-".utf8.contains($0) }, as: UTF8.self).lowercased()
    }
    let folded = unified(withoutTags(text).precomposedStringWithCanonicalMapping)
    return folded.filter { !$0.isWhitespace && !".{}~,-".contains($0) }.lowercased()
  }

  private static func family(_ person: JSON) -> String {
    name(["dropping-particle", "non-dropping-particle", "family"].map { person[$0]?.string ?? "" }.joined())
  }

  private static func words(_ person: JSON) -> [String] {
    let parts = ["given", "dropping-particle", "non-dropping-particle", "family", "suffix"]
    let whole = person["literal"]?.string ?? parts.compactMap { person[$0]?.string }.joined(separator: " ")
    return unified(whole.precomposedStringWithCanonicalMapping).lowercased()
      .split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init).sorted()
  }

  private static func sameNames(_ expected: [JSON], _ found: [JSON]) -> Bool {
    guard expected.count == found.count else { return false }
    if expected == found { return true }
    return zip(expected, found).allSatisfy { left, right in
      if left["literal"] != nil || right["literal"] != nil { return words(left) == words(right) }
      if family(left) == family(right) { return true }
      let ends = [left, right].map { name(($0["family"]?.string ?? "") + ($0["suffix"]?.string ?? "")) }
      return ends[0] == ends[1]
    }
  }

  private static func year(_ item: JSON) -> Int? { item["issued"]?["date-parts"]?[0]?[0]?.int }

  private static func doi(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespaces)
      .replacing(/(?i)^(doi:\s*|(https?:\/\/)?(dx\.|www\.)?doi\.org\/)/, with: "").lowercased()
  }
}
