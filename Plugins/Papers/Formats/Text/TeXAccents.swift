/// Letters with marks.
extension TeXDecoder {
  /// Puts a mark on the letter at `start`, which may stand in groups, be a command, or have marks of its own.
  mutating func accent(
    _ mark: Unicode.Scalar, outer: Unicode.Scalar? = nil, _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Int {
    accents.removeAll(keepingCapacity: true)
    if let outer { accents.append(outer) }
    accents.append(mark)
    var position = start
    var groups = 0
    while position < end {
      let byte = base[position]
      if byte == UInt8(ascii: "{") {
        groups += 1
        position += 1
      } else if byte == UInt8(ascii: "}") {
        // Nothing to stand on: the accent is a sign of its own.
        spacing(mark)
        guard groups > 0 else { return position }
        depth += groups - 1
        return position + 1
      } else if byte == UInt8(ascii: "\\"), position + 1 < end {
        let sign = base[position + 1]
        if !sign.isASCIILetter {
          guard let another = LaTeXTables.mark(sign), accents.count < 8 else { break }
          accents.append(another)
          position += 2
          continue
        }
        var nameEnd = position + 1
        while nameEnd < end, base[nameEnd].isASCIILetter { nameEnd += 1 }
        switch commands[UnsafeBufferPointer(start: base + position + 1, count: nameEnd - position - 1)] {
        case .accent(let another) where accents.count < 8:
          accents.append(another)
          position = nameEnd
          while position < end, base[position] == 0x20 { position += 1 }
        case .symbol(let text):
          var after = nameEnd
          if after < end, base[after] == 0x20, groups == 0 || after + 1 < end && base[after + 1] != UInt8(ascii: "}") {
            after += 1
          }
          emit(text == "ı" ? "i" : text == "ȷ" ? "j" : text)
          depth += groups
          return after
        case .transparent, .face, .change, .words:
          position = nameEnd
          while position < end, base[position] == 0x20 { position += 1 }
        default:
          depth += groups
          return position
        }
      } else if byte == 0x20, groups > 0 {
        position += 1
      } else {
        let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        let after = min(end, position + length)
        depth += groups
        if byte < 0x80, accents.count == 1, let composed = composed(byte, mark) {
          append(composed)
        } else {
          emit(String(decoding: UnsafeBufferPointer(start: base + position, count: after - position), as: UTF8.self))
        }
        return after
      }
    }
    spacing(mark)
    depth += groups
    return position
  }

  /// A letter with the pending marks, innermost first.
  private mutating func emit(_ letter: String) {
    if accents.count == 1, letter.utf8.count == 1, let byte = letter.utf8.first, let mark = accents.last,
      let composed = composed(byte, mark)
    {
      accents.removeLast()
      return append(composed)
    }
    var text = letter
    while let mark = accents.popLast() {
      if text.unicodeScalars.count == 1, let base = text.first {
        text = LaTeXTables.accented(base, mark)
      } else {
        text.unicodeScalars.append(mark)
      }
    }
    append(text)
  }

  private mutating func spacing(_ mark: Unicode.Scalar) {
    switch mark {
    case "\u{303}": plain.append(UInt8(ascii: "~"))
    case "\u{302}": plain.append(UInt8(ascii: "^"))
    case "\u{300}": plain.append(UInt8(ascii: "`"))
    case "\u{301}": append("´")
    case "\u{308}": append("¨")
    case "\u{327}": append("¸")
    case "\u{30C}": append("ˇ")
    case "\u{304}", "\u{305}": append("¯")
    default:
      append(" ")
      plain.append(contentsOf: String(Character(mark)).utf8)
    }
  }

  /// An ASCII letter with a mark as one character.
  private mutating func composed(_ letter: UInt8, _ mark: Unicode.Scalar) -> Unicode.Scalar? {
    let offset = Int(mark.value) - 0x300
    guard offset >= 0, offset < 0x32, letter.isASCIILetter else { return nil }
    if compositions.isEmpty { compositions = [UInt32](repeating: 0, count: 0x32 << 7) }
    let place = offset << 7 | Int(letter)
    if compositions[place] == 0 {
      let scalars = LaTeXTables.accented(Character(Unicode.Scalar(letter)), mark).unicodeScalars
      compositions[place] = scalars.count == 1 ? scalars.first?.value ?? 1 : 1
    }
    return compositions[place] == 1 ? nil : Unicode.Scalar(compositions[place])
  }
}
