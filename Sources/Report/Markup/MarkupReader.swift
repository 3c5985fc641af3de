/// Reads HTML fragments and SVG into a tree, whatever they hold. It never fails: what it cannot make sense of is text
/// or is left out. It need not agree with a browser on broken input, since only what the sanitiser writes anew is
/// ever shown.
struct MarkupReader {
  enum Dialect {
    case html, svg
  }

  /// Elements below this depth become siblings of their parents.
  static let depthLimit = 100
  private static let attributeLimit = 100

  private let bytes: [UInt8]
  private let dialect: Dialect
  private var position = 0
  private var builder: TreeBuilder

  static func read(_ text: String, as dialect: Dialect) -> [Markup] {
    var reader = MarkupReader(bytes: Array(text.utf8), dialect: dialect)
    reader.run()
    return reader.builder.finish()
  }

  private init(bytes: [UInt8], dialect: Dialect) {
    self.bytes = bytes
    self.dialect = dialect
    builder = TreeBuilder(dialect: dialect)
  }

  // MARK: - Tokens

  private mutating func run() {
    var start = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<"), let next = peek(1) else {
        position += 1
        continue
      }
      let isTag = next.isLetter || next == UInt8(ascii: "!") || next == UInt8(ascii: "?")
      let isEnd = next == UInt8(ascii: "/") && (peek(2)?.isLetter ?? false)
      guard isTag || isEnd else {
        position += 1
        continue
      }
      add(text: start..<position)
      if isEnd {
        readEndTag()
      } else if next.isLetter {
        readStartTag()
      } else {
        skipDeclaration()
      }
      start = position
    }
    add(text: start..<bytes.count)
  }

  private mutating func add(text range: Range<Int>, decoding: Bool = true) {
    guard !range.isEmpty else { return }
    let text = String(decoding: bytes[range], as: UTF8.self)
    builder.add(text: decoding ? CharacterReferences.decoded(text) : text)
  }

  /// A comment, a processing instruction, a document type, or in SVG a CDATA section, which is text.
  private mutating func skipDeclaration() {
    if has("<!--") {
      position = end(of: "-->", from: position + 4)
    } else if dialect == .svg && has("<![CDATA[") {
      let start = position + 9
      position = end(of: "]]>", from: start)
      add(text: start..<max(start, has("]]>", at: position - 3) ? position - 3 : position), decoding: false)
    } else if has("<!DOCTYPE") || has("<!doctype") {
      skipDocumentType()
    } else {
      position = end(of: ">", from: position + 2)
    }
  }

  /// To the `>` that stands outside quotes and outside the brackets of an internal subset.
  private mutating func skipDocumentType() {
    var depth = 0
    var quote: UInt8?
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "]") {
        depth -= 1
      } else if byte == UInt8(ascii: ">") && depth <= 0 {
        return
      }
    }
  }

  private mutating func readEndTag() {
    position += 2
    let name = readName()
    _ = readAttributes()
    builder.close(name)
  }

  private mutating func readStartTag() {
    position += 1
    let name = readName()
    guard let (attributes, isClosed) = readAttributes() else { return }
    let isEmpty =
      dialect == .svg ? isClosed : Markup.voidElements.contains(name)
    builder.open(Markup.Element(name, attributes), isEmpty: isEmpty)
    if !isEmpty && RawText.elements(of: dialect).contains(name) {
      readRawText(of: name)
    }
  }

  /// Lower-case ASCII; SVG names get their capitals back from the list of those that are allowed.
  private mutating func readName() -> String {
    let start = position
    while let byte = peek(0), !byte.isBlank, byte != UInt8(ascii: "/"), byte != UInt8(ascii: ">") { position += 1 }
    return lowercased(start..<position)
  }

  /// The attributes up to the `>`; `nil` where the text ends inside the tag.
  private mutating func readAttributes() -> (attributes: [Markup.Attribute], isClosed: Bool)? {
    var attributes: [Markup.Attribute] = []
    var names: Set<String> = []
    var isClosed = false
    while let byte = peek(0) {
      if byte == UInt8(ascii: ">") {
        position += 1
        return (attributes, isClosed)
      }
      if byte.isBlank || byte == UInt8(ascii: "/") {
        isClosed = byte == UInt8(ascii: "/")
        position += 1
        continue
      }
      isClosed = false
      let start = position
      // A leading `=` is part of the name, as in HTML.
      position += 1
      while let byte = peek(0), !byte.isBlank, byte != UInt8(ascii: "/"), byte != UInt8(ascii: ">"),
        byte != UInt8(ascii: "=")
      {
        position += 1
      }
      let name = lowercased(start..<position)
      let value = readValue()
      if attributes.count < Self.attributeLimit, names.insert(name).inserted {
        attributes.append(Markup.Attribute(name: name, value: value))
      }
    }
    return nil
  }

  /// The value behind `=`; empty where there is none.
  private mutating func readValue() -> String {
    let before = position
    skipBlanks()
    guard peek(0) == UInt8(ascii: "=") else {
      position = before
      return ""
    }
    position += 1
    skipBlanks()
    guard let first = peek(0) else { return "" }
    let start: Int
    let end: Int
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      start = position + 1
      end = bytes[start...].firstIndex(of: first) ?? bytes.count
      position = min(end + 1, bytes.count)
    } else {
      start = position
      while let byte = peek(0), !byte.isBlank, byte != UInt8(ascii: ">") { position += 1 }
      end = position
    }
    return CharacterReferences.decoded(String(decoding: bytes[start..<end], as: UTF8.self))
  }

  /// Content that holds no elements, to the end tag of its element or to the end of the text.
  private mutating func readRawText(of name: String) {
    let start = position
    let wanted = Array(name.utf8)
    while position < bytes.count {
      if has("</"), position + 2 + wanted.count <= bytes.count,
        lowercased(position + 2..<position + 2 + wanted.count) == name,
        !(peek(2 + wanted.count)?.isLetter ?? false)
      {
        break
      }
      position += 1
    }
    add(text: start..<position, decoding: false)
  }

  // MARK: - Bytes

  private func peek(_ offset: Int) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private func has(_ text: StaticString, at start: Int? = nil) -> Bool {
    let start = start ?? position
    guard start >= 0, start + text.utf8CodeUnitCount <= bytes.count else { return false }
    return text.withUTF8Buffer { bytes[start..<start + $0.count].elementsEqual($0) }
  }

  /// The position behind the next occurrence of `text`, or the end.
  private func end(of text: StaticString, from start: Int) -> Int {
    var place = min(start, bytes.count)
    while place < bytes.count {
      if has(text, at: place) { return place + text.utf8CodeUnitCount }
      place += 1
    }
    return bytes.count
  }

  private mutating func skipBlanks() {
    while let byte = peek(0), byte.isBlank { position += 1 }
  }

  private func lowercased(_ range: Range<Int>) -> String {
    String(decoding: bytes[range].map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
  }
}

/// Elements whose content a reader must not take for markup.
private enum RawText {
  private static let html: Set<String> = [
    "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title", "xmp",
  ]
  private static let svg: Set<String> = ["script"]

  static func elements(of dialect: MarkupReader.Dialect) -> Set<String> { dialect == .html ? html : svg }
}

extension UInt8 {
  var isLetter: Bool { (65...90).contains(self) || (97...122).contains(self) }
  var isDigit: Bool { (48...57).contains(self) }
  /// HTML's white space.
  var isBlank: Bool { self == 32 || (9...13).contains(self) && self != 11 }
}
