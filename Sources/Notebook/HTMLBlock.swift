/// The seven kinds of HTML block of CommonMark (0.31, section 4.6), by how they end.
enum HTMLBlock: Equatable {
  case rawText, comment, instruction, declaration, characterData, blockTag, completeTag

  private typealias Text = Slice<UnsafeBufferPointer<UInt8>>

  /// The kind of block that a line begins (from its first byte that is no blank); `nil` when it begins none.
  init?(_ line: Slice<UnsafeBufferPointer<UInt8>>, interruptsParagraph: Bool) {
    guard line.first == Byte.less else { return nil }
    let rest = line.dropFirst()
    if rest.starts(with: "!--".utf8) {
      self = .comment
    } else if rest.first == Byte.question {
      self = .instruction
    } else if rest.starts(with: "![CDATA[".utf8) {
      self = .characterData
    } else if rest.first == UInt8(ascii: "!"), let next = rest.dropFirst().first, next.isLetter {
      self = .declaration
    } else if let kind = Self.tagKind(rest) {
      self = kind
    } else if !interruptsParagraph, Self.isCompleteTag(rest) {
      self = .completeTag
    } else {
      return nil
    }
  }

  /// True when the block ends with this line (its opening line included).
  func ends(onLine line: Slice<UnsafeBufferPointer<UInt8>>, isBlank: Bool) -> Bool {
    switch self {
    case .blockTag, .completeTag: isBlank
    case .comment: line.containsIgnoringCase("-->")
    case .instruction: line.containsIgnoringCase("?>")
    case .declaration: line.contains(Byte.greater)
    case .characterData: line.containsIgnoringCase("]]>")
    case .rawText:
      line.containsIgnoringCase("</script>") || line.containsIgnoringCase("</pre>")
        || line.containsIgnoringCase("</style>") || line.containsIgnoringCase("</textarea>")
    }
  }

  private static func tagKind(_ text: Text) -> HTMLBlock? {
    let isClosing = text.first == Byte.slash
    let name = text.dropFirst(isClosing ? 1 : 0).prefix { $0.isLetter || $0.isDigit }
    let rest = text[name.endIndex...]
    let ends = rest.isEmpty || rest.first?.isBlank == true || rest.first == Byte.greater
    if !isClosing, ends, rawTextTags.contains(where: name.isEqualIgnoringCase(to:)) { return .rawText }
    guard ends || rest.starts(with: "/>".utf8) else { return nil }
    return name.count <= 10 && blockTags.contains(where: name.isEqualIgnoringCase(to:)) ? .blockTag : nil
  }

  private static let rawTextTags: [StaticString] = ["pre", "script", "style", "textarea"]

  private static let blockTags: [StaticString] = [
    "address", "article", "aside", "base", "basefont", "blockquote", "body", "caption", "center", "col", "colgroup",
    "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame",
    "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "iframe", "legend", "li", "link",
    "main", "menu", "menuitem", "nav", "noframes", "ol", "optgroup", "option", "p", "param", "search", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "track", "ul",
  ]

  /// One open or closing tag, with nothing but blanks behind it. `text` begins after `<`.
  private static func isCompleteTag(_ text: Text) -> Bool {
    var rest = text
    let isClosing = rest.first == Byte.slash
    if isClosing { rest = rest.dropFirst() }
    guard let first = rest.first, first.isLetter else { return false }
    let name = rest.prefix { $0.isLetter || $0.isDigit || $0 == Byte.dash }
    if !isClosing, rawTextTags.contains(where: name.isEqualIgnoringCase(to:)) { return false }
    rest = rest[name.endIndex...]
    while true {
      let blanks = rest.prefix(while: \.isBlank)
      rest = rest[blanks.endIndex...]
      if rest.first == Byte.greater { return rest.dropFirst().allSatisfy(\.isBlank) }
      if isClosing { return false }
      if rest.starts(with: "/>".utf8) { return rest.dropFirst(2).allSatisfy(\.isBlank) }
      guard !blanks.isEmpty, let after = attribute(rest) else { return false }
      rest = after
    }
  }

  /// What follows an attribute; `nil` when there is none.
  private static func attribute(_ text: Text) -> Text? {
    guard let first = text.first, first.isLetter || first == Byte.underscore || first == Byte.colon else { return nil }
    let rest = text.drop { $0.isLetter || $0.isDigit || "_.:-".utf8.contains($0) }
    let equals = rest.drop(while: \.isBlank)
    guard equals.first == Byte.equals else { return rest }
    let value = equals.dropFirst().drop(while: \.isBlank)
    guard let quote = value.first else { return nil }
    if quote == Byte.quote || quote == Byte.apostrophe {
      guard let end = value.dropFirst().firstIndex(of: quote) else { return nil }
      return value[(end + 1)...]
    }
    let after = value.drop { !$0.isBlank && !"\"'=<>`".utf8.contains($0) }
    return after.startIndex > value.startIndex ? after : nil
  }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
  /// `needle` is in lower case.
  fileprivate func containsIgnoringCase(_ needle: StaticString) -> Bool {
    needle.withUTF8Buffer { needle in
      guard needle.count <= count else { return false }
      return (startIndex...(endIndex - needle.count)).contains { start in
        for offset in 0..<needle.count where self[start + offset].lowercased != needle[offset] { return false }
        return true
      }
    }
  }
}
