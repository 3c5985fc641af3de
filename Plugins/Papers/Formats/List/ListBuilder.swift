import JSON
import PaperStore

/// Turns labelled lines into records, warnings and regions.
struct ListBuilder {
  private let source: SourceText
  private let layout: ListLayout
  private var entries: [Entry] = []
  private var warnings: [ParseWarning] = []
  private var regions: [PaperDocument.Region] = []

  /// The lines of one paper.
  private struct Entry {
    var title: [Int] = []
    var abstract: [Int] = []
    var repeated: [Int] = []
    var glued: [ByteSpan] = []
  }

  /// A line whose reading beats the next best by less than this many nats is called uncertain.
  private let uncertainMargin: Double

  init(_ source: SourceText, _ layout: ListLayout, uncertainMargin: Double) {
    self.source = source
    self.layout = layout
    self.uncertainMargin = uncertainMargin
  }

  mutating func document() -> PaperDocument {
    if source.start > 0 {
      let mark = ByteSpan(0, source.start)
      add(.blank, mark)
      warnings.append(ParseWarning(.byteOrderMark, mark, "the source begins with a byte-order mark"))
    }
    if let fault = source.firstFault {
      warnings.append(
        ParseWarning(
          .notUTF8, ByteSpan(fault, fault + 1), "the source is not UTF-8; its odd bytes are read as Windows-1252"))
    }
    for index in layout.lines.indices { place(index) }
    var records = entries.enumerated().map { record($1, ordinal: $0 + 1) }
    DuplicateRecords.mark(&records)
    return PaperDocument(format: .list, records: records, warnings: warnings, regions: regions)
  }

  // MARK: - Lines to entries

  private mutating func place(_ index: Int) {
    let line = layout.lines[index]
    let whole = ByteSpan(line.start, line.next)
    switch layout.roles[index] {
    case .blank: add(.blank, whole)
    case .banner:
      add(.banner, whole)
      warnings.append(ParseWarning(.banner, span(line.text), "a banner line, no part of a paper"))
    case .repeated:
      add(.skipped, whole)
      if entries.isEmpty {
        warnings.append(Self.repetition(span(line.text)))
      } else {
        entries[entries.count - 1].repeated.append(index)
      }
    case .text(let label):
      switch label {
      case .title: entries.append(Entry(title: [index]))
      case .abstract:
        if let last = entries.last, last.abstract.isEmpty {
          entries[entries.count - 1].abstract = [index]
        } else {
          entries.append(Entry(abstract: [index]))
        }
      case .titleContinued: entries[entries.count - 1].title.append(index)
      case .abstractContinued: entries[entries.count - 1].abstract.append(index)
      case .banner: break
      }
      // A banner glued to the front is a region of its own.
      if !line.glued.isEmpty {
        add(.banner, ByteSpan(line.start, line.glued.upperBound))
        entries[entries.count - 1].glued.append(span(line.glued))
        add(.record(entries.count), ByteSpan(line.text.lowerBound, line.next))
      } else {
        add(.record(entries.count), whole)
      }
    }
  }

  private mutating func add(_ kind: PaperDocument.Region.Kind, _ span: ByteSpan) {
    guard !span.isEmpty else { return }
    if let last = regions.last, last.kind == kind, last.span.end == span.start {
      regions[regions.count - 1].span.end = span.end
    } else {
      regions.append(PaperDocument.Region(kind: kind, span: span))
    }
  }

  private func span(_ range: Range<Int>) -> ByteSpan { ByteSpan(range.lowerBound, range.upperBound) }

  private static func repetition(_ span: ByteSpan) -> ParseWarning {
    ParseWarning(.duplicate, span, "the line before it once more; left out")
  }

  // MARK: - Entries to records

