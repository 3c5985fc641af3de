/// Dates of BibTeX (`year`, `month`, `day`) and BibLaTeX (EDTF levels 0 and 1, ISO 8601-2).
enum BibTeXDates {
  /// A `date` field; `nil` when no year can be read.
  static func date(_ text: String) -> CSLDate? {
    let bytes = Array(text.utf8).trimmed
    if let slash = bytes.firstIndex(of: UInt8(ascii: "/")), bytes.count(where: { $0 == UInt8(ascii: "/") }) == 1 {
      let start = parts(bytes[..<slash])
      let end = parts(bytes[(slash + 1)...])
      if let start {
        // `1997/98` and `2004/05` are two years, `1997/` has an open end.
        var date = CSLDate(start.parts, to: end?.parts)
        date.season = start.season
        date.circa = start.isApproximate || end?.isApproximate ?? false
        return date
      }
      guard let end else { return nil }
      var date = CSLDate(end.parts)
      date.circa = end.isApproximate
      return date
    }
    guard let only = parts(bytes[...]) else { return nil }
    var date = CSLDate(only.parts)
    date.season = only.season
    date.circa = only.isApproximate
    return date
  }

  /// Whether a date says more than its parts: a range that is open, a doubt, digits left open.
  static func needsOriginal(_ text: String) -> Bool {
    text.utf8.contains { $0.isAny(of: "?~%") } || text.utf8.last == UInt8(ascii: "/") || text.contains("..")
      || text.utf8.first == UInt8(ascii: "/") || text.utf8.contains { $0.isAny(of: "uXT") }
  }

  private struct Read {
    var parts: CSLDate.Parts
    var season: Int?
    var isApproximate = false
  }

  /// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, with a time, a sign for doubt, or digits left open.
  private static func parts(_ bytes: ArraySlice<UInt8>) -> Read? {
    var rest = bytes.drop { $0.isBlank }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "y") { rest = rest.dropFirst() }
    var year = 0
    var digits = 0
    while let byte = rest.first, digits < 9 {
      if byte.isASCIIDigit {
        year = year * 10 + Int(byte - 0x30)
      } else if digits >= 2, byte.isAny(of: "uXx") {
        year *= 10
      } else {
        break
      }
      digits += 1
      rest = rest.dropFirst()
    }
    guard digits >= 4 || digits > 0 && isNegative else { return nil }
    var read = Read(parts: CSLDate.Parts(isNegative ? -year : year))
    if let month = number(&rest) {
      if (1...12).contains(month) {
        read.parts.month = month
        if let day = number(&rest), (1...31).contains(day) { read.parts.day = day }
      } else if (21...24).contains(month) {
        read.season = month - 20
      }
    }
    read.isApproximate = rest.contains { $0.isAny(of: "~%?") }
    return read
  }

  /// The number behind a hyphen or slash.
  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard let sign = rest.first, sign.isAny(of: "-/") else { return nil }
    let digits = rest.dropFirst().prefix { $0.isASCIIDigit }
    guard (1...2).contains(digits.count) else { return nil }
    rest = rest[digits.endIndex...]
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// `year`, `month` and `day`; a year that cannot be read becomes the literal.
  static func date(year: String, month: String?, day: String?) -> CSLDate? {
    let text = Array(year.utf8).trimmed
    guard !text.isEmpty else { return nil }
    guard let number = self.year(text) else {
      if let date = self.date(year) { return date }
      return CSLDate(literal: year)
    }
    var date = CSLDate(CSLDate.Parts(number.year))
    date.circa = number.isApproximate
    if let end = number.end { date.end = CSLDate.Parts(end) }
    if let month { read(month: Array(month.utf8), into: &date) }
    if let day, let number = Int(day.trimmingBlanks), (1...31).contains(number), date.start?.month != nil {
      date.start?.day = number
    }
    return date
  }

  /// The year at the front of a text (`2004`, `2004/05`, `c. 1990`, `[1990]`, `1990a`).
  private static func year(_ text: [UInt8]) -> (year: Int, end: Int?, isApproximate: Bool)? {
    if text.first == UInt8(ascii: "-") {
      guard text.count >= 5, text[1...].allSatisfy(\.isASCIIDigit),
        let year = Int(String(decoding: text, as: UTF8.self))
      else { return nil }
      return (year, nil, false)
    }
    var index = 0
    // Brackets, and words for about.
    var isApproximate = false
    while index < text.count, !text[index].isASCIIDigit {
      guard index < 8, text[index].isBlank || text[index].isAny(of: "[(<?~.capirbouftnd©©") else { return nil }
      if text[index].isAny(of: "c?~") { isApproximate = true }
      index += 1
    }
    let digits = text[index...].prefix { $0.isASCIIDigit }
    guard digits.count == 4, let year = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
    let rest = text[digits.endIndex...]
    if let next = rest.first, next.isASCIILetter, rest.count > 1, rest[rest.startIndex + 1].isASCIILetter { return nil }
    let dash = rest.drop { $0.isBlank }.prefix { $0.isAny(of: "-/") || $0 >= 0x80 }
    let second = rest[dash.endIndex...].prefix { $0.isASCIIDigit }
    var end: Int?
    if !dash.isEmpty, second.count == 4, second.endIndex == text.endIndex {
      end = Int(String(decoding: second, as: UTF8.self))
    }
    return (year, end, isApproximate || rest.first == UInt8(ascii: "?"))
  }

  /// A month's number or name with perhaps a day before or behind it (`5`, `aug`, `14 may`, `October 18--22`).
  private static func read(month bytes: [UInt8], into date: inout CSLDate) {
    var index = 0
    var month: Int?
    var numbers: [Int] = []
    while index < bytes.count {
      if bytes[index].isASCIIDigit {
        let digits = bytes[index...].prefix { $0.isASCIIDigit }
        index = digits.endIndex
        guard digits.count <= 2 else { continue }
        numbers.append(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
      } else if bytes[index] == 0xC2 {
        // A tie, as in `oct~18`.
        index += 2
      } else if bytes[index].isLetter {
        let word = bytes[index...].prefix { $0.isLetter && $0 != 0xC2 }
        index = word.endIndex
        if month == nil { month = Months.number(word) }
        if let season = Months.season(word), month == nil { date.season = season }
      } else {
        index += 1
      }
    }
    if month == nil {
      guard let first = numbers.first, (1...12).contains(first) else { return }
      month = first
      numbers.removeFirst()
    }
    date.start?.month = month
    if numbers.count == 1, let day = numbers.first, (1...31).contains(day) { date.start?.day = day }
  }
}

extension String {
  fileprivate var trimmingBlanks: String { String(decoding: Array(utf8).trimmed, as: UTF8.self) }
}
