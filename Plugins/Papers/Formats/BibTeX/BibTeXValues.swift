import JSON

/// The values of a source's fields: its bytes, where they are cut, and the macros that stand in them.
struct BibTeXValues {
  typealias Buffer = UnsafeBufferPointer<UInt8>

  let bytes: Buffer
  let index: BibTeXIndex
  var macros = BibTeXMacros()
  let isUTF8: Bool

  @inline(__always)
  func slice(_ extent: BibTeXIndex.Extent) -> Buffer { Buffer(rebasing: bytes[extent.range]) }

  func string(_ extent: BibTeXIndex.Extent) -> String { text(slice(extent)) }

  /// Bytes as text; those that are not UTF-8 are read as Windows-1252.
  func text(_ buffer: Buffer) -> String {
    isUTF8
      ? String(decoding: buffer, as: UTF8.self) : String(decoding: Self.repaired(Array(buffer)), as: UTF8.self)
  }

  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard var fault = bytes.firstIllFormed(from: 0) else { return bytes }
    var result: [UInt8] = []
    var start = 0
    while true {
      result.append(contentsOf: bytes[start..<fault])
      result.append(contentsOf: Character(SourceText.windows1252(bytes[fault])).utf8)
      start = fault + 1
      guard let next = bytes.firstIllFormed(from: start) else { break }
      fault = next
    }
    result.append(contentsOf: bytes[start...])
    return result
  }

  /// The one piece of a value that is no macro; `nil` for another value.
  @inline(__always)
  func single(_ field: BibTeXIndex.Field) -> Buffer? {
    guard field.pieces.count == 1, isUTF8 else { return nil }
    let piece = index.pieces[Int(field.pieces.start)]
    return piece.kind == .word ? nil : slice(piece.text)
  }

  /// The text of a value of an entry at `position`: pieces joined, macros put in; an unknown macro stands for its name.
  func joined(_ field: BibTeXIndex.Field, at position: Int) -> [UInt8] {
    var text: [UInt8] = []
    for piece in index.pieces[field.pieces.range] {
      let piecesText = slice(piece.text)
      if piece.kind == .word, let known = macros.text(piecesText, at: position), text.count <= 1 << 20 {
        if text.isEmpty { text = known } else { text.append(contentsOf: known) }
      } else {
        text.append(contentsOf: piecesText)
      }
    }
    return isUTF8 ? text : Self.repaired(text)
  }

  func lowerName(_ extent: BibTeXIndex.Extent) -> String {
    let name = slice(extent)
    guard name.count <= 15, isUTF8 else { return text(name).lowercased() }
    return String(unsafeUninitializedCapacity: 15) { buffer in
      for index in 0..<name.count { buffer[index] = name[index].lowercased }
      return name.count
    }
  }

  /// All fields of an entry by their lower-case name, with the value as it stands; a repeated name gets a number.
  func fields(of block: Int) -> JSON.Object {
    let range = index.blocks[block].fields.range
    var members: [JSON.Object.Member] = []
    members.reserveCapacity(range.count)
    var seen: Set<String> = []
    var repeats: [String: Int] = [:]
    for field in range {
      let found = index.fields[field]
      let name = lowerName(found.name)
      let value =
        single(found).map { String(decoding: $0, as: UTF8.self) }
        ?? String(decoding: joined(found, at: Int(index.blocks[block].span.start)), as: UTF8.self)
      var unique = name
      while !seen.insert(unique).inserted {
        repeats[name, default: 1] += 1
        unique = "\(name)#\(repeats[name] ?? 2)"
      }
      members.append(.init(unique, .string(value)))
    }
    return JSON.Object(distinct: members)
  }
}

/// A source that is cut, from which the fields of an entry are taken when somebody asks for them.
final class BibTeXSource: HeldFieldsSource {
  private let text: SourceText
  private let index: BibTeXIndex
  private let macros: BibTeXMacros

  init(_ text: SourceText, _ values: BibTeXValues) {
    (self.text, index, macros) = (text, values.index, values.macros)
  }

  func fields(of block: Int) -> JSON.Object {
    text.bytes.withUnsafeBufferPointer {
      BibTeXValues(bytes: $0, index: index, macros: macros, isUTF8: text.isUTF8).fields(of: block)
    }
  }
}
