/// What the fields of a record hold besides their words: links, identifiers, LaTeX, faults.
struct FieldReading {
  private(set) var identifiers: [PaperRecord.Identifier] = []
  private(set) var links: [PaperRecord.Link] = []
  private(set) var promises: [PaperRecord.Link] = []
  private(set) var mentions: [PaperRecord.Mention] = []
  private(set) var warnings: [ParseWarning] = []

  mutating func warn(_ code: ParseWarning.Code, _ span: ByteSpan, _ message: String) {
    warnings.append(ParseWarning(code, span, message))
  }

  mutating func warn(_ warning: ParseWarning) { warnings.append(warning) }

  /// Reads a field and returns its plain form.
  mutating func read(_ flow: FlowedText) -> String {
    let bytes = flow.bytes
    let scan = TextScan(bytes)
    let addresses = scan.mayHoldAddress ? AddressFinder.find(bytes) : []
    let found = scan.mayHoldIdentifier ? IdentifierFinder.find(bytes) : []
    for identifier in found { take(identifier, flow, addresses) }

    let ranges = addresses.map(\.range)
    let reader = LinkReader(flow, scan, addresses, identifiers: found.map(\.range))
    links += reader.links
    promises += reader.promises
    warnings += reader.warnings

    for finding in TextFaults.findings(bytes, scan, addresses: ranges) {
      warn(finding.code, flow.span(finding.range), finding.message)
    }
    let (plain, findings) =
      scan.needsDecoding
      ? LaTeXReader.read(bytes, addresses: ranges) : (String(decoding: bytes, as: UTF8.self), [])
    for finding in findings { warn(finding.code, flow.span(finding.range), finding.message) }
    for range in BareLaTeX.findings(bytes, scan, addresses: ranges)
    where !findings.contains(where: { $0.code == .latexMath && $0.range.overlaps(range) }) {
      warn(.latexBare, flow.span(range), "LaTeX without its backslash or dollar signs")
    }
    return plain
  }

  /// An identifier is the paper's own only where the text says so; any other names another work.
  private mutating func take(_ found: FoundIdentifier, _ flow: FlowedText, _ addresses: [FoundAddress]) {
    guard found.scheme != .orcid else { return }
    let identifier = PaperRecord.Identifier(scheme: found.scheme, value: found.value)
    if OwnIdentifier.isOwn(found, flow.bytes, addresses.map(\.range)) {
      if !identifiers.contains(identifier) { identifiers.append(identifier) }
    } else {
      let span = flow.span(found.range)
      mentions.append(PaperRecord.Mention(identifier: identifier, span: span))
      warn(.mention, span, "names another work: \(found.scheme.rawValue) \(found.value)")
    }
  }
}

/// Tells whether an identifier in a paper's text is the paper's own.
enum OwnIdentifier {
  private static let labels: [StaticString] = [
    "doi", "arxiv", "url", "preprint", "paper", "pdf", "link", "identifier", "id", "pmid", "pmcid", "isbn", "version",
    "published", "available", "at", "https", "http",
  ]

  static func isOwn(_ found: FoundIdentifier, _ bytes: [UInt8], _ addresses: [Range<Int>]) -> Bool {
    let sentence = Sentence.around(found.range, bytes, addresses: addresses + [found.range])
    let inside = sentence.words.filter { !$0.overlaps(found.range) }
    // A sentence of nothing but a label and the identifier, perhaps with its subject class (“cs.CL”).
    let isSubject = { (word: Range<Int>) in
      word.lowerBound > found.range.upperBound && word.upperBound <= found.range.upperBound + 18
        && bytes[found.range.upperBound...].prefix(3).contains(UInt8(ascii: "["))
    }
    if inside.allSatisfy({ sentence.isAny($0, of: labels) || isSubject($0) }) { return true }
    // “This paper is available at …”, “The published version of this article appeared as …”.
    let lead = sentence.words.indices.prefix { sentence.words[$0].upperBound <= found.range.lowerBound }
    let before = 0..<lead.count
    let namesItself = lead.contains { position in
      sentence.isAny(sentence.words[position], of: ["this", "our", "present"]) && position + 1 < lead.count
        && sentence.isAny(
          sentence.words[position + 1],
          of: ["paper", "article", "preprint", "manuscript", "work", "study", "report", "thesis"])
    }
    let version = sentence.first(["published", "final", "extended", "full", "journal", "conference", "preprint"])
    let namesVersion = version.map { sentence.has(["version"], in: $0..<min(sentence.words.count, $0 + 3)) } ?? false
    return (namesItself || namesVersion)
      && sentence.has(["available", "published", "appeared", "appears", "accessible", "found"], in: before)
  }
}
