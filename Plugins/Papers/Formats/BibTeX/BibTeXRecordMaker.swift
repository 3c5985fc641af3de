import JSON

/// Makes records of the entries of one source.
struct BibTeXRecordMaker {
  typealias Buffer = UnsafeBufferPointer<UInt8>

  let source: SourceText
  let values: BibTeXValues
  /// What records hold on to for the sake of their fields.
  private let held: BibTeXSource
  private let fieldNames = BibTeXFieldNames()
  private let types = BibTeXTypes()
  var decoder = TeXDecoder()
  var splitter = NameSplitter()
  /// For each field that has a meaning: its place in the index, or -1.
  private(set) var slots = [Int32](repeating: -1, count: BibTeXField.allCases.count)
  /// The same of what parents give, under the names that it has for a child.
  private var inherited = [Int32](repeating: -1, count: BibTeXField.allCases.count)
  private var hasInherited = false
  /// The fields of the parent that is being looked at.
  private var parents = [Int32](repeating: -1, count: BibTeXField.allCases.count)
  /// Fields without a meaning here.
  private(set) var others: [Int] = []
  private(set) var current = 0
  private var ordinal = 0
  private var nextFault = 0
  /// Entries by the hash of their key, letter case aside.
  private var keys: [UInt64: Int] = [:]
  private var hasKeys = false
  private(set) var warnings: [ParseWarning] = []
  /// For an entry whose key stood before: where it stood last.
  private var repeatedKeys: [Int: Int] = [:]

  /// - Parameter bytes: those of the source, which outlive the maker.
  init(_ source: SourceText, _ bytes: Buffer) {
    self.source = source
    let index = BibTeXScanner.scan(bytes, from: source.start)
    var values = BibTeXValues(bytes: bytes, index: index, isUTF8: source.isUTF8)
    for block in index.blocks where block.kind == .macros {
      for field in block.fields.range {
        // A macro sees those before it.
        let text = values.joined(index.fields[field], at: Int(block.span.start))
        if text.count <= Self.longestMacro {
          values.macros.define(values.slice(index.fields[field].name), text, at: Int(block.span.start))
        }
      }
    }
    self.values = values
    held = BibTeXSource(source, values)
    findRepeatedKeys()
  }

  private mutating func findRepeatedKeys() {
    var seen: [Int: Int] = [:]
    seen.reserveCapacity(values.index.blocks.count)
    for (place, block) in values.index.blocks.enumerated() where block.kind == .entry && !block.key.isEmpty {
      var hasher = Hasher()
      hasher.combine(bytes: UnsafeRawBufferPointer(values.slice(block.key)))
      guard let other = seen.updateValue(place, forKey: hasher.finalize()) else { continue }
      if values.slice(values.index.blocks[other].key).elementsEqual(values.slice(block.key)) {
        repeatedKeys[place] = other
      }
    }
  }

  /// The longest text that a macro may stand for, in bytes: macros of macros would grow without bound.
  private static let longestMacro = 1 << 14

  // MARK: - Values

  /// Gives the bytes of a value.
  @inline(__always)
  mutating func withValue<Result>(_ field: Int, _ body: (inout BibTeXRecordMaker, Buffer) -> Result) -> Result {
    let found = values.index.fields[field]
    if let single = values.single(found) { return body(&self, single) }
    let text = values.joined(found, at: Int(values.index.blocks[current].span.start))
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
      if value.count <= 64, TeXDecoder.isPlain(value) { return String(decoding: value, as: UTF8.self) }
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
    guard hasInherited, inherited[field.rawValue] >= 0 else { return nil }
    return Int(inherited[field.rawValue])
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
    for slot in slots.indices { slots[slot] = -1 }
    if hasInherited {
      for slot in inherited.indices { inherited[slot] = -1 }
      hasInherited = false
    }
    takeFaults(block)
    checkKey(block)
    for field in values.index.blocks[block].fields.range { take(field) }
    if slots[BibTeXField.crossref.rawValue] >= 0 || slots[BibTeXField.xdata.rawValue] >= 0 { inherit(block) }
    let type = values.index.blocks[block].type
    var mapping = BibTeXMapping(types.type(values.slice(type)) ?? BibTeXType(values.lowerName(type)))
    var record = PaperRecord(ordinal: ordinal, span: values.index.blocks[block].span.span, item: [:])
    record.key = values.string(values.index.blocks[block].key)
    mapping.fill(&record, &self)
    record.heldFields = .inSource(held, block)
    record.warnings = warnings
    return record
  }

