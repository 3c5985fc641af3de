extension PaperFormat {
  /// How much of a source is looked at, in bytes.
  static let detectionWindow = 1 << 16

  /// Tells the format from the first bytes; a text of no other format is a plain list.
  static func detect(_ bytes: [UInt8]) throws(FormatError) -> PaperFormat {
    if bytes.prefix(1024).firstRange(of: "%PDF-") != nil { return .pdf }
    let start = SourceText.afterMark(bytes)
    guard let first = bytes[start...].firstIndex(where: { !$0.isBlank }) else { throw .empty }
    let head = bytes[first..<min(bytes.count, first + detectionWindow)]
    switch bytes[first] {
    case UInt8(ascii: "<"):
      if let format = xml(head) { return format }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if let format = json(head) { return format }
    default: break
    }
    return tagged(head) ?? .list
  }

  private static func xml(_ head: ArraySlice<UInt8>) -> PaperFormat? {
    if head.contains("http://www.w3.org/2005/Atom") { return .arxivAtom }
    if head.contains("<TEI") || head.contains("http://www.tei-c.org/ns") { return .tei }
    if head.contains("<article-meta") || head.contains("-//NLM//DTD") || head.contains("<front>") { return .jats }
    return nil
  }

  private static func json(_ head: ArraySlice<UInt8>) -> PaperFormat? {
    // A brace or bracket may as well begin a title: JSON goes on with a string or another bracket.
    guard let next = head.dropFirst().first(where: { !$0.isBlank }), next.isAny(of: "\"{[]}") else { return nil }
    if isRecordLine(head) { return .records }
    if head.contains("openalex.org") || head.contains("\"abstract_inverted_index\"") { return .openAlex }
    if head.contains("\"paperId\"") || head.contains("\"externalIds\"") { return .semanticScholar }
    if head.contains("\"message-type\"") || head.contains("\"is-referenced-by-count\"")
      || head.contains("\"date-parts\"") && head.contains("\"indexed\"")
    {
      return .crossref
    }
    return head.contains("\"title\"") || head.contains("\"type\"") ? .cslJSON : nil
  }

  /// Whether the first line is one of our own: a record with its item, or a paper of a set.
  private static func isRecordLine(_ head: ArraySlice<UInt8>) -> Bool {
    guard head.first == UInt8(ascii: "{") else { return false }
    // Another program may have put blanks between the members.
    let line = head.prefix { $0 != 0x0A }.filter { !$0.isBlank }[...]
    if line.contains("\"item\":{"), line.contains("\"identifiers\":[") { return true }
    return line.contains("\"id\":\"paper:") && line.contains("\"title\":")
  }

  /// RIS and BibTeX: a line that begins an entry.
  private static func tagged(_ head: ArraySlice<UInt8>) -> PaperFormat? {
    // Web of Science files name themselves, or begin with a publication's type (`PT J`).
    if head.starts(with: "FN ".utf8), head.contains("\nVR ") || head.contains("\nPT ") { return .webOfScience }
    if head.starts(with: "PT ".utf8), head.count > 4, head[head.startIndex + 4] < 0x20 { return .webOfScience }
    for line in head.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let text = line.drop { $0.isBlank }
      if text.starts(with: "TY".utf8) {
        let rest = text.dropFirst(2).drop { $0 == 0x20 }
        if rest.first == UInt8(ascii: "-"), text.count - rest.count <= 4 { return .ris }
      }
      if text.first == UInt8(ascii: "@") {
        let name = text.dropFirst().prefix { $0.isASCIILetter }
        let rest = text.dropFirst(1 + name.count).drop { $0.isBlank }
        if !name.isEmpty, rest.first == UInt8(ascii: "{") || rest.first == UInt8(ascii: "(") { return .bibtex }
      }
    }
    return nil
  }
}

extension ArraySlice<UInt8> {
  func firstRange(of text: StaticString) -> Range<Int>? {
    text.withUTF8Buffer { pattern in
      guard let first = pattern.first, pattern.count <= count else { return nil }
      var index = startIndex
      while index <= endIndex - pattern.count {
        if self[index] == first, self[index..<index + pattern.count].elementsEqual(pattern) {
          return index..<index + pattern.count
        }
        index += 1
      }
      return nil
    }
  }

  func contains(_ text: StaticString) -> Bool { firstRange(of: text) != nil }
}
