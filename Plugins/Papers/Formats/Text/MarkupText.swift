/// Text with the tags of HTML and JATS in it, as titles and abstracts of web services have them.
enum MarkupText {
  /// Elements that begin a new paragraph, whatever their namespace.
  private static let blocks: [StaticString] = [
    "p", "title", "sec", "br", "li", "list", "list-item", "div", "h1", "h2", "h3", "h4", "disp-formula", "label",
  ]
  /// Elements whose content is another form of what stands beside them.
  private static let hidden: [StaticString] = ["tex-math", "annotation", "annotation-xml"]

  /// The text without tags and with character references resolved; a heading “Abstract” at the front is no text.
  static func plain(_ text: SpannedText) -> SpannedText {
    let bytes = text.bytes
    guard bytes.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") }) else { return text }
    var result = SpannedText()
    var index = 0
    var from = 0
    func flush(_ end: Int) {
      guard from < end else { return }
      // Escapes of the source may stand inside the stretch.
      var start = from
      while start < end {
        var stop = start + 1
        while stop < end, text.source(stop) - text.source(start) == stop - start { stop += 1 }
        result.append(bytes[start..<stop], at: text.source(start))
        start = stop
      }
    }
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "<"), let tag = tag(bytes, index) {
        flush(index)
        if blocks.contains(where: { tag.name.isFolded($0) }) { result.append(0x20, at: text.source(index)) }
        index = tag.end
        if !tag.isEnd, hidden.contains(where: { tag.name.isFolded($0) }),
          let close = bytes[index...].firstIndex(of: UInt8(ascii: "<"))
        {
          index = close
        }
        from = index
      } else if bytes[index] == UInt8(ascii: "&"), let (scalar, length) = CharacterReference.read(bytes, index) {
        flush(index)
        result.append(scalar, at: text.source(index))
        index += length
        from = index
      } else {
        index += 1
      }
    }
    flush(bytes.count)
    return result
  }

  private static func tag(_ bytes: [UInt8], _ index: Int) -> (name: ArraySlice<UInt8>, end: Int, isEnd: Bool)? {
    var at = index + 1
    let isEnd = at < bytes.count && bytes[at] == UInt8(ascii: "/")
    if isEnd { at += 1 }
    guard at < bytes.count, bytes[at].isASCIILetter else { return nil }
    var name = bytes[at...].prefix { $0.isASCIIWord || $0 == UInt8(ascii: "-") }
    if name.endIndex < bytes.count, bytes[name.endIndex] == UInt8(ascii: ":") {
      name = bytes[(name.endIndex + 1)...].prefix { $0.isASCIIWord || $0 == UInt8(ascii: "-") }
    }
    guard let close = bytes[name.endIndex...].firstIndex(where: { $0 == 0x3E || $0 == 0x3C }), bytes[close] == 0x3E,
      name.endIndex == close || bytes[name.endIndex].isBlank || bytes[name.endIndex] == UInt8(ascii: "/")
    else { return nil }
    return (name, close + 1, isEnd)
  }
}

/// Character references of XML and the commonest of HTML.
enum CharacterReference {
  /// The character that a reference at `index` stands for, and the length of the reference.
  static func read(_ bytes: [UInt8], _ index: Int) -> (Unicode.Scalar, Int)? {
    let limit = min(bytes.count, index + 12)
    guard index + 2 < limit, let end = bytes[index..<limit].firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let body = bytes[(index + 1)..<end]
    let length = end + 1 - index
    if body.first == UInt8(ascii: "#") {
      let digits = body.dropFirst()
      let isHex = digits.first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
      let text = String(decoding: isHex ? digits.dropFirst() : digits, as: UTF8.self)
      guard let number = UInt32(text, radix: isHex ? 16 : 10), number >= 0x20 || number == 9 || number == 10,
        let scalar = Unicode.Scalar(number)
      else { return nil }
      return (scalar, length)
    }
    guard let scalar = named[String(decoding: body, as: UTF8.self)] else { return nil }
    return (scalar, length)
  }

  private static let named: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "ndash": "–", "mdash": "—",
    "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "hellip": "…", "deg": "°", "plusmn": "±", "times": "×",
    "micro": "µ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "pi": "π", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "omega": "ω", "Delta": "Δ", "Omega": "Ω",
    "le": "≤", "ge": "≥", "ne": "≠", "rarr": "→", "larr": "←", "infin": "∞", "reg": "®", "trade": "™", "copy": "©",
    "aacute": "á", "agrave": "à", "acirc": "â", "atilde": "ã", "auml": "ä", "aring": "å", "aelig": "æ", "ccedil": "ç",
    "eacute": "é", "egrave": "è", "ecirc": "ê", "euml": "ë", "iacute": "í", "igrave": "ì", "icirc": "î", "iuml": "ï",
    "ntilde": "ñ", "oacute": "ó", "ograve": "ò", "ocirc": "ô", "otilde": "õ", "ouml": "ö", "oslash": "ø",
    "uacute": "ú", "ugrave": "ù", "ucirc": "û", "uuml": "ü", "yacute": "ý", "szlig": "ß", "Aacute": "Á", "Auml": "Ä",
    "Aring": "Å", "Ccedil": "Ç", "Eacute": "É", "Oacute": "Ó", "Ouml": "Ö", "Oslash": "Ø", "Uuml": "Ü", "scaron": "š",
    "Scaron": "Š", "thinsp": "\u{2009}", "ensp": "\u{2002}", "emsp": "\u{2003}", "shy": "\u{AD}", "prime": "′",
  ]
}
