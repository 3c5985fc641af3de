// The standard library has no canonical decomposition.
import Foundation

/// Cuts a text into the pieces of an uncased BERT vocabulary (Devlin et al. 2019; Wu et al. 2016 for the pieces).
///
///     try WordPiece(vocabulary: lines).ids(of: "Probing vectors", limit: 256)  // [101, …, 102]
///
/// Control characters go, ideographs stand alone, accents are stripped after NFD, letters are lower-cased, words end at
/// blanks and punctuation; of each word the longest known piece is taken from the left.
public struct WordPiece: Sendable {
  private let pieces: [String: Int32]
  private let unknown: Int32
  private let first: Int32
  private let last: Int32
  /// Markers that are one token wherever they stand in the text.
  private let markers: [(text: String, id: Int32)]

  /// Longer words are unknown.
  private static let longestWord = 100

  public var count: Int { pieces.count }

  /// - Parameter vocabulary: the pieces in the order of their ids, or pairs of them.
  /// - Throws: `TextFault` when [UNK], [CLS] or [SEP] is missing.
  public init(vocabulary: [String]) throws(TextFault) {
    try self.init(pieces: vocabulary.enumerated().map { ($1, $0) })
  }

  public init(pieces list: [(String, Int)]) throws(TextFault) {
    // A file may name a piece twice; the later id is that of the usual readers.
    pieces = Dictionary(list.map { ($0.0, Int32(clamping: $0.1)) }, uniquingKeysWith: { $1 })
    guard let unknown = pieces["[UNK]"], let first = pieces["[CLS]"], let last = pieces["[SEP]"] else {
      throw TextFault("vocabulary", "expected the pieces [UNK], [CLS] and [SEP] of a BERT vocabulary")
    }
    (self.unknown, self.first, self.last) = (unknown, first, last)
    var markers: [(String, Int32)] = []
    for name in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
      if let id = pieces[name] { markers.append((name, id)) }
    }
    self.markers = markers
  }

  /// The largest id.
  public var largestID: Int { Int(pieces.values.max() ?? 0) }

  /// [CLS], the pieces, [SEP]; at most `limit` ids.
  public func ids(of text: String, limit: Int) -> (ids: [Int32], isCut: Bool) {
    let pieces = pieces(of: text)
    let room = max(0, limit - 2)
    return ([first] + pieces.prefix(room) + [last], pieces.count > room)
  }

  /// The text in neighbouring windows of at most `limit` ids, each with its markers; one for an empty text.
  public func windows(of text: String, limit: Int) -> [[Int32]] {
    let pieces = pieces(of: text)
    let room = max(1, limit - 2)
    if pieces.isEmpty { return [[first, last]] }
    return stride(from: 0, to: pieces.count, by: room).map { start in
      [first] + pieces[start..<min(pieces.count, start + room)] + [last]
    }
  }

  /// The pieces of a text, without markers around them.
  public func pieces(of text: String) -> [Int32] {
    var result: [Int32] = []
    var rest = text[...]
    while !rest.isEmpty {
      var next: (range: Range<String.Index>, id: Int32)?
      if rest.utf8.contains(UInt8(ascii: "[")) {
        for marker in markers {
          if let range = rest.range(of: marker.text, options: .literal),
            range.lowerBound < next?.range.lowerBound ?? rest.endIndex
          {
            next = (range, marker.id)
          }
        }
      }
      guard let found = next else {
        appendWords(of: rest, to: &result)
        break
      }
      appendWords(of: rest[..<found.range.lowerBound], to: &result)
      result.append(found.id)
      rest = rest[found.range.upperBound...]
    }
    return result
  }

  private func appendWords(of text: Substring, to result: inout [Int32]) {
    var word: [Unicode.Scalar] = []
    func close() {
      if !word.isEmpty { appendPieces(of: word, to: &result) }
      word.removeAll(keepingCapacity: true)
    }
    for scalar in Self.normalised(text) {
      if scalar.value < 0x80 ? scalar == " " : scalar.properties.isWhitespace {
        close()
      } else if Self.isPunctuation(scalar) {
        close()
        word.append(scalar)
        close()
      } else {
        word.append(scalar)
      }
    }
    close()
  }

  /// The longest known piece from the left, again and again; a word with a part that is in none is unknown as a whole.
  private func appendPieces(of word: [Unicode.Scalar], to result: inout [Int32]) {
    guard word.count <= Self.longestWord else {
      result.append(unknown)
      return
    }
    var found: [Int32] = []
    var start = 0
    while start < word.count {
      var end = word.count
      var id: Int32?
      while end > start, id == nil {
        var piece = String.UnicodeScalarView()
        if start > 0 { piece.append(contentsOf: "##".unicodeScalars) }
        piece.append(contentsOf: word[start..<end])
        id = pieces[String(piece)]
        if id == nil { end -= 1 }
      }
      guard let id else {
        result.append(unknown)
        return
      }
      found.append(id)
      start = end
    }
    result.append(contentsOf: found)
  }

  // MARK: - Scalars

  /// Cleaned, ideographs set apart, accents stripped, lower case.
  private static func normalised(_ text: Substring) -> String.UnicodeScalarView {
    var clean = String.UnicodeScalarView()
    var isASCII = true
    for scalar in text.unicodeScalars {
      if scalar.value >= 0x80 { isASCII = false }
      if scalar == "\t" || scalar == "\n" || scalar == "\r" {
        clean.append(" ")
      } else if scalar.value == 0 || scalar.value == 0xFFFD || isControl(scalar) {
        // A form feed is a control character before it is a blank.
        continue
      } else if scalar.properties.isWhitespace {
        clean.append(" ")
      } else if isIdeograph(scalar.value) {
        clean.append(" ")
        clean.append(scalar)
        clean.append(" ")
      } else {
        clean.append(scalar)
      }
    }
    var lower = String.UnicodeScalarView()
    let scalars = isASCII ? clean : String(clean).decomposedStringWithCanonicalMapping.unicodeScalars
    for scalar in scalars {
      if scalar.value < 0x80 {
        let isUpper = scalar >= "A" && scalar <= "Z"
        lower.append(isUpper ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
      } else if scalar.properties.generalCategory != .nonspacingMark {
        lower.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return lower
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate: true
    default: false
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    case ..<0x80: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  private static func isIdeograph(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
