import JSON

/// Makes records of the entries of one source.
struct BibTeXRecordMaker {
  typealias Buffer = UnsafeBufferPointer<UInt8>

  let source: SourceText
  let bytes: Buffer
  let index: BibTeXIndex
  private(set) var macros = BibTeXMacros()
  private let fieldNames = BibTeXFieldNames()
  var decoder = TeXDecoder()
  var splitter = NameSplitter()
  /// For each field that has a meaning: its place in the index, or -1.
  private(set) var slots = [Int32](repeating: -1, count: BibTeXField.allCases.count)
  /// The parents' fields under their names for a child.
  private(set) var inherited: [BibTeXField: Int] = [:]
  /// Fields without a meaning here.
  private(set) var others: [Int] = []
  /// Whether two fields of the entry may have one name.
  private var hasRepeats = false
  private(set) var current = 0
  private var ordinal = 0
  private var nextFault = 0
  /// Entries by the hash of their key, letter case aside.
  private var keys: [UInt64: Int] = [:]
  private var hasKeys = false
  private(set) var warnings: [ParseWarning] = []
  /// Where the key's own text was seen first, by hash.
  private var firstKeys: [Int: Int] = [:]

  init(_ source: SourceText, _ bytes: Buffer) {
    self.source = source
    self.bytes = bytes
    index = BibTeXScanner.scan(bytes, from: source.start)
  }

  func slice(_ extent: BibTeXIndex.Extent) -> Buffer { Buffer(rebasing: bytes[extent.range]) }

  func string(_ extent: BibTeXIndex.Extent) -> String { text(slice(extent)) }

