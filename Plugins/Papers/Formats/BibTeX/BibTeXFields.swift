/// Fields and their values.
extension BibTeXScanner {
  /// Reads fields up to the closing delimiter and leaves `index` behind it.
  mutating func fields(_ head: Head, _ close: UInt8) {
    while true {
      skipBlanks()
      guard index < count else { return unclosed(head) }
      let byte = base[index]
      switch byte {
      case UInt8(ascii: ","): index += 1
      case UInt8(ascii: "%"): skipLine()
      case close:
        if closesTooEarly(close) {
          fault(.unbalanced, index, index + 1, .strayDelimiter, isNext: true)
          index += 1
        } else {
          index += 1
          return
        }
      case UInt8(ascii: "}"):
        // A parenthesis was opened.
        let next = behindBlanks(index + 1)
        if next >= count || base[next] == UInt8(ascii: "@") {
          fault(.unbalanced, index, index + 1, .otherDelimiter, isNext: true)
          index += 1
          return
        }
        fault(.unbalanced, index, index + 1, .strayDelimiter, isNext: true)
        index += 1
      case UInt8(ascii: "@") where beginsLine(index) && self.head(index, beginsLine: true) != nil:
        return unclosed(head)
      default:
        if isName(byte) {
          field(close)
        } else if byte == UInt8(ascii: "{") {
          unnamedGroup()
        } else {
          fault(.unbalanced, index, index + 1, .unnamedValue, isNext: true)
          index += 1
        }
      }
    }
  }

  private mutating func unclosed(_ head: Head) {
    fault(.unbalanced, head.start, index, .unclosedEntry, isNext: true)
  }

  /// A group where a field's name should stand.
  private mutating func unnamedGroup() {
    let start = index
    let closing = closingBrace(index + 1, countsEscaped: true)
    index = closing.end >= 0 && closing.entry < 0 ? closing.end + 1 : index + 1
    fault(.unbalanced, start, index, .unnamedValue, isNext: true)
  }

  /// Whether fields go on behind a closing delimiter: it is one too many.
  private func closesTooEarly(_ close: UInt8) -> Bool {
    var position = index
    while position < count, position - index < 16, base[position].isBlank || base[position] == close { position += 1 }
    if position < count, base[position] == UInt8(ascii: ",") { position = behindBlanks(position + 1) }
    return fieldEnd(position) >= 0
  }

  /// Behind the `=` of a field that begins at `start`, with a value to follow; -1 when none does.
  private func fieldEnd(_ start: Int) -> Int {
    var position = start
    while position < count, position - start < 64, base[position].isASCIIWord || base[position].isAny(of: "-_+:") {
      position += 1
    }
    guard position > start, base[start].isASCIILetter else { return -1 }
    position = behindBlanks(position)
    guard position < count, base[position] == UInt8(ascii: "=") else { return -1 }
    let value = behindBlanks(position + 1)
    guard value < count, base[value].isAny(of: "{\"") || base[value].isASCIIWord else { return -1 }
    return position + 1
  }

  private mutating func field(_ close: UInt8) {
    let start = index
    while index < count, isName(base[index]) { index += 1 }
    let name = Extent(start, index)
    skipBlanks()
    guard index < count, base[index] == UInt8(ascii: "=") else {
      fault(.unbalanced, start, Int(name.end), .unnamedValue, isNext: true)
      return
    }
    index += 1
    skipBlanks()
    let valueStart = index
    let first = result.pieces.count
    value(close)
    var end = index
    while end > valueStart, base[end - 1].isBlank { end -= 1 }
    result.fields.append(
      .init(name: name, value: Extent(valueStart, end), pieces: Extent(first, result.pieces.count)))
    if result.pieces.count == first { fault(.unbalanced, start, end, .noValue, isNext: true) }
    let next = behindBlanks(index)
    if next < count, base[next] != UInt8(ascii: ","), base[next] != close, isName(base[next]),
      base[next] != UInt8(ascii: "@"), fieldEnd(next) >= 0
    {
      fault(.missingComma, index, next, .missingComma, isNext: true)
    }
  }

