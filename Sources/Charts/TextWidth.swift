/// Estimates of how wide a text is set in a sans-serif face; a little wide, so that what fits here fits on screen.
enum TextWidth {
  /// Width in units of the viewBox at a font size in the same units.
  static func of(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { $0 + ems($1) } * size
  }

  /// The text, or its beginning and `…` where it is wider than `width`.
  static func cut(_ text: String, to width: Double, size: Double) -> String {
    guard of(text, size: size) > width else { return text }
    let room = width - of("…", size: size)
    var used = 0.0
    var kept = ""
    for character in text {
      used += of(String(character), size: size)
      if used > room { break }
      kept.append(character)
    }
    while kept.last?.isWhitespace == true { kept.removeLast() }
    return kept + "…"
  }

  /// The text in lines no wider than `width`, broken at blanks; at most `limit` lines, the last one cut.
  static func wrapped(_ text: String, to width: Double, size: Double, limit: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var words = text.split(whereSeparator: \.isWhitespace)[...]
    while let word = words.first {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if of(longer, size: size) <= width || line.isEmpty {
        line = longer
        words.removeFirst()
      } else if lines.count + 1 < limit {
        lines.append(line)
        line = ""
      } else {
        line += " " + words.joined(separator: " ")
        break
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { cut($0, to: width, size: size) }
  }

  private static func ems(_ scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", "f", "t", "r", "(", ")", "[", "]", " ", "-", "/": 0.36
    case "m", "w", "M", "W", "@", "%", "…", "—": 0.95
    case "A"..."Z": 0.69
    case "a"..."z", "0"..."9": 0.58
    case "\u{300}"..."\u{36F}", "\u{200B}"..."\u{200F}": 0
    case "\u{1100}"..."\u{11FF}", "\u{2E80}"..."\u{D7FF}", "\u{F900}"..."\u{FAFF}", "\u{FE30}"..."\u{FE4F}",
      "\u{FF00}"..."\u{FF60}", "\u{1F000}"..."\u{3FFFF}":
      1.05
    default: 0.66
    }
  }
}
