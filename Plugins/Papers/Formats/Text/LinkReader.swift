/// Makes links of the addresses in a text, and reads what the text promises or leaves out.
struct LinkReader {
  private let flow: FlowedText
  private let bytes: [UInt8]
  private let addresses: [FoundAddress]
  private let ranges: [Range<Int>]

  private(set) var links: [PaperRecord.Link] = []
  private(set) var promises: [PaperRecord.Link] = []
  private(set) var warnings: [ParseWarning] = []

  /// `identifiers` are the addresses that name a work; they are no links.
  init(_ flow: FlowedText, _ scan: TextScan, _ addresses: [FoundAddress], identifiers: [Range<Int>]) {
    self.flow = flow
    bytes = flow.bytes
    self.addresses = addresses
    ranges = addresses.map(\.range)
    for address in addresses where !identifiers.contains(where: { $0.overlaps(address.address) }) { read(address) }
    readAnnouncements(scan.signals)
  }

  private mutating func warn(_ code: ParseWarning.Code, _ range: Range<Int>, _ message: String) {
    warnings.append(ParseWarning(code, flow.span(range), message))
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  // MARK: - Addresses

  private mutating func read(_ found: FoundAddress) {
    let address = bytes[found.address]
    guard let place = WebPlace(found.hasScheme ? address : ("https://".utf8 + address)[...]) else {
      warn(.unparsableLink, found.range, "an address without a host that could exist")
      return
    }
    let sentence = Sentence.around(found.range, bytes, addresses: ranges)
    let announced = Announcement(sentence, before: found.range.lowerBound)
    let kind = place.kind ?? announced.kind
    let link = PaperRecord.Link(
      kind: kind, url: place.url, raw: text(found.range), status: announced.isPromise ? .promised : .present,
      span: flow.span(found.range))
    links.append(link)
    if found.isDoubled { warn(.doubledLink, found.range, "the address stands twice, as a lost \\href leaves it") }
    if !found.hasScheme { warn(.noScheme, found.address, "an address without a scheme; https is taken") }
    if place.path.hasSuffix(".git") { warn(.gitSuffix, found.address, "the address of a clone, with .git at its end") }
    if let odd = found.oddPunctuation { warn(.trailingPunctuation, odd, "signs behind the address are no part of it") }
    if announced.isPromise { warn(.promisedLink, found.range, "the text says that this will be available") }
    let isMismatched =
      place.isRepository ? announced.saysPage && !announced.saysCode : place.isPage && announced.saysOnlyCode
    if isMismatched {
      warn(
        .labelMismatch, found.range,
        place.isRepository ? "announced as a project page, but a repository" : "announced as code, but a project page")
    }
    if let mark = footnoteMark(found.range.lowerBound) {
      warn(.inlinedFootnote, mark.lowerBound..<found.range.upperBound, "a footnote stands inside the text")
    }
  }

  /// The mark of a footnote glued to a word right before an address (`code1 https://…`, `code*https://…`).
  private func footnoteMark(_ start: Int) -> Range<Int>? {
    var end = start
    while end > 0, bytes[end - 1].isBlank { end -= 1 }
    var index = end
    while index > 0, end - index < 2, bytes[index - 1].isASCIIDigit { index -= 1 }
    if index == end, index > 0, bytes[index - 1].isAny(of: "*^") { index -= 1 }
    if index == end, index > 2, bytes[index - 3] == 0xE2, bytes[index - 2] == 0x80,
      (0xA0...0xA1).contains(bytes[index - 1])
    {
      index -= 3  // † ‡
    }
    guard index < end, index > 1 else { return nil }
    let before = bytes[index - 1].isAny(of: ".,;:)") ? bytes[index - 2] : bytes[index - 1]
    return before.isASCIILower ? index..<end : nil
  }

  // MARK: - Announcements without an address

  private mutating func readAnnouncements(_ signals: [Int]) {
    var behind = 0
    for index in signals where index >= behind && !ranges.contains(where: { $0.contains(index) }) {
      let sentence = Sentence.around(index..<index + 1, bytes, addresses: ranges)
      behind = sentence.range.upperBound
      if !ranges.contains(where: { $0.overlaps(sentence.range) }) { readAnnouncement(sentence) }
    }
  }

  private mutating func readAnnouncement(_ sentence: Sentence) {
    let announced = Announcement(sentence, before: sentence.range.upperBound)
    var range = sentence.range
    while let byte = bytes[range].first, byte.isBlank { range = range.lowerBound + 1..<range.upperBound }
    if announced.isPromise {
      promises.append(
        PaperRecord.Link(
          kind: announced.kind == .other ? .code : announced.kind, url: nil, raw: text(range), status: .promised,
          span: flow.span(range)))
      warn(.promisedLink, range, "the text promises this, and gives no address")
    } else if announced.namesHostOnly {
      warn(.noAddress, range, "the text says where this is available, and gives no address")
    }
  }
}

/// What a sentence announces: code, data, a project page; there now or some day.
struct Announcement {
  let saysCode: Bool
  let saysData: Bool
  let saysPage: Bool
  /// Code, and nothing that a project page is for.
  let saysOnlyCode: Bool
  let isPromise: Bool
  /// Something is available at a host or page that is named without its address.
  let namesHostOnly: Bool