  private mutating func take(_ field: Int) {
    let found = values.index.fields[field]
    guard let meaning = fieldNames.field(values.slice(found.name)) else { return others.append(field) }
    if slots[meaning.rawValue] >= 0 {
      warn(.duplicateField, found.name.span, "the field \(meaning.name) once more; the first one holds")
    } else {
      slots[meaning.rawValue] = Int32(truncatingIfNeeded: field)
    }
    for piece in found.pieces.range where values.index.pieces[piece].kind == .word {
      let name = values.index.pieces[piece].text
      guard !values.macros.isDefined(values.slice(name)) else { continue }
      warn(.undefinedString, name.span, "no @string defines “\(values.string(name))”; it stands for its own name")
    }
  }

  private mutating func checkKey(_ block: Int) {
    guard !repeatedKeys.isEmpty, let other = repeatedKeys[block] else { return }
    let key = values.index.blocks[block].key
    let first = values.index.blocks[other].key.start
    warn(.duplicateKey, key.span, "the key \(values.string(key)) once more; it stands at byte \(first) too")
  }

  private mutating func takeFaults(_ block: Int) {
    while nextFault < values.index.faults.count, values.index.faults[nextFault].block <= block {
      let fault = values.index.faults[nextFault]
      nextFault += 1
      if fault.block == block { warn(fault.code, fault.span.span, fault.message.text) }
    }
  }

  /// Faults that belong to no entry.
  func looseWarnings() -> [ParseWarning] {
    values.index.faults.filter {
      values.index.blocks.indices.contains($0.block) && values.index.blocks[$0.block].kind != .entry
    }
    .map { ParseWarning($0.code, $0.span.span, $0.message.text) }
  }

  // MARK: - Parents

  /// How many entries an entry may inherit from through one another.
  private static let deepestInheritance = 8

  /// Finds the entries that others may inherit from; at the first call alone.
  private mutating func findKeys() {
    guard !hasKeys else { return }
    hasKeys = true
    keys.reserveCapacity(values.index.blocks.count)
    for (place, block) in values.index.blocks.enumerated() where block.kind == .entry && !block.key.isEmpty {
      let key = BibTeXFieldNames.hash(values.slice(block.key))
      if keys[key] == nil { keys[key] = place }
    }
  }

  private mutating func inherit(_ block: Int) {
    findKeys()
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
        values.slice(values.index.blocks[parent].key).elementsEqual(key, by: { $0.lowercased == $1.lowercased })
      else {
        let slot = Int(slots[(isData ? BibTeXField.xdata : .crossref).rawValue])
        let span = slot >= 0 ? values.index.fields[slot].value.span : values.index.blocks[block].span.span
        warn(.missingCrossref, span, "no entry has the key “\(name)” that this one inherits from")
        return
      }
      guard visited.insert(parent).inserted else { return }
      for slot in parents.indices { parents[slot] = -1 }
      for field in values.index.blocks[parent].fields.range {
        if let meaning = fieldNames.field(values.slice(values.index.fields[field].name)), ofParent(meaning) == nil {
          parents[meaning.rawValue] = Int32(truncatingIfNeeded: field)
        }
      }
      if isData {
        for field in BibTeXField.allCases where field != .xdata && field != .ids {
          if let place = ofParent(field) { give(field, place) }
        }
      } else {
        inherit()
      }
      guard let next = ofParent(isData ? .xdata : .crossref), let more = values.single(values.index.fields[next]) else {
        return
      }
      name = String(decoding: more, as: UTF8.self)
    }
  }

  private mutating func give(_ field: BibTeXField, _ place: Int) {
    guard slots[field.rawValue] < 0, inherited[field.rawValue] < 0 else { return }
    inherited[field.rawValue] = Int32(truncatingIfNeeded: place)
    hasInherited = true
  }

  private func ofParent(_ field: BibTeXField) -> Int? {
    let place = parents[field.rawValue]
    return place < 0 ? nil : Int(place)
  }

  /// What a `crossref` gives, as BibTeX's and BibLaTeX's default maps have it.
  private mutating func inherit() {
    // The parent's title is the child's container.
    if let title = ofParent(.booktitle) ?? ofParent(.title) {
      if slots[BibTeXField.booktitle.rawValue] < 0, inherited[BibTeXField.booktitle.rawValue] < 0 {
        give(.booktitle, title)
        if ofParent(.booktitle) == nil, let subtitle = ofParent(.subtitle) { give(.booksubtitle, subtitle) }
      }
    }
    if let journal = ofParent(.title), values.slice(values.index.blocks[current].type).isFolded("article") {
      give(.journaltitle, journal)
    }
    // A date is one value, however it is written.
    let hasDate = slots[BibTeXField.date.rawValue] >= 0 || slots[BibTeXField.year.rawValue] >= 0
    for field in BibTeXField.inherited {
      guard let place = ofParent(field), !hasDate || field != .date && field != .year && field != .month else {
        continue
      }
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
