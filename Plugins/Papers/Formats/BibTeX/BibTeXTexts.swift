import JSON

/// What the texts of an entry hold besides their words.
extension BibTeXRecordMaker {
  /// A field of the record with its exact bytes.
  func field(_ place: Int, _ plain: String) -> PaperRecord.Field {
    let found = values.index.fields[place]
    let extent = found.pieces.count == 1 ? values.index.pieces[Int(found.pieces.start)].text : found.value
    return PaperRecord.Field(span: extent.span, raw: Array(values.slice(extent)), plain: plain)
  }

  /// Warns of what the decoder left as written.
  mutating func noteUnknown(_ value: Buffer) {
    guard !decoder.unknown.isEmpty || !decoder.formulas.isEmpty else { return }
    // A value of one piece is a part of the source, so its ranges have a place there.
    let start = value.baseAddress.flatMap { address in values.bytes.baseAddress.map { address - $0 } } ?? -1
    let isInside = start >= 0 && start + value.count <= values.bytes.count
    let whole = values.index.blocks[current].span.span
    for range in decoder.unknown.prefix(8) {
      let name = String(decoding: Buffer(rebasing: value[range]), as: UTF8.self)
      let span = isInside ? ByteSpan(start + range.lowerBound, start + range.upperBound) : whole
      warn(.latexCommand, span, "the LaTeX command \(name) is not known; it stays as written")
    }
    for range in decoder.formulas.prefix(8) {
      let span = isInside ? ByteSpan(start + range.lowerBound, start + range.upperBound) : whole
      warn(.latexMath, span, "a formula that has no plain form stays as written")
    }
  }

  /// Finds addresses, announcements and identifiers of other works in a text.
  mutating func look(_ place: Int, _ record: inout PaperRecord) {
    guard let text = values.single(values.index.fields[place]), !text.isEmpty else { return }
    guard Self.maySay(text) else { return }
    let copy = Array(text)
    let scan = TextScan(copy)
    guard scan.mayHoldAddress || scan.mayHoldIdentifier || !scan.signals.isEmpty else { return }
    let extent = values.index.pieces[Int(values.index.fields[place].pieces.start)].text
    var flow = FlowedText()
    flow.append(source, extent.range)
    let addresses = scan.mayHoldAddress ? AddressFinder.find(copy) : []
    let found = scan.mayHoldIdentifier ? IdentifierFinder.find(copy) : []
    let reader = LinkReader(flow, scan, addresses, identifiers: found.map(\.range))
    record.links += reader.links
    record.promises += reader.promises
    for warning in reader.warnings { warn(warning.code, warning.span, warning.message) }
    for identifier in found where identifier.scheme != .orcid {
      let value = PaperRecord.Identifier(scheme: identifier.scheme, value: identifier.value)
      if record.identifiers.contains(value) { continue }
      record.mentions.append(PaperRecord.Mention(identifier: value, span: flow.span(identifier.range)))
    }
  }

  /// Whether a text may hold an address, an identifier or an announcement: a quick look, as most texts hold none.
  private static func maySay(_ text: Buffer) -> Bool {
    guard let base = text.baseAddress else { return false }
    var position = 0
    // Whether the byte before is a letter.
    var carry: UInt64 = 0
    while position + ByteWord.width < text.count {
      let here = ByteWord(base + position)
      // `.`, `/` and digits.
      var places = here.within(UInt8(ascii: "."), 12)
      let letters = here.letters
      // Letters that begin a word, if it is one by which something may be announced.
      places |= letters & ~(letters << 8 | carry) & Announcement.initials(here.lowercased)
      carry = letters >> 56
      while places != 0 {
        if says(text, position + places.trailingZeroBitCount >> 3) { return true }
        places &= places - 1
      }
      position += ByteWord.width
    }
    while position < text.count {
      if says(text, position) { return true }
      position += 1
    }
    return false
  }

