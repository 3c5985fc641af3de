/// Where the parts of a BibTeX source stand: offsets into its bytes, no text of their own.
struct BibTeXIndex: Sendable {
  enum BlockKind: UInt8, Sendable {
    case entry
    /// `@string`: macros.
    case macros
    case preamble
    /// `@comment{…}`, or `@comment` up to the end of its line.
    case comment
    /// What stands between blocks and is not blank.
    case text
  }

  /// An entry, another `@` block, or the text between two of them.
  struct Block: Sendable {
    var kind: BlockKind
    var span: Extent
    var type: Extent
    var key: Extent
    var fields: Extent
  }

  struct Field: Sendable {
    var name: Extent
    /// The whole value, from its first piece to its last.
    var value: Extent
    var pieces: Extent
  }

  enum PieceKind: UInt8, Sendable {
    case braced, quoted
    /// Digits without delimiters.
    case number
    /// The name of a macro.
    case word
  }

  /// One operand of `#`, without its delimiters.
  struct Piece: Sendable {
    var kind: PieceKind
    var text: Extent
  }

  struct Fault: Sendable {
    var code: ParseWarning.Code
    var span: Extent
    /// The block that it belongs to.
    var block: Int
    var message: StaticMessage
  }

  /// A half-open range that takes eight bytes.
  struct Extent: Sendable, Equatable {
    var start: UInt32
    var end: UInt32

    init(_ start: Int, _ end: Int) {
      self.start = UInt32(truncatingIfNeeded: start)
      self.end = UInt32(truncatingIfNeeded: end)
    }

    static let none = Extent(0, 0)

    var isEmpty: Bool { end <= start }
    var count: Int { Int(end) - Int(start) }
    var range: Range<Int> { Int(start)..<Int(end) }
    var span: ByteSpan { ByteSpan(Int(start), Int(end)) }
  }

  /// What a fault says to a person.
  enum StaticMessage: UInt8, Sendable {
    case noKey, missingComma, unclosedEntry, unclosedValue, strayDelimiter, unnamedValue, noValue, unclosedComment
    case bareComment, junk, otherDelimiter
  }

  var blocks: [Block] = []
  var fields: [Field] = []
  var pieces: [Piece] = []
  var faults: [Fault] = []
}

extension BibTeXIndex.StaticMessage {
  var text: String {
    switch self {
    case .noKey: "an entry without a key"
    case .missingComma: "no comma before this field"
    case .unclosedEntry: "the entry is not closed; it ends before the next one"
    case .unclosedValue: "the value is not closed; it ends before the next field"
    case .strayDelimiter: "a closing delimiter that nothing opened"
    case .unnamedValue: "text that belongs to no field"
    case .noValue: "a field without a value"
    case .unclosedComment: "the comment is not closed; it ends with its line"
    case .bareComment: "a comment without braces, read up to the end of its line"
    case .junk: "text between entries"
    case .otherDelimiter: "the entry is closed by another delimiter than it was opened by"
    }
  }
}