  /// Bytes as text; those that are not UTF-8 are read as Windows-1252.
  func text(_ buffer: Buffer) -> String {
    guard source.firstFault != nil else { return String(decoding: buffer, as: UTF8.self) }
    return String(decoding: Self.repaired(Array(buffer)), as: UTF8.self)
  }

  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard var fault = bytes.firstIllFormed(from: 0) else { return bytes }
    var result: [UInt8] = []
    var start = 0
    while true {
      result.append(contentsOf: bytes[start..<fault])
      result.append(contentsOf: Character(SourceText.windows1252(bytes[fault])).utf8)
      start = fault + 1
      guard let next = bytes.firstIllFormed(from: start) else { break }
      fault = next
    }
    result.append(contentsOf: bytes[start...])
    return result
  }

  // MARK: - Macros and values

  /// The longest text that a macro may stand for, in bytes: macros of macros would grow without bound.
  private static let longestMacro = 1 << 14

  mutating func defineMacros() {
    for block in index.blocks where block.kind == .macros {
      for field in block.fields.range {
        let text = joined(index.fields[field], at: Int(block.span.start))
        if text.count <= Self.longestMacro {
          macros.define(slice(index.fields[field].name), text, at: Int(block.span.start))
        }
      }
    }
  }

  /// The one piece of a value that is no macro; `nil` for another value.
  @inline(__always)
  func single(_ field: BibTeXIndex.Field) -> Buffer? {
    guard field.pieces.count == 1, source.firstFault == nil else { return nil }
    let piece = index.pieces[Int(field.pieces.start)]
    return piece.kind == .word ? nil : slice(piece.text)
  }

  /// The text of a value: pieces joined, macros put in; an unknown macro stands for its name.
  func joined(_ field: BibTeXIndex.Field, at position: Int) -> [UInt8] {
    var text: [UInt8] = []
    for piece in index.pieces[field.pieces.range] {
      let piecesText = slice(piece.text)
      if piece.kind == .word, let known = macros.text(piecesText, at: position), text.count <= 1 << 20 {
        text.append(contentsOf: known)
      } else {
        text.append(contentsOf: piecesText)
      }
    }
    return source.firstFault == nil ? text : Self.repaired(text)
  }

  /// Gives the bytes of a value.
  @inline(__always)
  mutating func withValue<Result>(_ field: Int, _ body: (inout BibTeXRecordMaker, Buffer) -> Result) -> Result {
    let found = index.fields[field]
    if let single = single(found) { return body(&self, single) }
    let text = joined(found, at: Int(index.blocks[current].span.start))
    return text.withUnsafeBufferPointer { body(&self, $0) }
  }

  /// A field's value as it stands, without delimiters, blanks at its ends aside; `nil` for none or an empty one.
  mutating func raw(_ field: BibTeXField) -> String? {
    guard let place = place(field) else { return nil }
    return withValue(place) { maker, value in
      let trimmed = value.trimmedSlice
      return trimmed.isEmpty ? nil : String(decoding: trimmed, as: UTF8.self)
    }
  }

  /// A field's plain text; `nil` for none or an empty one.
  mutating func plain(_ field: BibTeXField) -> String? {
    guard let place = place(field) else { return nil }
    return withValue(place) { maker, value in
      maker.decoder.decode(value)
      return maker.decoder.plain.isEmpty ? nil : maker.decoder.text
    }
  }

  /// The first of some fields that has a text.
  mutating func plain(_ first: BibTeXField, _ second: BibTeXField) -> String? { plain(first) ?? plain(second) }

  /// The field's place in the index, the entry's own before a parent's.
  @inline(__always)
  func place(_ field: BibTeXField) -> Int? {
    let slot = slots[field.rawValue]
    if slot >= 0 { return Int(slot) }
    return inherited.isEmpty ? nil : inherited[field]
  }

  mutating func warn(_ code: ParseWarning.Code, _ span: ByteSpan, _ message: String) {
    warnings.append(ParseWarning(code, span, message))
  }

  // MARK: - Entries

  /// The record of an entry. Entries are asked for in the source's order.
  mutating func record(_ block: Int) -> PaperRecord {
    ordinal += 1
    current = block
    warnings.removeAll(keepingCapacity: true)
    others.removeAll(keepingCapacity: true)
    hasRepeats = false
    for slot in slots.indices { slots[slot] = -1 }
    if !inherited.isEmpty { inherited.removeAll() }
    takeFaults(block)
    checkKey(block)
    for field in index.blocks[block].fields.range { take(field) }
    if slots[BibTeXField.crossref.rawValue] >= 0 || slots[BibTeXField.xdata.rawValue] >= 0 { inherit(block) }
    var mapping = BibTeXMapping(BibTeXType(lowerName(index.blocks[block].type)))
    var record = PaperRecord(ordinal: ordinal, span: index.blocks[block].span.span, item: [:])
    record.key = string(index.blocks[block].key)
    mapping.fill(&record, &self)
    record.fields = rawFields(block)
    record.warnings = warnings
    return record
  }

  private mutating func take(_ field: Int) {
    let found = index.fields[field]
    guard let meaning = fieldNames.field(slice(found.name)) else {
      // Of names that mean nothing here more than one may be the same.
      if !others.isEmpty { hasRepeats = true }
      others.append(field)
      return
    }
    if slots[meaning.rawValue] >= 0 {
      hasRepeats = true
      warn(.duplicateField, found.name.span, "the field \(meaning.name) once more; the first one holds")
    } else {
      slots[meaning.rawValue] = Int32(truncatingIfNeeded: field)
    }
    for piece in index.pieces[found.pieces.range] where piece.kind == .word {
      if macros.text(slice(piece.text), at: Int(index.blocks[current].span.start)) == nil {
        warn(
          .undefinedString, piece.text.span, "no @string defines “\(string(piece.text))”; it stands for its own name")
      }
    }
  }

  /// All fields by their lower-case name, with the value as it stands; a repeated name gets a number.
  private func rawFields(_ block: Int) -> JSON.Object {
    let range = index.blocks[block].fields.range
    var members: [JSON.Object.Member] = []
    members.reserveCapacity(range.count)
    var seen: Set<String> = []
    var repeats: [String: Int] = [:]
    for field in range {
      let found = index.fields[field]
      let name = lowerName(found.name)
      let value: String
      if let single = single(found) {
        value = String(decoding: single, as: UTF8.self)
      } else {
        value = String(decoding: joined(found, at: Int(index.blocks[block].span.start)), as: UTF8.self)
      }
      guard hasRepeats else {
        members.append(.init(name, .string(value)))
        continue
      }
      var unique = name
      while !seen.insert(unique).inserted {
        repeats[name, default: 1] += 1
        unique = "\(name)#\(repeats[name] ?? 2)"
      }
      members.append(.init(unique, .string(value)))
    }
    return JSON.Object(distinct: members)
  }

  func lowerName(_ extent: BibTeXIndex.Extent) -> String {
    let name = slice(extent)
    guard name.count <= 15, source.firstFault == nil else { return text(name).lowercased() }
    return String(unsafeUninitializedCapacity: 15) { buffer in
      for index in 0..<name.count { buffer[index] = name[index].lowercased }
      return name.count
    }
  }

  private mutating func checkKey(_ block: Int) {
    let key = index.blocks[block].key
    guard !key.isEmpty else { return }
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(slice(key)))
    if let first = firstKeys.updateValue(block, forKey: hasher.finalize()) {
      let other = index.blocks[first].key
      if slice(other).elementsEqual(slice(key)) {
        warn(.duplicateKey, key.span, "the key \(string(key)) once more; it stands at byte \(other.start) too")
      }
    }
  }

  private mutating func takeFaults(_ block: Int) {
    while nextFault < index.faults.count, index.faults[nextFault].block <= block {
      let fault = index.faults[nextFault]
      nextFault += 1
      if fault.block == block { warn(fault.code, fault.span.span, fault.message.text) }
    }
  }

  /// Faults that belong to no entry.
  func looseWarnings() -> [ParseWarning] {
    index.faults.filter { index.blocks.indices.contains($0.block) && index.blocks[$0.block].kind != .entry }
      .map { ParseWarning($0.code, $0.span.span, $0.message.text) }
  }

  // MARK: - Parents

  /// How many entries an entry may inherit from through one another.
  private static let deepestInheritance = 8

  private mutating func inherit(_ block: Int) {
    if !hasKeys {
      hasKeys = true
      for (place, block) in index.blocks.enumerated() where block.kind == .entry && !block.key.isEmpty {
        let key = BibTeXFieldNames.hash(slice(block.key))
        if keys[key] == nil { keys[key] = place }
      }
    }
    var data = slots[BibTeXField.xdata.rawValue]
    if data >= 0, let names = raw(.xdata) {
      for name in names.split(separator: ",") { take(parent: String(name), of: block, isData: true) }
    }
    data = slots[BibTeXField.crossref.rawValue]
    if data >= 0, let name = raw(.crossref) { take(parent: name, of: block, isData: false) }
  }

  private mutating func take(parent name: String, of block: Int, isData: Bool) {
    var name = name
    var visited: Set<Int> = [block]
    while visited.count <= Self.deepestInheritance {
      let key = Array(name.utf8).trimmed
      guard let parent = keys[BibTeXFieldNames.hash(key)],
        slice(index.blocks[parent].key).elementsEqual(key, by: { $0.lowercased == $1.lowercased })
      else {
        let slot = Int(slots[(isData ? BibTeXField.xdata : .crossref).rawValue])
        let span = slot >= 0 ? index.fields[slot].value.span : index.blocks[block].span.span
        warn(.missingCrossref, span, "no entry has the key “\(name)” that this one inherits from")
        return
      }
      guard visited.insert(parent).inserted else { return }
      var fields: [BibTeXField: Int] = [:]
      for field in index.blocks[parent].fields.range {
        if let meaning = fieldNames.field(slice(index.fields[field].name)), fields[meaning] == nil {
          fields[meaning] = field
        }
      }
      if isData {
        for (field, place) in fields where field != .xdata && field != .ids { give(field, place) }
      } else {
        inherit(from: fields)
      }
      guard let next = fields[isData ? .xdata : .crossref], let more = single(index.fields[next]) else { return }
      name = String(decoding: more, as: UTF8.self)
    }
  }

  private mutating func give(_ field: BibTeXField, _ place: Int) {
    if slots[field.rawValue] < 0, inherited[field] == nil { inherited[field] = place }
  }

  /// What a `crossref` gives, as BibTeX's and BibLaTeX's default maps have it.
  private mutating func inherit(from fields: [BibTeXField: Int]) {
    // The parent's title is the child's container.
    if let title = fields[.booktitle] ?? fields[.title] {
      if slots[BibTeXField.booktitle.rawValue] < 0, inherited[.booktitle] == nil {
        inherited[.booktitle] = title
        if fields[.booktitle] == nil, let subtitle = fields[.subtitle] { give(.booksubtitle, subtitle) }
      }
    }
    if let journal = fields[.title], lowerName(index.blocks[current].type) == "article" {
      give(.journaltitle, journal)
    }
    // A date is one value, however it is written.
    let hasDate = slots[BibTeXField.date.rawValue] >= 0 || slots[BibTeXField.year.rawValue] >= 0
    for field in BibTeXField.inherited {
      guard let place = fields[field], !hasDate || field != .date && field != .year && field != .month else { continue }
      give(field, place)
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Without blanks at either end.
  var trimmedSlice: UnsafeBufferPointer<UInt8> {
    var start = startIndex
    var end = endIndex
    while start < end, self[start].isBlank { start += 1 }
    while end > start, self[end - 1].isBlank { end -= 1 }
    return UnsafeBufferPointer(rebasing: self[start..<end])
  }
}