  /// Whether an address, an identifier or an announcement may begin or show itself at a place.
  private static func says(_ text: Buffer, _ index: Int) -> Bool {
    let byte = text[index]
    let isWord = index > 0 && text[index - 1].isASCIIWord
    if byte.isASCIILetter {
      return !isWord && Announcement.isSignal(text, index)
    } else if byte.isASCIIDigit {
      return index > 2 && text[index - 1].isASCIIDigit && text[index - 2].isASCIIDigit && text[index - 3].isASCIIDigit
    } else if byte == UInt8(ascii: ".") {
      return isWord && index > 1 && text[index - 2].isASCIIWord && index + 1 < text.count && text[index + 1].isASCIIWord
    }
    return byte == UInt8(ascii: "/")
  }

  /// A date, in which `~` is the sign of doubt and no blank.
  mutating func date(_ field: BibTeXField) -> String? {
    guard let text = raw(field) else { return nil }
    return text.utf8.contains { $0.isAny(of: "\\{}$") } ? plain(field) : text
  }

  /// The date of a plain four-digit `year` and a month by its macro, as nearly all entries have it.
  func plainDate() -> CSLDate? {
    guard let place = place(.year), let year = values.single(values.index.fields[place])?.trimmedSlice, year.count == 4,
      year.allSatisfy(\.isASCIIDigit), self.place(.day) == nil
    else { return nil }
    var parts = CSLDate.Parts(year.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    if let place = self.place(.month) {
      let pieces = values.index.fields[place].pieces
      guard pieces.count == 1 else { return nil }
      let month = values.slice(values.index.pieces[Int(pieces.start)].text)
      guard month.count == 3, let number = Months.number(threeLetters: month) else { return nil }
      parts.month = number
    }
    return CSLDate(parts)
  }

  /// An address or identifier: nothing in it is TeX but escaped signs; `nil` for none.
  mutating func address(_ field: BibTeXField) -> String? {
    guard let place = place(field) else { return nil }
    return withValue(place) { maker, value in
      var trimmed = value.trimmedSlice
      guard trimmed.contains(where: { $0.isAny(of: "\\{}$") || $0.isBlank }) else {
        return trimmed.isEmpty ? nil : String(decoding: trimmed, as: UTF8.self)
      }
      // `\url{…}` around the whole, or braces.
      let text = Array(trimmed)
      if let command = text[...].firstRange(of: "\\url"), let open = text[command.upperBound...].firstIndex(of: 0x7B),
        let close = text.lastIndex(of: 0x7D), close > open
      {
        trimmed = Buffer(rebasing: trimmed[open + 1..<close]).trimmedSlice
      }
      let cleaned = BibTeXIdentifiers.unescaped(trimmed)
      return cleaned.isEmpty ? nil : cleaned
    }
  }
}

/// Collects an entry's own identifiers.
struct BibTeXIdentifiers {
  private(set) var identifiers: [PaperRecord.Identifier] = []

  private mutating func add(_ scheme: IdentifierScheme, _ value: String) {
    let identifier = PaperRecord.Identifier(scheme: scheme, value: value)
    if !identifiers.contains(identifier) { identifiers.append(identifier) }
  }

  mutating func take(_ scheme: IdentifierScheme, _ text: String) {
    if let read = scheme.read(text) { add(scheme, read.value) }
  }

  /// Takes a DOI in any form and returns it without its prefix, in its own letter case.
  mutating func doi(_ text: String) -> String {
    if let plain = Self.plainDOI(text) {
      add(.doi, plain)
      return text
    }
    guard let read = IdentifierScheme.doi.read(text) ?? IdentifierScheme.doi.readDamaged(text) else { return text }
    // arXiv's own DOIs name an arXiv paper.
    if read.value.hasPrefix("10.48550/arxiv."), let arXiv = IdentifierScheme.arxiv.read(read.value) {
      add(.arxiv, arXiv.value)
    }
    add(.doi, read.value)
    let bytes = Array(text.utf8)
    let length = read.value.utf8.count
    if bytes.count >= length {
      // The canonical form is of lower case; the text's own letters are at its end.
      let end = Array(bytes.trimmed.suffix(length))
      if String(decoding: end.map(\.lowercased), as: UTF8.self) == read.value {
        return String(decoding: end, as: UTF8.self)
      }
    }
    return read.value
  }