  private static let code: [StaticString] = [
    "code", "codes", "codebase", "implementation", "implementations", "software", "source", "source-code", "scripts",
    "repository", "repo", "library", "toolkit", "toolbox", "package", "notebooks",
  ]
  private static let models: [StaticString] = ["model", "models", "weights", "checkpoints", "checkpoint"]
  private static let data: [StaticString] = [
    "data", "dataset", "datasets", "data-set", "data-sets", "corpus", "corpora", "benchmark", "benchmarks",
    "annotations",
  ]
  private static let pages: [StaticString] = ["website", "web-site", "webpage", "web-page", "homepage", "project-page"]
  private static let shows: [StaticString] = [
    "demo", "demos", "video", "videos", "page", "pages", "site", "project", "results", "visualizations", "examples",
    "samples", "supplementary", "material", "materials", "website", "webpage", "homepage", "documentation", "tutorial",
  ]
  private static let availability: [StaticString] = [
    "available", "released", "release", "open-sourced", "open-source", "opensourced", "published", "publish", "public",
    "publicly", "accessible", "provided", "shared", "found", "hosted",
  ]
  private static let hosts: [StaticString] = [
    "github", "gitlab", "bitbucket", "zenodo", "huggingface", "hugging", "kaggle", "figshare", "osf", "codeberg",
    "website", "webpage", "homepage", "repository", "here", "url", "link",
  ]

  private static let signals: [StaticString] = [
    "availab", "releas", "open-sourc", "open sourc", "opensourc", "public", "publish", "found", "accessib", "hosted",
    "provided",
  ]

  /// Bytes with which such a word may begin, of eight in lower case.
  @inline(__always)
  static func initials(_ bytes: ByteWord) -> UInt64 {
    bytes.within(0x61, 1) | bytes.within(0x66, 1) | bytes.within(0x68, 1) | bytes.within(0x6F, 2)
      | bytes.within(0x72, 1)
  }

  /// Whether the word at `index` is one by which something is announced.
  static func isSignal<Text: RandomAccessCollection<UInt8>>(_ bytes: Text, _ index: Int) -> Bool
  where Text.Index == Int {
    guard index + 1 < bytes.endIndex else { return false }
    switch (bytes[index] | 0x20, bytes[index + 1] | 0x20) {
    case (0x61, 0x76), (0x61, 0x63), (0x72, 0x65), (0x6F, 0x70), (0x70, 0x75), (0x70, 0x72), (0x66, 0x6F), (0x68, 0x6F):
      // “av”, “ac”, “re”, “op”, “pu”, “pr”, “fo”, “ho”.
      return signals.contains { bytes.hasFolded($0, at: index) }
    default: return false
    }
  }

  /// `before`: where the address stands that the sentence announces.
  init(_ sentence: Sentence, before: Int) {
    let lead = sentence.words.indices.prefix { sentence.words[$0].lowerBound < before }
    let scope = lead.isEmpty ? sentence.words.indices : 0..<lead.count
    saysCode = sentence.has(Self.code, in: scope)
    saysData = sentence.has(Self.data, in: scope)
    saysPage =
      sentence.has(Self.pages, in: scope) || sentence.has("project", then: "page")
      || sentence.has("project", then: "site")
      || sentence.has("web", then: "page") || sentence.has("home", then: "page")
      || sentence.has("project", then: "website")
    saysOnlyCode = saysCode && !saysData && !sentence.has(Self.shows, in: scope)
    let hasModels = sentence.has(Self.models, in: scope)
    let hasSubject = saysCode || saysData || hasModels
    isPromise = hasSubject && Self.isFuture(sentence)
    namesHostOnly = hasSubject && !isPromise && Self.namesHost(sentence)
  }

  /// What is announced, told by the words alone.
  var kind: PaperRecord.Link.Kind {
    if saysPage { return .project }
    if saysCode { return .code }
    return saysData ? .data : .other
  }

  /// “will be made publicly available”, “to be released”, “we will open-source”.
  private static func isFuture(_ sentence: Sentence) -> Bool {
    for position in sentence.words.indices {
      let word = sentence.words[position]
      let isTo = sentence.isAny(word, of: ["to"])
      guard sentence.isAny(word, of: ["will", "shall"]) || isTo else { continue }
      if isTo {
        guard position + 1 < sentence.words.count, sentence.isAny(sentence.words[position + 1], of: ["be"]) else {
          // “we plan to release …”
          guard position > 0, sentence.isAny(sentence.words[position - 1], of: ["plan", "intend", "promise"]) else {
            continue
          }
          if sentence.has(availability, in: position..<min(sentence.words.count, position + 3)) { return true }
          continue
        }
      }
      let near = position + 1..<min(sentence.words.count, position + 6)
      // “will make our code available”
      let far = position + 1..<min(sentence.words.count, position + 12)
      if sentence.has(availability, in: near) { return true }
      if sentence.has(["make"], in: near), sentence.has(["available", "public", "accessible"], in: far) { return true }
    }
    return false
  }

  /// “are available in GitHub”, “is available here”.
  private static func namesHost(_ sentence: Sentence) -> Bool {
    guard
      let position = sentence.first([
        "available", "released", "accessible", "found", "hosted", "open-sourced", "published", "accessed",
      ])
    else { return false }
    let near = position + 1..<min(sentence.words.count, position + 7)
    guard sentence.has(["in", "on", "at", "from", "via", "through", "under", "here"], in: near) else { return false }
    return sentence.has(hosts, in: near) || sentence.has("project", then: "page")
  }
}