  /// Pieces joined by `#`; leaves `index` behind the last one.
  mutating func value(_ close: UInt8) {
    while true {
      skipBlanks()
      guard index < count else { return }
      let byte = base[index]
      if byte == UInt8(ascii: "{") {
        braced(close)
      } else if byte == UInt8(ascii: "\"") {
        quoted(close)
      } else if isName(byte), byte != UInt8(ascii: "@") {
        let start = index
        var isNumber = true
        while index < count, isName(base[index]) {
          isNumber = isNumber && base[index].isASCIIDigit
          index += 1
        }
        if !isNumber { skipBareWords(close) }
        result.pieces.append(.init(kind: isNumber ? .number : .word, text: Extent(start, index)))
      } else {
        return
      }
      let next = behindBlanks(index)
      guard next < count, base[next] == UInt8(ascii: "#") else { return }
      index = next + 1
    }
  }

  /// Words without delimiters: the value goes on to the comma or the end of the line.
  private mutating func skipBareWords(_ close: UInt8) {
    var end = index
    var position = index
    while position < count, !base[position].isAny(of: ",\n\r#={}\""), base[position] != close {
      position += 1
      if !base[position - 1].isBlank { end = position }
    }
    // Up to a sign that only another field can have.
    if position < count, base[position] == UInt8(ascii: ",") || base[position] == 0x0A || base[position] == 0x0D {
      index = end
    }
  }

  // MARK: - Delimited values

  /// Where a scan for a closing brace ended.
  struct Closing {
    /// The closing brace; -1 when there is none.
    var end: Int
    /// The first line on the way that begins an entry; -1 when there is none.
    var entry: Int
  }

  /// Finds the brace that closes a group whose inside begins at `start`.
  mutating func closingBrace(_ start: Int, countsEscaped: Bool) -> Closing {
    var depth = 1
    var entry = -1
    var position = start
    while position < count {
      if countsEscaped, patience > 0 { position = behindPlain(position) }
      guard position < count else { break }
      let byte = base[position]
      position += 1
      switch byte {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 {
          if entry >= 0 { patience -= position - entry }
          return Closing(end: position - 1, entry: entry)
        }
      case UInt8(ascii: "\\") where !countsEscaped:
        if position < count, base[position] == UInt8(ascii: "{") || base[position] == UInt8(ascii: "}") {
          position += 1
        }
      case UInt8(ascii: "@"):
        if entry < 0, beginsLine(position - 1), head(position - 1, beginsLine: true) != nil {
          entry = position - 1
          if patience <= 0 { return Closing(end: -1, entry: entry) }
        }
      case 0x0A where patience <= 0:
        if fieldEnd(behindBlanks(position)) >= 0 { return Closing(end: -1, entry: entry) }
      default: break
      }
    }
    patience -= count - start
    return Closing(end: -1, entry: entry)
  }

  /// Skips eight bytes at a time as long as none of them is a brace or an at sign.
  @inline(__always)
  private func behindPlain(_ start: Int) -> Int {
    var position = start
    let ones: UInt64 = 0x0101_0101_0101_0101
    let bytes = UnsafeRawPointer(base)
    while position + 8 <= count {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      // A byte of a difference is zero where the sign stands; zero bytes borrow into their highest bit.
      let (open, close, at) = (word ^ ones &* 0x7B, word ^ ones &* 0x7D, word ^ ones &* 0x40)
      let hits = (open &- ones) & ~open | (close &- ones) & ~close | (at &- ones) & ~at
      let found = hits & (ones &* 0x80)
      if found != 0 { return position + found.trailingZeroBitCount >> 3 }
      position += 8
    }
    return position
  }

  /// Whether what follows a value at `position` can follow one.
  private func isClean(_ position: Int, _ close: UInt8) -> Bool {
    let next = behindBlanks(position)
    guard next < count else { return false }
    return base[next] == UInt8(ascii: ",") || base[next] == UInt8(ascii: "#") || base[next] == close
      || base[next] == UInt8(ascii: "}") || fieldEnd(next) >= 0
  }

