import Foundation
import JSON
import TestSupport

@testable import Papers

/// How well a reader does on a corpus: shares of the expected items, folded as the conventions of the corpora say.
struct FormatScore {
  private(set) var expected = 0
  private(set) var extra = 0
  private var hits: [String: Int] = [:]
  private var totals: [String: Int] = [:]
  /// Items that are wrong, with what is.
  private(set) var wrong: [String] = []

  /// Percent of the items that have the value.
  subscript(_ figure: String) -> Double {
    let total = totals[figure] ?? 0
    return total == 0 ? 100 : 100 * Double(hits[figure] ?? 0) / Double(total)
  }

  /// Reads all files of a corpus whose class is not left out.
  init(corpus: String, as format: PaperFormat? = nil, without classes: Set<String> = []) throws {
    let manifest = String(decoding: try SharedData.bytes("formats/\(corpus)/MANIFEST.tsv"), as: UTF8.self)
    for row in manifest.split(separator: "\n").dropFirst() {
      let columns = row.split(separator: "\t", omittingEmptySubsequences: false)
      let file = String(columns[0])
      let path = "formats/\(corpus)/expected/\(file).json"
      guard !classes.contains(String(columns[2])), FileManager.default.fileExists(atPath: SharedData.url(path).path)
      else { continue }
      let items = try JSON.parse(try SharedData.bytes(path)).array ?? []
      let document = try PaperFormat.read(try SharedData.bytes("formats/\(corpus)/in/\(file)"), as: format)
      add(items, document.records.map { JSON.object($0.item) }, file)
    }
  }

  private mutating func add(_ items: [JSON], _ found: [JSON], _ file: String) {
    expected += items.count
    var left = Array(found.indices)
    var pairs = [Int?](repeating: nil, count: items.count)
    let rules: [(JSON) -> String?] = [
      { item in Self.key(item).flatMap { key in Self.title(item).map { key + "\u{0}" + $0 } } }, Self.key, Self.title,
    ]
    for rule in rules {
      for (index, item) in items.enumerated() where pairs[index] == nil {
        guard let wanted = rule(item), let place = left.firstIndex(where: { rule(found[$0]) == wanted }) else {
          continue
        }
        pairs[index] = left.remove(at: place)
      }
    }
    for index in items.indices where pairs[index] == nil && !left.isEmpty && Self.key(items[index]) == nil {
      pairs[index] = left.removeFirst()
    }
    extra += left.count
    for (item, pair) in zip(items, pairs) { compare(item, pair.map { found[$0] }, file) }
  }

  private mutating func compare(_ item: JSON, _ found: JSON?, _ file: String) {
    var results: [(String, Bool)] = [("entries", found != nil)]
    if item["title"]?.string != nil {
      results.append(("title", Self.titles(item).contains(Self.title(found ?? .null))))
    }
    if let authors = item["author"]?.array {
      results.append(("authors", Self.same(authors, found?["author"]?.array ?? [])))
    }
    if let year = Self.year(item) { results.append(("year", Self.year(found ?? .null) == year)) }
    if let doi = item["DOI"]?.string {
      results.append(("doi", found?["DOI"]?.string?.lowercased() == doi.lowercased()))
    }
    for (figure, isRight) in results {
      totals[figure, default: 0] += 1
      if isRight { hits[figure, default: 0] += 1 }
      if !isRight { wrong.append("\(file) \(item["id"]?.text ?? "") \(figure)") }
    }
  }

  // MARK: - Folding

  private static func key(_ item: JSON) -> String? {
    guard let id = item["id"], !id.isNull, id.string != "" else { return nil }
    return id.string ?? id.text
  }

  private static func title(_ item: JSON) -> String? { item["title"]?.string.map(folded) }

  private static func titles(_ item: JSON) -> [String?] {
    let title = item["title"]?.string ?? ""
    let subtitle = item["custom"]?["subtitle"]?.string
    return [folded(title)] + (subtitle.map { [folded(title + ": " + $0), folded(title + ". " + $0)] } ?? [])
  }

  private static func year(_ item: JSON) -> Int? { item["issued"]?["date-parts"]?[0]?[0]?.int }

  /// Tags, references and braces removed, NFC, white space folded, without letter case.
  static func folded(_ text: String) -> String {
    var plain = MarkupText.plain(SpannedText(pointing: text, to: 0)).string.precomposedStringWithCanonicalMapping
    plain.removeAll { "{}\u{200B}\u{200C}\u{200D}\u{AD}\u{FEFF}".contains($0) }
    return plain.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func same(_ expected: [JSON], _ found: [JSON]) -> Bool {
    expected.count == found.count
      && zip(expected, found).allSatisfy { one, other in
        if one["literal"] != nil || other["literal"] != nil { return words(one) == words(other) }
        return family(one) == family(other)
      }
  }

  private static func family(_ name: JSON) -> String {
    ["dropping-particle", "non-dropping-particle", "family"].map { name[$0]?.string ?? "" }.joined()
      .precomposedStringWithCanonicalMapping.lowercased().filter { !$0.isWhitespace && !".-~,‐‑–".contains($0) }
  }

  private static func words(_ name: JSON) -> [String] {
    let parts = ["given", "dropping-particle", "non-dropping-particle", "family", "suffix"].map {
      name[$0]?.string ?? ""
    }
    let text = name["literal"]?.string ?? parts.joined(separator: " ")
    return text.precomposedStringWithCanonicalMapping.lowercased()
      .split { !($0.isLetter || $0.isNumber) }.map(String.init).sorted()
  }
}
