/// Writes plain text as TeX that `TeXDecoder` reads back into the same text.
///
/// What has no TeX form of its own, letters beyond ASCII above all, is written as it is.
enum TeXEncoder {
  /// - Parameter protectsCapitals: puts words with a capital inside into braces, so that no style lowers them.
  static func encode(_ text: String, protectsCapitals: Bool = false) -> String {
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    result.reserveCapacity(bytes.count + 16)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if protectsCapitals, byte.isASCIIWord, index == 0 || !bytes[index - 1].isWord {
        let word = bytes[index...].prefix { $0.isWord }
        if word.dropFirst().contains(where: \.isASCIIUpper) {
          result.append(UInt8(ascii: "{"))
          result.append(contentsOf: word)
          result.append(UInt8(ascii: "}"))
          index = word.endIndex
          continue
        }
      }
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      switch byte {
      case UInt8(ascii: "\\"): result.append(contentsOf: "\\textbackslash{}".utf8)
      // BibTeX counts escaped braces too, so these stand for them.
      case UInt8(ascii: "{"): result.append(contentsOf: "\\textbraceleft{}".utf8)
      case UInt8(ascii: "}"): result.append(contentsOf: "\\textbraceright{}".utf8)
      case UInt8(ascii: "^"): result.append(contentsOf: "\\textasciicircum{}".utf8)
      case UInt8(ascii: "~"): result.append(contentsOf: "\\textasciitilde{}".utf8)
      case UInt8(ascii: "`"): result.append(contentsOf: "\\textasciigrave{}".utf8)
      case UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "#"), UInt8(ascii: "_"):
        result.append(UInt8(ascii: "\\"))
        result.append(byte)
      case UInt8(ascii: "'"), UInt8(ascii: "-"):
        result.append(byte)
        // Two of them would be one sign.
        if next == byte { result.append(contentsOf: "{}".utf8) }
      // Line ends are blanks to TeX, and no text has control characters.
      case 0x00..<0x20, 0x7F: result.append(0x20)
      default: result.append(byte)
      }
      index += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Text with CSL-JSON's markup (`<i>`, `<b>`, `<sup>`, `<sub>`, small capitals) as TeX.
  static func encode(rich text: String) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "<") {
      result += encode(String(rest[..<open]), protectsCapitals: true)
      rest = rest[open...]
      if let tag = tags.first(where: { rest.hasPrefix($0.mark) }) {
        result += tag.tex
        rest = rest.dropFirst(tag.mark.count)
      } else {
        result += "<"
        rest = rest.dropFirst()
      }
    }
    return result + encode(String(rest), protectsCapitals: true)
  }

  private static let tags: [(mark: String, tex: String)] = [
    ("<i>", "\\emph{"), ("</i>", "}"), ("<b>", "\\textbf{"), ("</b>", "}"), ("<sup>", "\\textsuperscript{"),
    ("</sup>", "}"), ("<sub>", "\\textsubscript{"), ("</sub>", "}"),
    ("<span style=\"font-variant:small-caps;\">", "\\textsc{"), ("</span>", "}"),
  ]
}