  /// The canonical form of a bare DOI of ordinary signs; `nil` for any other text.
  private static func plainDOI(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { bytes -> String? in
      guard bytes.count > 8, bytes.count < 200, bytes[0] == 0x31, bytes[1] == 0x30, bytes[2] == 0x2E else { return nil }
      var slash = 3
      while slash < bytes.count, bytes[slash].isASCIIDigit { slash += 1 }
      guard (4...9).contains(slash - 3), slash + 1 < bytes.count, bytes[slash] == UInt8(ascii: "/") else { return nil }
      for byte in bytes[(slash + 1)...] {
        guard byte.isASCIIWord || byte == 0x2E || byte == 0x2D || byte == 0x5F || byte == 0x28 || byte == 0x29 else {
          return nil
        }
      }
      if bytes[3..<slash].elementsEqual("48550".utf8) { return nil }
      return String(unsafeUninitializedCapacity: bytes.count) { buffer in
        for index in 0..<bytes.count { buffer[index] = bytes[index].lowercased }
        return bytes.count
      }
    }
  }

  /// Takes the ISBNs of a list; returns the first that is none.
  mutating func isbn(_ text: String) -> String? {
    var wrong: String?
    for part in text.split(whereSeparator: { ",;/".contains($0) }) {
      if let read = IdentifierScheme.isbn.read(String(part)) {
        add(.isbn, read.value)
      } else if wrong == nil {
        let digits = part.utf8.count(where: \.isASCIIDigit)
        if digits == 9 || digits == 10 || digits == 13 { wrong = String(part) }
      }
    }
    return wrong
  }

  mutating func eprint(_ text: String, scheme: String?) {
    switch scheme?.lowercased() {
    case "arxiv", nil, "": take(.arxiv, text)
    case "pubmed", "pmid": take(.pmid, text)
    case "pmc", "pmcid": take(.pmcid, text)
    case "doi": take(.doi, text)
    default: break
    }
  }

  /// An address that is an identifier's own.
  mutating func address(_ url: String) {
    let bytes = Array(url.utf8)[...]
    guard bytes.contains("arxiv.org") || bytes.contains("doi.org") || bytes.contains("ncbi.nlm.nih.gov") else { return }
    for scheme in [IdentifierScheme.arxiv, .doi, .pmcid, .pmid] {
      if let read = scheme.read(url) { return add(scheme, read.value) }
    }
  }

  /// The link of an address that is no identifier.
  func link(_ url: String, _ span: ByteSpan) -> [PaperRecord.Link] {
    let bytes = Array(url.utf8)[...]
    guard bytes.hasFolded("http", at: bytes.startIndex), !bytes.contains("doi.org/"), !bytes.contains("arxiv.org/"),
      let place = WebPlace(bytes)
    else { return [] }
    return [PaperRecord.Link(kind: place.kind ?? .other, url: place.url, raw: url, status: .present, span: span)]
  }

  /// Without braces and backslashes that only protect a sign.
  static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    if bytes.contains(UInt8(ascii: "$"))
      || bytes.indices.contains(where: {
        bytes[$0] == UInt8(ascii: "\\") && $0 + 1 < bytes.count && bytes[$0 + 1].isASCIILetter
      })
    {
      var decoder = TeXDecoder()
      decoder.decode(bytes)
      return decoder.text
    }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1].isAny(of: "_%&#~{}$^-\\/:. ") {
        // `\~{}` is the sign with nothing to stand on.
        if !bytes[index + 1].isAny(of: "-\\/") { result.append(bytes[index + 1]) }
        index += 2
        continue
      }
      if byte != UInt8(ascii: "{"), byte != UInt8(ascii: "}"), byte != 0x0A, byte != 0x0D { result.append(byte) }
      index += 1
    }
    return String(decoding: result.trimmed, as: UTF8.self)
  }
}