  private mutating func braced(_ close: UInt8) {
    let start = index + 1
    let closing = closingBrace(start, countsEscaped: true)
    if closing.end >= 0, isClean(closing.end + 1, close) || closing.entry < 0 && !mayHoldField(start, closing.end) {
      result.pieces.append(.init(kind: .braced, text: Extent(start, closing.end)))
      index = closing.end + 1
      return
    }
    let limit = closing.entry >= 0 ? closing.entry : closing.end >= 0 ? closing.end : count
    if closing.end >= 0 { patience -= closing.end - start }
    // A brace behind a backslash may have been meant as text.
    let plain = closingBrace(start, countsEscaped: false)
    if plain.end >= 0, plain.end < limit, isClean(plain.end + 1, close), !mayHoldField(start, plain.end) {
      result.pieces.append(.init(kind: .braced, text: Extent(start, plain.end)))
      index = plain.end + 1
      return
    }
    cut(.braced, start, limit, close)
  }

  /// Ends a value that is not closed before the next field, or at `limit`.
  private mutating func cut(_ kind: BibTeXIndex.PieceKind, _ start: Int, _ limit: Int, _ close: UInt8) {
    let field = nextField(start, limit)
    var end = field >= 0 ? field : limit
    index = end
    while end > start, base[end - 1].isBlank { end -= 1 }
    if field >= 0 || limit == count || base[limit] == UInt8(ascii: "@") {
      // The comma behind the value, and the delimiter of an entry that was taken into it.
      if field < 0, end > start, base[end - 1] == close { end -= 1 }
      while end > start, base[end - 1].isBlank { end -= 1 }
      if end > start, base[end - 1] == UInt8(ascii: ",") { end -= 1 }
      let delimiter = kind == .quoted ? UInt8(ascii: "\"") : UInt8(ascii: "}")
      if kind == .quoted, end > start, base[end - 1] == delimiter { end -= 1 }
    }
    result.pieces.append(.init(kind: kind, text: Extent(start, end)))
    fault(.unbalanced, start - 1, end, .unclosedValue, isNext: true)
  }

  private func mayHoldField(_ start: Int, _ end: Int) -> Bool { nextField(start, end) >= 0 }

  /// The first line between two places that begins a field; -1 when none does.
  private func nextField(_ start: Int, _ end: Int) -> Int {
    var position = start
    while position < end {
      let byte = base[position]
      position += 1
      guard byte == 0x0A || byte == 0x0D else { continue }
      let next = behindBlanks(position)
      if next < end, fieldEnd(next) >= 0 { return next }
      position = max(position, min(next, end))
    }
    return -1
  }

  private mutating func quoted(_ close: UInt8) {
    let start = index + 1
    var depth = 0
    var first = -1
    var position = start
    var stop = -1
    // The first quotation mark outside braces that can end a value; else the first at all.
    while position < count {
      let byte = base[position]
      if byte == UInt8(ascii: "\""), depth == 0 {
        if first < 0 {
          if isClean(position + 1, close) { return take(start, position) }
          first = position
          if nextField(start, first) >= 0 { return cut(.quoted, start, first, close) }
        } else if base[position - 1] != UInt8(ascii: "\\"), endsField(position + 1, close) {
          return take(start, position)
        }
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        if depth == 0 {
          stop = position
          break
        }
        depth -= 1
      } else if byte == UInt8(ascii: "@"), beginsLine(position), head(position, beginsLine: true) != nil {
        stop = position
        break
      } else if byte == 0x0A, first >= 0 || patience <= 0 {
        let next = behindBlanks(position + 1)
        if fieldEnd(next) >= 0 {
          stop = next
          break
        }
      }
      position += 1
    }
    patience -= position - start
    let limit = stop >= 0 ? stop : count
    if first >= 0, nextField(start, first) < 0 {
      // Nothing better: the value ends where BibTeX ends it.
      return take(start, first)
    }
    cut(.quoted, start, limit, close)
  }

  private mutating func take(_ start: Int, _ end: Int) {
    result.pieces.append(.init(kind: .quoted, text: Extent(start, end)))
    index = end + 1
  }

  /// Whether a field ends at `position`: the entry closes, or a comma and another field follow.
  private func endsField(_ position: Int, _ close: UInt8) -> Bool {
    let next = behindBlanks(position)
    guard next < count else { return false }
    if base[next] == close || base[next] == UInt8(ascii: "#") { return true }
    guard base[next] == UInt8(ascii: ",") else { return false }
    let behind = behindBlanks(next + 1)
    return behind < count && (base[behind] == close || fieldEnd(behind) >= 0)
  }
}