  private func record(_ entry: Entry, ordinal: Int) -> PaperRecord {
    let lines = (entry.title + entry.abstract).sorted()
    let first = layout.lines[lines[0]].text.lowerBound
    let last = layout.lines[lines[lines.count - 1]].text.upperBound
    var record = PaperRecord(ordinal: ordinal, span: ByteSpan(first, last), item: ["id": JSON("\(ordinal)")])
    record.item["type"] = "document"
    var reading = FieldReading()
    if let field = field(entry.title, into: &reading) {
      record.title = field
      record.item["title"] = .string(field.plain)
    } else {
      reading.warn(.missingTitle, ByteSpan(first, first), "an abstract without a title before it")
    }
    if let field = field(entry.abstract, into: &reading) {
      record.abstract = field
      record.item["abstract"] = .string(field.plain)
    } else {
      reading.warn(.missingAbstract, ByteSpan(last, last), "a title without an abstract behind it")
    }
    for glued in entry.glued { reading.warn(.gluedBanner, glued, "a banner glued to the front of the line") }
    for index in entry.repeated { reading.warn(Self.repetition(span(layout.lines[index].text))) }
    if entry.title.count > 1 || entry.abstract.count > 1 {
      reading.warn(.wrapped, record.span, "wrapped over \(lines.count) lines, which are joined")
    }
    if let doubtful = lines.min(by: { layout.margins[$0] < layout.margins[$1] }),
      layout.margins[doubtful] < uncertainMargin
    {
      reading.warn(
        .uncertain, span(layout.lines[doubtful].text),
        "this line may be another part of the list; its reading is better than the next best by "
          + "\(Int(layout.margins[doubtful] * 10)) tenths of a nat")
    }
    record.identifiers = reading.identifiers
    record.links = reading.links
    record.promises = reading.promises
    record.mentions = reading.mentions
    record.warnings = reading.warnings.sorted { ($0.span.start, $0.code.rawValue) < ($1.span.start, $1.code.rawValue) }
    return record
  }

  /// The text of some lines as one field.
  private func field(_ indices: [Int], into reading: inout FieldReading) -> PaperRecord.Field? {
    guard let first = indices.first, let last = indices.last else { return nil }
    var flow = FlowedText()
    var raw: [UInt8] = []
    for (position, index) in indices.enumerated() {
      let line = layout.lines[index]
      flow.append(source, line.text)
      raw += source.bytes[line.text]
      guard position + 1 < indices.count else { break }
      let next = layout.lines[indices[position + 1]]
      if joinsByBlank(line, next) { flow.appendBlank(at: line.text.upperBound) }
      // What was set aside between the two lines is left out.
      let between = (index + 1)..<indices[position + 1]
      let isClean = between.allSatisfy { layout.roles[$0] == .blank }
      raw += source.bytes[line.text.upperBound..<(isClean ? next.text.lowerBound : line.next)]
    }
    let plain = reading.read(flow)
    let span = ByteSpan(layout.lines[first].text.lowerBound, layout.lines[last].text.upperBound)
    return PaperRecord.Field(span: span, raw: raw, plain: plain)
  }

  /// Whether a blank stood where the line was broken; it did not where a word or an address was cut.
  private func joinsByBlank(_ line: ListLine, _ next: ListLine) -> Bool {
    let bytes = source.bytes
    let end = line.text.upperBound
    let begin = next.text.lowerBound
    if layout.widths.cutsWords, let width = layout.widths.widths.first, line.end - line.start >= width {
      return bytes[line.end - 1].isBlank || bytes[next.start].isBlank
    }
    let word = bytes[line.text].suffix(while: { !$0.isBlank })
    if word.contains("://"), layout.widths.widths.contains(line.width) { return false }
    let head = bytes[next.text].prefix { $0.isLetter }
    if bytes[end - 1] == UInt8(ascii: "-"), line.width > 1 {
      let dashes = word.suffix(while: { $0 == UInt8(ascii: "-") }).count
      guard dashes < word.count, dashes <= 2, !head.isEmpty else { return true }
      let before = word[word.endIndex - dashes - 1]
      guard before.isLetter || word.contains("://") || dashes == 2 else { return true }
      return TextFaults.isConjunction(head) && (head.endIndex == next.text.upperBound || bytes[head.endIndex].isBlank)
    }
    // A dash that was broken off the word behind it.
    let dash = bytes[next.text].prefix { $0 == UInt8(ascii: "-") }.count
    if dash == 2, next.text.count > 2, bytes[begin + 2].isLetter, bytes[end - 1].isLetter { return false }
    return true
  }
}

/// Finds records that are the same paper once more.
enum DuplicateRecords {
  static func mark(_ records: inout [PaperRecord]) {
    var seen: [String: Int] = [:]
    for index in records.indices {
      let record = records[index]
      let title = PaperTitle.normalised(record.title?.plain ?? "")
      let key = title.isEmpty ? "\u{0}" + PaperTitle.normalised(record.abstract?.plain ?? "") : title
      guard let first = seen[key] else {
        seen[key] = index
        continue
      }
      // A short title alone is no evidence.
      let abstracts = [records[first], record].compactMap(\.abstract).map { PaperTitle.normalised($0.plain) }
      guard !PaperTitle.isTooCommon(title) || abstracts.count == 2 && abstracts[0] == abstracts[1] else { continue }
      records[index].warnings.append(
        ParseWarning(.duplicate, record.span, "the same paper as record \(records[first].ordinal)"))
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func suffix(while predicate: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    var start = endIndex
    while start > startIndex, predicate(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}
