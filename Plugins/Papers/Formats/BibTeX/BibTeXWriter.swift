import JSON

/// Writes BibTeX, with the fields of BibLaTeX where BibTeX has none.
///
/// Each entry is read back before it goes out. What does not come back as it was is carried in a field `csl-item`, so
/// that importing what was exported gives the same item.
struct BibTeXWriter: FormatWriter {
  private var keys: Set<String> = []

  init() {}

  mutating func write(_ paper: ExportedPaper) -> [UInt8] {
    let key = uniqueKey(paper.item["id"])
    var entry = BibTeXEntry(paper.item, key: key)
    let read = Self.read(entry.bytes)
    var changes: JSON.Object = [:]
    var gone: [JSON] = []
    for member in paper.item.members where read[member.key] != member.value { changes[member.key] = member.value }
    for member in read.members where paper.item[member.key] == nil { gone.append(.string(member.key)) }
    if !changes.isEmpty || !gone.isEmpty {
      var carried: JSON.Object = [:]
      if !changes.isEmpty { carried["set"] = .object(changes) }
      if !gone.isEmpty { carried["unset"] = .array(gone) }
      entry.add(BibTeXCarriedItem.field, BibTeXCarriedItem.text(carried))
    }
    return entry.bytes + [0x0A]
  }

  /// The item that an entry is read as.
  private static func read(_ bytes: [UInt8]) -> JSON.Object {
    guard let source = try? SourceText(bytes) else { return [:] }
    return BibTeXReader.read(source).records.first?.item ?? [:]
  }

  // MARK: - Keys

  /// The key that an item came with, as far as BibTeX can write it; a key that is used already gets a number.
  private mutating func uniqueKey(_ id: JSON?) -> String {
    let wanted = id?.string ?? id?.int.map(String.init) ?? ""
    var key = String(decoding: wanted.utf8.map { Self.isKeyByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    if key.isEmpty { key = "entry" }
    var unique = key
    var number = 2
    while !keys.insert(unique.lowercased()).inserted {
      unique = "\(key)-\(number)"
      number += 1
    }
    return unique
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != 0x7F && !byte.isAny(of: ",{}()\"#%'=\\~")
  }
}

/// Members of an item that BibTeX has no field for, carried in a field of their own.
enum BibTeXCarriedItem {
  /// The name of the field.
  static let field = "csl-item"

  /// JSON whose braces balance wherever they are counted.
  static func text(_ carried: JSON.Object) -> String {
    var result: [UInt8] = []
    var isString = false
    var isEscaped = false
    for byte in JSON.object(carried).text.utf8 {
      if isString, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") {
        result.append(contentsOf: (byte == UInt8(ascii: "{") ? "\\u007b" : "\\u007d").utf8)
        isEscaped = false
        continue
      }
      if byte == UInt8(ascii: "\""), !isEscaped { isString.toggle() }
      isEscaped = isString && byte == UInt8(ascii: "\\") && !isEscaped
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Puts the carried members into an item and takes those away that it did not have.
  static func apply(_ written: String, to item: inout JSON.Object) {
    guard let carried = (try? JSON.parse(written))?.object else { return }
    for name in carried["unset"]?.array ?? [] {
      if let name = name.string { item[name] = nil }
    }
    for member in carried["set"]?.object?.members ?? [] { item[member.key] = member.value }
  }
}
